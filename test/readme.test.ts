/** What README.md and src/README.md say, against the program: examples are run, tables are compared. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../src/cli/main.ts'
import { DETECTORS } from '../src/detectors/index.ts'
import { PROFILES } from '../src/model/profiles.data.ts'
import { type RecordedConsole, recordedConsole } from './cli/console.ts'
import { FIXTURES } from './fixtures/cases.ts'
import { ROOT } from './source-tree.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const README = read('README.md')
const TOUR = read('src/README.md')

async function holdfast(...words: string[]): Promise<RecordedConsole['written'] & { exitCode: number }> {
  const console = recordedConsole()
  const exitCode = await run(words, console)
  return { ...console.written, exitCode }
}

/** Rows of the markdown tables in a text, cells without the spaces around them. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, line]) => line!.split('|').map((cell) => cell.trim()))

const section = (title: string): string => README.split(/^## /m).find((part) => part.startsWith(title))!

describe('the example', () => {
  const block = /```text\n([^]*?)```/

  test('is the beginning of what `npm run sample` prints, to the end of its first incident', async () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { sample: string } }
    const [, ...words] = /^node src\/cli\/holdfast\.mjs (.*)$/.exec(scripts.sample)![1]!.split(' ')
    const { out, exitCode } = await holdfast('analyze', ...words)
    expect(exitCode).toBe(0)
    const [before, first, ...others] = out.split(/^(?=(?:CRITICAL|WARNING|INFO) {2})/m)
    const shown = `${before}${first}[... ${others.length} more incidents]\n`
    if (process.env['UPDATE'] === '1')
      writeFileSync(
        join(ROOT, 'README.md'),
        README.replace(block, () => `\`\`\`text\n${shown}\`\`\``),
      )
    expect(block.exec(read('README.md'))![1]).toBe(shown)
  })
})

describe('the configuration', () => {
  const examples = [...README.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text!)
  test.each(examples)('is valid: %#', async (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'))
    const path = join(folder, 'holdfast.yaml')
    writeFileSync(path, text)
    expect(await holdfast('config', 'check', path)).toMatchObject({ exitCode: 0 })
    rmSync(folder, { recursive: true })
  })

  test('may have any of the profiles that are named', () => {
    const named = /Profiles are ([^]*?)\.\s`holdfast/.exec(README)![1]!
    expect([...named.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name)).toEqual(Object.keys(PROFILES))
  })
})

test('the table of incidents names every detector', () => {
  const types = rows(section('What is found')).flatMap(([cell]) => cell!.match(/^`([\w-]+)`$/)?.[1] ?? [])
  expect(types.toSorted()).toEqual(DETECTORS.map(({ type }) => type).toSorted())
})

/** Row of the table of what one side can prove, the case that shows it, and which of its runs find what. */
const PROVEN: readonly (readonly [row: string, fixture: string, type: string, runs: readonly string[]])[] = [
  [
    'a load balancer closes',
    'severed-by-load-balancer',
    'severed-idle',
    ['client + server', 'client', 'server'],
  ],
  ['the server closes', 'server-idle-close', 'server-idle-close', ['client + server', 'client', 'server']],
  [
    'a firewall forgets, and drops',
    'severed-silently-by-firewall',
    'severed-idle',
    ['client + server', 'client', 'server'],
  ],
  [
    'a firewall forgets, and resets',
    'reset-by-firewall',
    'severed-idle',
    ['client + server', 'client', 'server'],
  ],
  ['agents hop', 'agents-hop', 'server-hop', ['client + server', 'server']],
  ['address translation changes', 'nat-pool-change', 'nat-change', ['client + server', 'server']],
  ['translation lost', 'nat-rebind', 'nat-rebind', ['client + server', 'client', 'server']],
  ['a second Set-Cookie', 'second-set-cookie', 'multiple-set-cookie', ['client + server', 'client']],
  ['a server keeps connections', 'half-open', 'half-open-leftover', ['client + server', 'server']],
]

describe('the table of what one side can prove', () => {
  const told = rows(section('What one side can prove')).slice(2)

  test.each(PROVEN)('%s: %s', (row, fixture, type, runs) => {
    expect(told.filter(([what]) => what!.startsWith(row))).toHaveLength(1)
    type Found = Record<string, { incidents: { type: string }[] }>
    const found = JSON.parse(readFileSync(join(FIXTURES, fixture, 'expected.json'), 'utf8')) as Found
    const finding = Object.entries(found).filter(([, { incidents }]) =>
      incidents.some((i) => i.type === type),
    )
    expect(finding.map(([name]) => name)).toEqual(runs)
  })

  test('has no other rows', () => {
    expect(told).toHaveLength(PROVEN.length)
  })
})

test('commands and scripts that are named exist', async () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...README.matchAll(/npm run (\w+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
  const { out: help } = await holdfast('--help')
  const commands = [...README.matchAll(/holdfast(?:\.mjs)? ((?!so\b)[a-z]+) /g)].map(([, name]) => name!)
  expect(commands.filter((name) => !help.includes(`  ${name} `))).toEqual([])
})

describe.each([
  ['README.md', README],
  ['src/README.md', TOUR],
  ['fixtures/README.md', read('fixtures/README.md')],
])('%s', (path, text) => {
  test('links and names files and folders that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => join(dirname(path), to!))
    const named = [...text.matchAll(/`((?:src|collectors|test|fixtures)\/[a-z\d./-]*)`/g)].map(
      ([, to]) => to!,
    )
    expect(
      [...links, ...named].filter((to) => !to.startsWith('http') && !existsSync(join(ROOT, to))),
    ).toEqual([])
  })
})

describe('limits', () => {
  const limits = rows(TOUR)
    .filter(([name]) => /^`[A-Z_]+`$/.test(name!))
    .map(([name, path, value]) => [name!, path!, value!] as const)

  test('are listed', () => {
    expect(limits.length).toBeGreaterThan(15)
  })

  test.each(limits)('%s stands in %s and is %s', (name, path, value) => {
    const source = read(path.replaceAll('`', ''))
    const [, expression] = new RegExp(
      `^(?:export )?const ${name.replaceAll('`', '')} = ([^/\\n]+)`,
      'm',
    ).exec(source)!
    expect(spoken(value)).toBe(evaluated(expression!))
  })
})

/** `1 << 20`, `64 << 10`, `65_536`, `128 * 1024`. */
function evaluated(expression: string): number {
  const [a, operator, b] = expression.trim().replaceAll('_', '').split(' ')
  if (operator === undefined) return Number(a)
  return operator === '<<' ? Number(a) * 2 ** Number(b) : Number(a) * Number(b)
}

/** `64 KiB`, `4 Mi a tap`, `65,536`. */
function spoken(text: string): number {
  const [, digits, prefix] = /^([\d,]+)(?: (Ki|Mi)(?:B\b|\b))?/.exec(text)!
  const scale = prefix === 'Ki' ? 2 ** 10 : prefix === 'Mi' ? 2 ** 20 : 1
  return Number(digits!.replaceAll(',', '')) * scale
}
