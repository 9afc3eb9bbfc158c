/**
 * Captures that arrive over the network, on their way to the disk.
 *
 * Contract: octets are hashed while they stream and never gathered; an upload is acknowledged once its
 * octets, its name in the folder and its row are safe, in that order; one that is broken off or refused
 * leaves nothing. The same octets are kept once.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { isInputError, openSource } from '../../../collectors/byte-source.ts'
import { compressionOf } from '../../../collectors/compression.ts'
import { isBesideLog, isReadable, openInput, tellingBytes, whyNoCapture } from '../../../collectors/index.ts'
import { Refusal, type Uploads } from '../../api/ports.ts'
import type { Micros } from '../../model/time.ts'
import { addCapture, captureFile, forgetCapture } from '../../store/captures.ts'
import type { Store } from '../../store/store.ts'
import { sizeText } from './amounts.ts'
import type { CaptureFolder } from './folder.ts'

export interface UploadOptions {
  readonly store: Store
  readonly folder: CaptureFolder
  /** Octets of one capture at most. */
  readonly sizeMax: number
  now(): Micros
  /** Whether a job reads the capture now. */
  isRead(capture: number): boolean
}

type About = Parameters<Uploads['receive']>[1]

/** How often the free space is looked at while octets arrive. */
const ROOM_EVERY_BYTES = 256 << 20
export function uploads(options: UploadOptions): Uploads {
  return {
    receive: (body, about) => receive(options, body, about),
    // oxlint-disable-next-line typescript/require-await -- a refusal is a rejection
    async remove(id) {
      const { store, folder, now, isRead } = options
      const file = captureFile(store, id)
      if (file === null) throw new Refusal('not-found', 'There is no such capture.')
      if (isRead(id)) throw new Refusal('conflict', 'An analysis reads the capture: cancel it first.')
      // The row first: a file without a row is tidied away, a row without its file would promise too much.
      forgetCapture(store, id, now())
      if (file.stored !== null) folder.remove(file.stored)
    },
  }
}

async function receive(
  options: UploadOptions,
  body: Readable,
  about: About,
): Promise<{ id: number; isNew: boolean }> {
  await refuseBeforehand(options, about)
  const path = options.folder.arriving()
  const handle = await open(path, 'wx', 0o600)
  try {
    const { size, sha256 } = await write(options, handle, addAbortSignal(about.signal, body), about)
    await refuseUnreadable(path, about.name)
    await handle.sync()
    await handle.close()
    return await acknowledge(options, { path, size, sha256, name: about.name })
  } catch (error) {
    throw reasonOf(error)
  } finally {
    await handle.close().catch(() => undefined)
    await rm(path, { force: true })
  }
}

async function refuseBeforehand(
  { sizeMax, folder }: UploadOptions,
  { length, signal }: About,
): Promise<void> {
  if (signal.aborted) throw brokenOff()
  if (length === null) return
  if (length > sizeMax) throw tooLarge(sizeMax)
  if (length > (await folder.room())) throw noSpace()
}

async function write(
  { sizeMax, folder }: UploadOptions,
  handle: FileHandle,
  body: Readable,
  { name, length }: About,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  let checked = 0
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > sizeMax) throw tooLarge(sizeMax)
    if (head !== null) {
      head = Buffer.concat([head, chunk.subarray(0, tellingBytes(head))])
      if (head.length >= tellingBytes(head)) head = refuseOther(head, name)
    }
    if (size - checked >= ROOM_EVERY_BYTES) {
      if ((await folder.room()) <= 0) throw noSpace()
      checked = size
    }
    const written = writeWhole(handle, chunk)
    hash.update(chunk)
    await written
  }
  if (length !== null && size !== length)
    throw new Refusal('incomplete', `${size} of ${length} octets arrived: send the capture again.`)
  if (head !== null) refuseOther(head, name)
  return { size, sha256: hash.digest('hex') }
}

async function writeWhole(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten
}

/** What can be neither a capture nor flow records is refused at its first octets; null, for there is nothing
 * more to look at. */
function refuseOther(head: Uint8Array, name: string): null {
  if (!isReadable(head) && compressionOf(head) === null)
    throw new Refusal('unusable', `${name} ${whyNoCapture(head)}.`)
  return null
}

/** What is packed shows what it is when it is there. A log that only names connections is of use beside
 * others. */
async function refuseUnreadable(path: string, name: string): Promise<void> {
  if (await isBesideLog(() => openSource(path))) return
  const { reader, records } = await openInput(openSource(path), { path: name })
  ;(reader ?? records).close()
}

/** Nothing else runs between the name in the folder and the row. */
async function acknowledge(
  { store, folder, now }: UploadOptions,
  { path, size, sha256, name }: { path: string; size: number; sha256: string; name: string },
): Promise<{ id: number; isNew: boolean }> {
  const isKept = folder.holds(sha256)
  const stored = isKept ? sha256 : folder.place(path, sha256)
  const { id, isNew } = addCapture(store, { sha256, name, size, stored, at: now() })
  return { id, isNew: isNew || !isKept }
}

const brokenOff = (): Refusal => new Refusal('incomplete', 'The upload was broken off.')
const tooLarge = (max: number): Refusal =>
  new Refusal(
    'too-large',
    `A capture may have at most ${sizeText(max)}: split it, or allow more with --max-upload.`,
  )
const noSpace = (): Refusal => new Refusal('no-space', 'The disk has no room for the capture.')

/** A broken connection and a full disk are told as what they are. */
function reasonOf(error: unknown): unknown {
  if (isInputError(error)) return new Refusal('unusable', `${error.message}.`)
  const { code, name } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace()
  const gone = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'ERR_STREAM_DESTROYED']
  return name === 'AbortError' || gone.includes(code ?? '') ? brokenOff() : error
}
