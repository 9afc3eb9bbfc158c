/** The launcher on a small clone of its own, whose `main` does what its arguments say. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../source-tree.ts'

const MAIN = `
  export async function main(argv: readonly string[]): Promise<void> {
    const [word, ...rest] = argv.slice(2)
    if (word === 'node') console.log(Number.parseInt(process.versions.node, 10) >= 24)
    if (word === 'options' || word === 'analyze') console.log(process.execArgv.join(' '))
    if (word === 'thread') await inThread()
    if (word === 'say') console.log(JSON.stringify(rest))
    if (word === 'exit') process.exit(Number(rest[0]))
    if (word === 'echo') process.stdin.pipe(process.stdout)
    if (word !== 'wait') return
    process.on('SIGTERM', () => process.exit(7))
    setInterval(() => {}, 1000)
    console.log('waits')
  }
`
/** Prints whether a thread has little room for new objects once it has made many: two halves of 4 MiB, and
 * now and then as much again that is just being moved; of itself Node takes 32 MiB. */
const IN_THREAD = `
  import { Worker } from 'node:worker_threads'
  const PROGRAM = \`
    const kept = []
    for (let i = 0; i < 2e6; i++) kept[i % 100_000] = { i }
    const spaces = require('node:v8').getHeapSpaceStatistics()
    console.log(spaces.find((space) => space.space_name === 'new_space').space_size < 24 << 20)
  \`
  const inThread = () => new Promise((resolve) => new Worker(PROGRAM, { eval: true }).once('exit', resolve))
`
const clone = mkdtempSync(join(tmpdir(), 'holdfast clone '))
const launcher = join(clone, 'src', 'cli', 'holdfast.mjs')
const link = join(clone, 'holdfast')
const oldNode = [process.env['npm_node_execpath'], '/usr/bin/node', '/usr/local/bin/node'].find(isOld)
/** Without the project's Node in place, an old Node would fetch it: that is for a fresh clone, not for a
 * test. */
const runtime = join(ROOT, '.runtime', 'node_modules')

beforeAll(() => {
  mkdirSync(join(clone, 'src', 'cli'), { recursive: true })
  for (const file of ['src/cli/holdfast.mjs', 'package.json', 'package-lock.json']) copy(file)
  cpSync(join(ROOT, '.runtime'), join(clone, '.runtime'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  if (existsSync(runtime)) symlinkSync(runtime, join(clone, '.runtime', 'node_modules'))
  symlinkSync(launcher, link)
  writeMain(IN_THREAD + MAIN)
})
afterAll(() => rmSync(clone, { recursive: true }))

const copy = (file: string): void => cpSync(join(ROOT, file), join(clone, file))
const writeMain = (text: string): void => writeFileSync(join(clone, 'src', 'cli', 'main.ts'), text)

function isOld(node: string | undefined): boolean {
  if (node === undefined) return false
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return Number.parseInt(stdout?.slice(1), 10) < 24
}

const STARTERS: readonly [string, string[], boolean][] = [
  ['by this Node', [process.execPath, launcher], true],
  ['as a program', [launcher], process.platform !== 'win32'],
  ['by a link to it', [link], process.platform !== 'win32'],
  ['by an old Node', [oldNode ?? 'node', launcher], oldNode !== undefined && existsSync(runtime)],
]

describe.each(STARTERS)('started %s', (_how, [program = '', ...before], isPossible) => {
  const run = (...words: string[]) =>
    spawnSync(program, [...before, ...words], { encoding: 'utf8', input: 'in', env: environment() })

  test.skipIf(!isPossible)('main runs under a Node that is new enough, and nothing else is said', () => {
    expect(run('node')).toMatchObject({ stdout: 'true\n', stderr: '', status: 0 })
  })

  test.skipIf(!isPossible)('threads give new objects little room', () => {
    expect(run('thread')).toMatchObject({ stdout: 'true\n', stderr: '', status: 0 })
  })

  test.skipIf(!isPossible)('arguments arrive as they are', () => {
    const words = ['a b', '', `'"$HOME`, '*', '--', '-x=\\n']
    expect(JSON.parse(run('say', ...words).stdout)).toEqual(words)
  })

  test.skipIf(!isPossible)('standard input arrives', () => {
    expect(run('echo').stdout).toBe('in')
  })

  test.skipIf(!isPossible)('the exit status is that of main', () => {
    expect(['0', '1', '2', '3'].map((status) => run('exit', status).status)).toEqual([0, 1, 2, 3])
  })

  test.skipIf(!isPossible).each<[NodeJS.Signals, object]>([
    ['SIGINT', { code: null, signal: 'SIGINT' }],
    ['SIGHUP', { code: null, signal: 'SIGHUP' }],
    ['SIGTERM', { code: 7, signal: null }],
  ])('%s arrives, and the end is that of main', async (signal, end) => {
    const child = spawn(program, [...before, 'wait'], { env: environment() })
    child.stdout.once('data', () => child.kill(signal))
    const ended = new Promise((resolve) => child.once('exit', (code, by) => resolve({ code, signal: by })))
    expect(await ended).toEqual(end)
  })
})

/** A million idle connections need a fifth more memory otherwise. */
test.skipIf(process.platform === 'win32')('as a program it keeps its heap small under any Node', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'holdfast without Node '))
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const run = (file: string, word = 'options') =>
    spawnSync(file, [word], { encoding: 'utf8', env: { ...environment(), PATH: path } })
  try {
    cpSync(clone, elsewhere, { recursive: true, filter: (from) => !from.endsWith('node_modules') })
    symlinkSync(join(ROOT, 'node_modules'), join(elsewhere, 'node_modules'))
    const copied = join(elsewhere, 'src', 'cli', 'holdfast.mjs')
    const anyNodes = '--max-semi-space-size=4 --heap-growing-percent=50'
    expect(run(launcher).stdout).toBe(`${anyNodes} --no-allocation-site-pretenuring\n`)
    expect(run(launcher, 'analyze').stdout).toMatch(/ --initial-old-space-size=64\n$/)
    expect(run(copied).stdout).toBe(`${anyNodes}\n`)
  } finally {
    rmSync(elsewhere, { recursive: true })
  }
})

/** A cache of its own, so that nothing of the machine's is found. */
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, XDG_CACHE_HOME: join(clone, 'cache') })

const start = (...words: string[]) => spawnSync(process.execPath, [launcher, ...words], { encoding: 'utf8' })

const builds = join(clone, '.build')
const bundles = (): string[] => readdirSync(builds).filter((name) => /^[0-9a-f]{16}$/.test(name))
const users = (bundle: string): string[] =>
  readdirSync(join(builds, bundle)).filter((name) => name.startsWith('used-by'))

describe('in a clone', () => {
  test('a change of the sources shows at the next start', () => {
    const before = start('version')
    writeMain(`export const main = () => console.log('changed')`)
    expect([before.stdout, start('version').stdout]).toEqual(['', 'changed\n'])
  })

  test('a bundle stays while a process runs it, however often the sources change', async () => {
    writeMain(`export const main = () => { console.log('waits'); setInterval(() => {}, 1000) }`)
    const child = spawn(process.execPath, [launcher])
    await once(child.stdout, 'data')
    const mine = bundles().find((name) => users(name).includes(`used-by-${child.pid}`))
    const change = (i: number): void => {
      writeMain(`export const main = () => console.log('change ${i}')`)
      expect(start().stdout).toBe(`change ${i}\n`)
    }
    for (let i = 0; i < 5; i++) change(i)
    expect([bundles().length, bundles().includes(mine!)]).toEqual([5, true])
    child.kill('SIGKILL')
    await once(child, 'exit')
    change(5)
    expect([bundles().length, bundles().includes(mine!)]).toEqual([4, false])
    expect(bundles().flatMap(users)).toEqual([])
  })

  test('sources that cannot be bundled run as they are, and it is said', () => {
    writeMain(
      `export const main = (argv) => argv[2] === 'never' ? import('./absent.ts') : console.log('runs')`,
    )
    const { stdout, stderr } = start('now')
    expect(stdout).toBe('runs\n')
    expect(stderr).toMatch(/^holdfast: runs from its sources, more slowly: .*absent\.ts.*\n$/)
  })
})

test('a package, which has no sources, runs the bundle that it ships', () => {
  rmSync(join(clone, 'src', 'cli', 'main.ts'))
  mkdirSync(join(clone, '.build', 'package'), { recursive: true })
  writeFileSync(
    join(clone, '.build', 'package', 'main.js'),
    `export const main = () => console.log('shipped')`,
  )
  expect(start()).toMatchObject({ stdout: 'shipped\n', stderr: '', status: 0 })
})
