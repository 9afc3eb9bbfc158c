import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDestination, writeDestination } from '../../../src/cli/output/destination.ts'
import { recordedConsole } from '../console.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-output-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const { out } = recordedConsole()
const open = (path: string) => openDestination(path, out)

describe('a file', () => {
  test('appears when it is whole', () => {
    const path = join(folder, 'report.txt')
    const destination = open(path)
    destination.write('first ')
    destination.write(Buffer.from('second'))
    expect(existsSync(path)).toBe(false)
    destination.commit()
    expect(readFileSync(path, 'utf8')).toBe('first second')
    expect(readdirSync(folder)).toEqual(['report.txt'])
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask())
  })

  test('does not appear when something went wrong; an older one stays', () => {
    const path = join(folder, 'report.txt')
    writeFileSync(path, 'older')
    const destination = open(path)
    destination.write('half of the new')
    destination.abandon()
    expect(readFileSync(path, 'utf8')).toBe('older')
    expect(readdirSync(folder)).toEqual(['report.txt'])
  })

  test('is not there when what fills it fails', () => {
    const fill = (): void =>
      writeDestination(join(folder, 'report.txt'), out, (destination) => {
        destination.write('half')
        throw new Error('no more')
      })
    expect(fill).toThrow('no more')
    expect(readdirSync(folder)).toEqual([])
  })

  test('keeps its mode, and links to it stay links', () => {
    const path = join(folder, 'report.txt')
    const link = join(folder, 'link.txt')
    writeFileSync(path, 'older')
    chmodSync(path, 0o600)
    symlinkSync(path, link)
    const destination = open(link)
    destination.write('new')
    destination.commit()
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is refused in one line where none can be', () => {
    expect(() => open(join(folder, 'none', 'report.txt'))).toThrow(
      `cannot write ${folder}/none/report.txt: no such file or directory`,
    )
    expect(() => open(folder)).toThrow(`cannot write ${folder}: it is a directory`)
  })

  test('on a full disk is a failure of one line', () => {
    const destination = open('/dev/full')
    expect(() => destination.write('x')).toThrow(
      expect.objectContaining({ exitCode: 1, message: 'cannot write /dev/full: no space left on device' }),
    )
    destination.abandon()
    expect(existsSync('/dev/full')).toBe(true)
  })

  test('may be a device or a pipe, which is written as it is', () => {
    const destination = open('/dev/null')
    destination.write('x')
    destination.commit()
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

test('- and nothing are standard output', () => {
  expect(openDestination(null, out)).toBe(out)
  expect(open('-')).toBe(out)
})

describe('standard output', () => {
  const module = JSON.stringify(new URL('../../../src/cli/output/destination.ts', import.meta.url).href)
  const script = (body: string) => [
    '--input-type=module',
    '-e',
    `import { standardOutput, isOutputClosed } from ${module}; ${body}`,
  ]
  const megabytes =
    'const out = standardOutput(); for (let i = 0; i < 64; i++) out.write("x".repeat(1 << 16));'

  test('waits for a slow reader and loses nothing', () => {
    const shell = `"$0" "$@" | (sleep 0.3; wc -c)`
    expect(
      execFileSync('sh', ['-c', shell, process.execPath, ...script(megabytes)], { encoding: 'utf8' }).trim(),
    ).toBe(String(64 << 16))
  })

  test('says so when the reader has gone', () => {
    const body = `try { ${megabytes} } catch (error) { process.stderr.write(String(isOutputClosed(error))) }`
    const { stderr } = spawnSync('sh', ['-c', '"$0" "$@" | true', process.execPath, ...script(body)], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('true')
  })
})
