import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FrameBatch } from '../../../src/bytes/frame-batch.ts'
import { openInputs } from '../../../src/cli/analyze/inputs.ts'
import type { CaptureReader } from '../../../src/model/capture.ts'
import { captureInput } from '../../pipeline/capture-input.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-inputs-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** A pcap of `frames` frames of 60 octets. */
function pcap(frames: number): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20)
  const record = Buffer.alloc(76)
  record.writeUInt32LE(60, 8)
  record.writeUInt32LE(60, 12)
  return Buffer.concat([header, ...Array.from({ length: frames }, () => record)])
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function framesOf(reader: CaptureReader): Promise<number> {
  const batch = new FrameBatch()
  let frames = 0
  while (await reader.next(batch)) frames += batch.count
  return frames
}

describe('inputs', () => {
  test.each([
    ['small ones', 10],
    ['large ones, in a thread of their own', 60_000],
  ])('are hashed as they are stored: %s', async (_size, frames) => {
    const path = join(folder, 'a.pcap')
    const bytes = pcap(frames)
    writeFileSync(path, bytes)
    const { inputs, close } = await openInputs([{ tap: 'client', path }], true)
    expect(inputs).toMatchObject([{ tap: 'client', path }])
    expect(await framesOf(captureInput(inputs[0]).reader)).toBe(frames)
    expect(await inputs[0]!.sha256).toBe(sha256(bytes))
    close()
  })

  test('that are pipes are read once, and hashed on the way', async () => {
    const path = join(folder, 'pipe')
    const bytes = pcap(1_000)
    execFileSync('mkfifo', [path])
    writeFileSync(join(folder, 'content'), bytes)
    execFileSync('sh', ['-c', `cat "${folder}/content" > "${path}" &`], { stdio: 'ignore' })
    const { inputs, close } = await openInputs([{ tap: '', path }], true)
    expect(await framesOf(captureInput(inputs[0]).reader)).toBe(1_000)
    expect(await inputs[0]!.sha256).toBe(sha256(bytes))
    close()
  })

  test('are not hashed if nobody wants to know', async () => {
    const path = join(folder, 'b.pcap')
    writeFileSync(path, pcap(1))
    const { inputs, close } = await openInputs([{ tap: '', path }], false)
    expect(inputs[0]!.sha256).toBeNull()
    close()
  })

  test('that cannot be read are named in one line', async () => {
    const good = join(folder, 'c.pcap')
    const bad = join(folder, 'd.pcap')
    writeFileSync(good, pcap(1))
    writeFileSync(bad, 'GET / HTTP/1.1')
    const names = [good, bad].map((path) => ({ tap: '', path }))
    await expect(openInputs(names, true)).rejects.toThrow(`${bad} is not a capture: starts with 47 45 54`)
    await expect(openInputs([{ tap: '', path: join(folder, 'none') }], true)).rejects.toThrow(
      `${folder}/none: no such file`,
    )
  })
})
