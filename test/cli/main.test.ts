import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/main.ts'
import { ROOT } from '../source-tree.ts'
import { recordedConsole } from './console.ts'
import { program, programOfSources } from './program.ts'

let folder = ''
let capture = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-main-'))
  capture = join(folder, 'empty.pcap')
  // A pcap header and nothing else.
  writeFileSync(capture, Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function holdfast(...words: string[]) {
  const console = recordedConsole({ columns: 80 })
  return { exitCode: await run(words, console), ...console.written }
}

describe('help', () => {
  test.each([
    [['--help']],
    [['help']],
    [['analyze', '--help']],
    [['help', 'analyze']],
    [['config', '--help']],
    [['config', 'check', '--help']],
    [['config', 'schema', '--help']],
    [['serve', '--help']],
    [['tail', '--help']],
    [['report', '--help']],
    [['carve', '--help']],
    [['token', '--help']],
    [['token', 'add', '--help']],
    [['token', 'list', '--help']],
    [['token', 'revoke', '--help']],
  ])('%j goes to standard output, has examples and fits', async (words) => {
    const { exitCode, out, error } = await holdfast(...words)
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    expect(out).toMatch(/^Usage: holdfast /)
    expect(out).toMatch(/\nExamples:\n {2}holdfast /)
    const widest = out
      .split('\nExamples:')[0]!
      .split('\n')
      .map((line) => line.length)
    expect(Math.max(...widest)).toBeLessThanOrEqual(80)
  })

  test('names the commands that exist, and no other', async () => {
    const { out } = await holdfast('--help')
    expect(
      [
        ...out
          .split('Commands:')[1]!
          .split('Examples:')[0]!
          .matchAll(/^ {2}(\w+)/gm),
      ].map(([, name]) => name),
    ).toEqual([
      'analyze',
      'serve',
      'watch',
      'tail',
      'report',
      'carve',
      'compare',
      'backup',
      'alert',
      'token',
      'config',
      'help',
    ])
  })

  test('--version', async () => {
    expect(await holdfast('--version')).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      error: '',
    })
  })
})

describe('wrong usage exits with 2 and says what is wrong in one line', () => {
  test.each([
    [['anlyze'], "holdfast: unknown command 'anlyze' (Did you mean analyze?)\n"],
    [['analyze'], "holdfast: missing required argument 'input'; --help shows how\n"],
    [
      ['analyze', '--fromat', 'text', 'a.pcap'],
      "holdfast: unknown option '--fromat' (Did you mean --format?)\n",
    ],
    [
      ['analyze', 'a.pcap', '--output'],
      "holdfast: option '--output <file>' argument missing; --help shows how\n",
    ],
    [
      ['analyze', '--format', 'xml', 'a.pcap'],
      'holdfast: --format xml is not known; it is one of text, ndjson, html, markdown\n',
    ],
    [
      ['analyze', 'x=a.pcap', 'x=b.pcap'],
      'holdfast: tap x is named twice; number its files, as in x-1=FILE x-2=FILE: those that go on from each other are read as one tap\n',
    ],
    [['config', 'chekc', 'a.yaml'], "holdfast: unknown command 'chekc' (Did you mean check?)\n"],
    [['config', 'check'], "holdfast: missing required argument 'file'; --help shows how\n"],
    [
      ['config', 'schema', 'x'],
      "holdfast: too many arguments for 'schema'. Expected 0 arguments but got 1: x; --help shows how\n",
    ],
  ])('%j', async (words, error) => {
    expect(await holdfast(...words)).toEqual({ exitCode: 2, out: '', error })
  })

  test.each([[[]], [['config']]])('%j shows the help on standard error', async (words) => {
    const { exitCode, out, error } = await holdfast(...words)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(error).toMatch(/^Usage: holdfast /)
  })
})

describe('analyze', () => {
  test('a capture without packets', async () => {
    const { exitCode, out, error } = await holdfast('analyze', capture)
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    expect(out).toContain('No TCP connection in 0 packets: there is nothing to judge.\n')
  })

  test('the same, with the words in an order that needs the parser library', async () => {
    const { exitCode, out } = await holdfast('analyze', '--format=ndjson', '--include=summary', '--', capture)
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      kind: 'summary',
      captures: 1,
      packets: 0,
      incidents: { critical: 0 },
    })
  })

  test('what is not there is a failure of one line', async () => {
    expect(await holdfast('analyze', join(folder, 'none.pcap'))).toEqual({
      exitCode: 1,
      out: '',
      error: expect.stringMatching(/^holdfast: .*none\.pcap: no such file[^\n]*\n$/),
    })
  })

  test('a full disk is a failure of one line', async () => {
    expect(await holdfast('analyze', capture, '--output', '/dev/full')).toEqual({
      exitCode: 1,
      out: '',
      error: 'holdfast: cannot write /dev/full: no space left on device\n',
    })
  })
})

describe('in a process of its own', () => {
  test('a plain analysis loads no library', () => {
    const watch = `import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
      process.on('exit', () => console.error(JSON.stringify(loaded)))`
    const { stderr, status } = spawnSync(process.execPath, programOfSources(['analyze', capture], watch), {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    const loaded: string[] = JSON.parse(stderr)
    expect(loaded.filter((url) => url.includes('/node_modules/'))).toEqual([])
    expect(loaded.filter((url) => /\/cli\/(config|commands)/.test(url))).toEqual([])
    expect(loaded.some((url) => url.endsWith('/cli/output/report.ts'))).toBe(true)
  })

  test('a reader that leaves early is no failure', () => {
    const script = `"$0" "$@" | head -c 10; exit "\${PIPESTATUS[0]}"`
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-c', script, process.execPath, ...program(['config', 'schema'])],
      { encoding: 'utf8' },
    )
    expect({ stdout, stderr, status }).toEqual({ stdout: '{\n  "title', stderr: '', status: 0 })
  })

  describe('it ends by itself, with the right code', () => {
    // More than a pipe holds (64 KiB, pipe(7)).
    const captures = globSync('fixtures/*/*.pcap*.gz', { cwd: ROOT }).map((path, i) => `t${i}=${path}`)
    const words = ['analyze', '--format', 'ndjson', '--fail-on', 'warning', ...captures]
    const noExit = 'process.exit = () => console.error("ended by force")'
    const run = (reader: string, ...more: string[]) =>
      spawnSync(
        'bash',
        [
          '-c',
          `"$0" "$@" | { ${reader}; }; exit "\${PIPESTATUS[0]}"`,
          process.execPath,
          ...program([...words, ...more], noExit),
        ],
        { encoding: 'utf8', cwd: ROOT, maxBuffer: 1 << 26 },
      )

    test('and all output arrives through a slow pipe', () => {
      const output = join(folder, 'whole.ndjson')
      expect(run('cat', '--output', output)).toMatchObject({ stdout: '', stderr: '', status: 3 })
      const whole = withoutTime(readFileSync(output, 'utf8'))
      expect(whole.length).toBeGreaterThan(1 << 16)
      const { stdout, stderr, status } = run('sleep 1; cat')
      expect({ stderr, status }).toEqual({ stderr: '', status: 3 })
      expect(withoutTime(stdout)).toBe(whole)
    })

    test('and when nobody reads', () => {
      const { stdout, stderr, status } = run('exec <&-; sleep 1')
      expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 3 })
    })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with one line and leaves nothing behind', async (signal, expected) => {
    const output = join(folder, 'out.txt')
    const child = spawn(process.execPath, program(['analyze', '--output', output, '-']))
    let error = ''
    child.stderr.on('data', (text) => (error += text))
    // Standard input stays open, and no packet follows.
    child.stdin.write(readFileSync(capture))
    await until(() => readdirSync(folder).some((name) => name.endsWith('.partial')))
    child.kill(signal)
    expect(await exitOf(child)).toBe(expected)
    expect(error).toBe('holdfast: interrupted; the analysis is not complete\n')
    expect(readdirSync(folder).filter((name) => name.includes('out.txt'))).toEqual([])
  })
})

/** How long the analysis took is not the same twice. */
const withoutTime = (records: string): string => records.replace(/"elapsedSeconds":[\d.]+/, '')

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('close', resolve))

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}
