import { spawn, spawnSync } from 'node:child_process'
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { listOccurrences } from '../../../src/store/queries/occurrences.ts'
import { captureRow } from '../../../src/store/queries/captures.ts'
import { evidencePackets } from '../../../src/store/evidence.ts'
import { openStore } from '../../../src/store/store.ts'
import type { OccurrenceRow } from '../../../src/model/view.ts'
import { folder } from '../../store/database.ts'
import { program } from '../program.ts'

const FIXTURE = 'fixtures/severed-by-load-balancer'

async function watch(words: readonly string[], feed?: NodeJS.ReadableStream) {
  const child = spawn(process.execPath, program(['watch', ...words]), {
    stdio: [feed === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (feed !== undefined) feed.pipe(child.stdin!)
  let out = ''
  let error = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (error += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, out, error }
}

const client = (): NodeJS.ReadableStream => createReadStream(`${FIXTURE}/client.pcap.gz`).pipe(createGunzip())

test('a capture on standard input: alerts as tail has them, and everything kept', async () => {
  const path = join(folder(), 'w.db')
  const words = ['-r', '-', '--config', `${FIXTURE}/holdfast.yaml`, '--db', path, '--format', 'ndjson']
  const { code, out, error } = await watch(words, client())
  expect({ code, error }).toEqual({ code: 0, error: '' })
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OccurrenceRow)
  const store = openStore(path, { readOnly: true })
  const stored = listOccurrences(store, {}, { cursor: null, limit: 100 }).items
  expect(rows.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(
    stored.map(({ id }) => id).toSorted((a, b) => a - b),
  )
  expect(rows.filter(({ type }) => type === 'severed-idle')).toHaveLength(8)
  expect(captureRow(store, 1)).toMatchObject({
    name: 'watch standard input (standard input)',
    live: { stopped: 'there is no more', kernelDrops: null, blindSeconds: 0 },
  })
  // What proves it was kept as it passed: the packets that severed and those around them.
  expect(evidencePackets(store, { incident: 1 }).length).toBeGreaterThan(8)
  store.close()
})

test('at the end of the stream, what of the configuration no traffic fits is told', async () => {
  const config = join(folder(), 'holdfast.yaml')
  writeFileSync(config, 'services: [{ name: dlp, ports: [10444] }]')
  const { code, error } = await watch(['-r', '-', '--config', config], client())
  expect({ code, error }).toEqual({
    code: 0,
    error:
      'holdfast: watch standard input: No connection is of a service of the configuration: dlp (port 10444). ' +
      '15 connections went to 10.10.2.10:10443: check ports, vips and servers.\n',
  })
})

test('a folder is watched until it is asked to end, and what was found stays', async () => {
  const ring = join(folder(), 'ring')
  mkdirSync(ring)
  writeFileSync(join(ring, '1.pcap'), gunzipSync(readFileSync(`${FIXTURE}/client.pcap.gz`)))
  const words = ['watch', '--follow', ring, '--config', `${FIXTURE}/holdfast.yaml`, '--type', 'severed-idle']
  const child = spawn(process.execPath, program(words), { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (out.split('\n').length > 8) child.kill('SIGTERM')
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(code).toBe(143)
  expect(out.split('\n').filter((line) => line.includes('◆ critical'))).toHaveLength(8)
})

test.each([
  [[], 'name one source'],
  [['-i', 'lo', '-r', '-'], 'name one source'],
  [['-r', 'file.pcap'], 'holdfast analyze reads files'],
  [['-r', '-', '--filter', 'tcp'], '--filter is for -i'],
  [['--connect', 'nowhere'], 'is no address'],
  [['-i', 'a', '-i', 'b', '--capture-with', 'tcpdump'], 'tcpdump captures at one interface'],
  [['-i', 'a', '--snap-length', 'x'], 'is no whole number'],
  [['-r', '-', '--resolve-after', '5'], 'has no unit'],
])('wrong usage: %j', (words, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, program(['watch', ...words]), {
    encoding: 'utf8',
    input: '',
  })
  expect(status).toBe(2)
  expect(stderr).toContain(sentence)
})
