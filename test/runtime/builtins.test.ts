/** What a start loads of Node's own. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtins } from '../../.runtime/builtins.mjs'
import { pcapFile } from '../scenario/pcap-writer.ts'
import { ROOT } from '../source-tree.ts'
import { folder } from '../store/database.ts'

const HEAVY = ['crypto', 'http', 'net', 'stream', 'tty', 'v8', 'worker_threads', 'zlib']

/** Says on standard error, when it ends, which of the heavy modules a process has loaded. */
const SAY_LOADED = `process.on('exit', () => {
  const loaded = process.moduleLoadList.filter((name) => /^NativeModule (${HEAVY.join('|')})$/.test(name))
  console.error(JSON.stringify(loaded))
})`

type Handler = (code: string) => string
const { handler } = builtins().transform as unknown as { handler: Handler }

/** What a module with this text says, by a process of its own. */
const said = (text: string): string => {
  const node = spawnSync(process.execPath, ['--input-type=module', '-e', handler(text)], { encoding: 'utf8' })
  return node.stdout + node.stderr
}

describe('in a bundle, modules of Node', () => {
  const isLoaded = `process.moduleLoadList.includes('NativeModule crypto')`

  test('that are heavy are loaded by the first call', () => {
    const text = `import { createHash as made, type Hash, hash } from 'node:crypto'
const before = ${isLoaded}
const digest = hash('md5', 'a') === made('md5').update('a').digest('hex')
console.log(before, digest, ${isLoaded}, hash.name)`
    expect(said(text)).toBe('false true true hash\n')
  })

  test('give classes and constants as well', () => {
    const text = `import { SocketAddress } from 'node:net'
import {
  constants,
  createGzip,
} from 'node:zlib'
console.log(new SocketAddress({ address: '::1', family: 'ipv6' }).address, constants.Z_SYNC_FLUSH)`
    expect(said(text)).toBe('::1 2\n')
  })

  test('that are there anyway are asked for no more than is used', () => {
    const text = `import { readFileSync, statSync as stat } from 'node:fs'
console.log(typeof readFileSync, typeof stat, process.moduleLoadList.includes('NativeModule internal/fs/streams'))`
    expect(said(text)).toBe('function function false\n')
  })

  test.each([
    [`import { parentPort } from 'node:worker_threads'`],
    [`import { spawn } from 'node:child_process'`],
    [`import type { Hash } from 'node:crypto'`],
  ])('are left as they are: %s', (text) => {
    expect(handler(text)).toBe(text)
  })
})

test.skipIf(process.platform === 'win32').each([
  ['into a pipe', 'pipe'],
  ['to nowhere', 'ignore'],
] as const)('an analysis %s loads nothing for what it does not meet', (_where, stdout) => {
  const capture = join(folder(), 'plain.pcap')
  writeFileSync(capture, pcapFile([{ seconds: 1, fraction: 0, bytes: new Uint8Array(60) }]))
  const options = `--import=data:text/javascript,${encodeURIComponent(SAY_LOADED)}`
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_OPTIONS: options }
  const launcher = join(ROOT, 'src/cli/holdfast.mjs')
  // The first start after a change makes the bundle, and needs more for that.
  spawnSync(launcher, ['--version'], { env })
  const { stderr, status } = spawnSync(launcher, ['analyze', capture], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', stdout, 'pipe'],
  })
  expect([status, stderr]).toEqual([0, '[]\n'])
})
