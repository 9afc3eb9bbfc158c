import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { type FolderPosition, folderSource } from '../../collectors/live-folder.ts'
import { type LiveReader, liveReader } from '../../collectors/live-reader.ts'
import { capture, record, told } from './frames.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-ring-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function following(path: string, resume: FolderPosition | null = null) {
  const late: { reader: LiveReader | null } = { reader: null }
  const source = folderSource(path, resume, () => late.reader?.partPackets ?? 0)
  const reader = liveReader(source)
  late.reader = reader
  onTestFinished(() => reader.close())
  return { source, reader }
}

const frames = (list: readonly { frame: number }[]): number[] => list.map(({ frame }) => frame)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

test('files in the order of their packets, packed ones too; numbers go on', async () => {
  const path = folder()
  writeFileSync(join(path, 'c.pcap.gz'), gzipSync(capture(0, 3)))
  writeFileSync(join(path, 'a.pcap'), capture(6, 8))
  writeFileSync(join(path, 'b.pcap'), capture(3, 6))
  writeFileSync(join(path, 'notes.txt'), 'no capture')
  const { reader } = following(path)
  expect(await told(reader, 8)).toEqual(range(0, 8).map((n) => ({ frame: n, number: n + 1 })))
  expect(reader.takeGap()).toBeNull()
})

test('closed while it looks for a file that follows, it ends', async () => {
  const closedAfter = async (ms: number) => {
    const path = folder()
    writeFileSync(join(path, '1.pcap'), capture(0, 2))
    const { reader } = following(path)
    await told(reader, 2)
    const more = told(reader, 1)
    for (let i = 0; i < 20; i++) writeFileSync(join(path, `2-${i}.pcap`), capture(3 + i, 4 + i))
    await new Promise((resolve) => setTimeout(resolve, ms))
    reader.close()
    return more
  }
  const moments = range(0, 20).map((i) => 100 + 2 * i)
  const rest = await Promise.all(moments.map(closedAfter))
  expect(rest.filter((more) => more.length > 1)).toEqual([])
})

test('a file that grows is waited for, to the octet; a later one ends it', async () => {
  const path = folder()
  const file = join(path, '1.pcap')
  writeFileSync(file, capture(0, 2))
  const { reader } = following(path)
  expect(frames(await told(reader, 2))).toEqual([0, 1])
  const third = record(2)
  const more = told(reader, 1)
  appendFileSync(file, third.subarray(0, 20))
  setTimeout(() => appendFileSync(file, third.subarray(20)), 150)
  expect(frames(await more)).toEqual([2])
  writeFileSync(join(path, '2.pcap'), capture(3, 5))
  expect(frames(await told(reader, 2))).toEqual([3, 4])
  expect(reader.takeGap()).toBeNull()
})

test('a file that the ring removed is read to its end; one that was never read leaves a gap', async () => {
  const path = folder()
  writeFileSync(join(path, '1.pcap'), capture(0, 2))
  writeFileSync(join(path, '2.pcap'), capture(2, 4))
  writeFileSync(join(path, '3.pcap'), capture(4, 6))
  const { reader } = following(path)
  expect(frames(await told(reader, 1))).toEqual([0, 1])
  rmSync(join(path, '1.pcap'))
  rmSync(join(path, '2.pcap'))
  expect(frames(await told(reader, 2))).toEqual([4, 5])
  expect(reader.takeGap()).toBe('2.pcap was removed before it was read')
  expect(reader.takeGap()).toBeNull()
})

test('a ring that writes into its oldest file again has made a new one of it', async () => {
  const path = folder()
  writeFileSync(join(path, 'ring0'), capture(0, 2))
  writeFileSync(join(path, 'ring1'), capture(2, 4))
  const { reader } = following(path)
  expect(frames(await told(reader, 4))).toEqual([0, 1, 2, 3])
  truncateSync(join(path, 'ring0'), 0)
  await new Promise((resolve) => setTimeout(resolve, 250))
  writeFileSync(join(path, 'ring0'), capture(4, 6))
  expect(frames(await told(reader, 2))).toEqual([4, 5])
})

test('goes on where it was left, though the file was renamed', async () => {
  const path = folder()
  writeFileSync(join(path, '1.pcap'), capture(0, 3))
  writeFileSync(join(path, '2.pcap'), capture(3, 6))
  const first = following(path)
  expect(frames(await told(first.reader, 3))).toEqual([0, 1, 2])
  const position = first.source.position()
  expect(position).toEqual({ file: '1.pcap', first: 1_000e6, packets: 3 })
  renameSync(join(path, '1.pcap'), join(path, '1-old.pcap'))
  const again = following(path, { file: '1.pcap', first: 1_000e6, packets: 2 })
  expect(frames(await told(again.reader, 4))).toEqual([2, 3, 4, 5])
  expect(again.reader.takeGap()).toBeNull()
})

test('where the file has gone meanwhile, there is a gap', async () => {
  const path = folder()
  writeFileSync(join(path, '2.pcap'), capture(3, 5))
  const { reader } = following(path, { file: '1.pcap', first: 1_000e6, packets: 2 })
  expect(frames(await told(reader, 2))).toEqual([3, 4])
  expect(reader.takeGap()).toBe('1.pcap was removed before it was read')
})

test('a file that is damaged is read as far as it goes, and what is missing of it is a gap', async () => {
  const path = folder()
  const damaged = Buffer.concat([capture(0, 1), Buffer.alloc(64, 0xff)])
  writeFileSync(join(path, '1.pcap'), damaged)
  writeFileSync(join(path, '2.pcap'), capture(3, 5))
  const { reader } = following(path)
  expect(frames(await told(reader, 3))).toEqual([0, 3, 4])
  expect(reader.takeGap()).toMatch(/^1\.pcap is damaged at octet \d+ \(.+\)$/)
})

test('a folder that is not there is told', () => {
  expect(() => folderSource('/does/not/exist', null, () => 0)).toThrow(
    '/does/not/exist: there is no such folder',
  )
})

/** Reads the two files of a folder that somebody who is not root may read, and prints what that one is told,
 * or why it is refused. */
const AS_NOBODY = `
  const { folderSource } = await import(process.argv[1])
  try {
    const source = folderSource(process.argv[2], null, () => 0, (said) => console.log(said))
    for (const part of [await source.next(), await source.next()]) console.log(part.gap)
    source.close()
  } catch (error) {
    console.log(error.message)
  }
`
const NOBODY = 65_534

test.skipIf(process.platform === 'win32')(
  'what may not be read is told, once, and is a gap where it was written; so is such a folder',
  ({ skip }) => {
    const path = folder()
    chmodSync(path, 0o755)
    for (const n of [1, 2, 3, 4]) {
      const file = join(path, `${n}.pcap`)
      writeFileSync(file, capture(2 * n, 2 * n + 2))
      chmodSync(file, n === 2 || n === 3 ? 0 : 0o644)
      utimesSync(file, 1_000 + n, 1_000 + n)
    }
    const module = new URL('../../collectors/live-folder.ts', import.meta.url).href
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
    const probe = `import(${JSON.stringify(module)})`
    if (spawnSync(process.execPath, ['-e', probe], user).status !== 0)
      skip('nobody but root may read this clone')
    const run = (): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', AS_NOBODY, module, path], {
        encoding: 'utf8',
        timeout: 30_000,
        ...user,
      }).stdout
    expect(run()).toBe(
      `2.pcap in ${path}, and perhaps others, may not be read by this user: tcpdump writes as the user that -Z names, and chmod g+r lets a group read\nnull\n2.pcap may not be read\n`,
    )
    chmodSync(path, 0o300)
    expect(run()).toBe(`${path}: permission denied\n`)
    chmodSync(path, 0o755)
  },
)
