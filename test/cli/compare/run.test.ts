import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../../src/cli/main.ts'
import { FIXTURES } from '../../fixtures/cases.ts'
import { recordedConsole } from '../console.ts'

const CASE = join(FIXTURES, 'severed-by-load-balancer')
const CONFIG = ['--config', join(CASE, 'holdfast.yaml')]
const [CLIENT, SERVER] = [join(CASE, 'client.pcap.gz'), join(CASE, 'server.pcap.gz')]

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-compare-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function holdfast(...words: string[]) {
  const { written, ...console } = recordedConsole()
  return { exitCode: await run(words, console), ...written }
}

test('a capture and the result of an analysis, side by side', async () => {
  const stored = join(folder, 'after.ndjson')
  await holdfast('analyze', '--quiet', '--format', 'ndjson', '--output', stored, ...CONFIG, SERVER)
  const { exitCode, out } = await holdfast('compare', ...CONFIG, CLIENT, stored)
  expect(exitCode).toBe(0)
  expect(out).toMatch(
    /^ {2}before +.*client\.pcap\.gz: 15\s+connections\s+of\s+7\s+agents\s+in\s+1\s+h\s+13\s+min$/m,
  )
  expect(out).toMatch(/Agents of dlp-endpoint hop between servers \(server-hop\): new, 2\.4 an\s+hour/)
  const again = await holdfast('compare', ...CONFIG, '--format', 'ndjson', CLIENT, stored)
  const kinds = again.out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind)
  expect(new Set(kinds)).toEqual(new Set(['verdict-change', 'incident-change']))
})

test('with itself, nothing is better or worse', async () => {
  const { out } = await holdfast('compare', ...CONFIG, SERVER, SERVER)
  expect(out).toContain('Nothing became better or worse.')
  expect(out).not.toMatch(/^Worse|^Better|^Different|^Timers|^Shares/m)
})

test('what is no result is refused, with its line', async () => {
  const broken = join(folder, 'broken.ndjson')
  writeFileSync(broken, '{"kind":"agent","id":"A"}\nnonsense\n')
  expect(await holdfast('compare', broken, SERVER)).toMatchObject({
    exitCode: 1,
    error: `holdfast: ${broken}, line 2 is no record of analyze --format ndjson\n`,
  })
  const cut = join(folder, 'cut.ndjson')
  writeFileSync(cut, '{"kind":"agent","id":"A"}\n')
  expect((await holdfast('compare', cut, SERVER)).error).toContain('holds no summary')
  expect((await holdfast('compare', join(folder, 'absent'), SERVER)).error).toContain(
    'no such file or directory',
  )
  expect(readFileSync(broken, 'utf8')).toContain('nonsense')
})
