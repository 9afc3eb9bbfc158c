/**
 * SHA-256 of an input: of a file in a worker thread, while the analysis runs; of a stream while it is read.
 *
 * Contract: the hash is of the octets as they are stored, packed or not. It does not depend on how far the
 * capture could be read.
 */

import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { ByteSource } from './byte-source.ts'

export interface FileHash {
  /** Lower-case hexadecimal; rejects if the file cannot be read, or after `cancel`. */
  readonly digest: Promise<string>
  cancel(): void
}

/** Begins to hash the file at `path` on another core. */
export function hashFile(path: string): FileHash {
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { workerData: path })
  const digest = new Promise<string>((resolve, reject) => {
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error(`hashing ${path} was cancelled`)))
  })
  // Who cancels, or fails before asking, does not wait for the answer.
  digest.catch(() => undefined)
  return { digest, cancel: () => void worker.terminate() }
}

/** Where an input is read from, and the hash of it. */
export interface Hashing {
  readonly source: ByteSource
  /** Ask before closing the source. */
  digest(): Promise<string>
  cancel(): void
}

/**
 * Hashes the input that `openSource(path)` opened: a file in a thread, a stream as it passes. Read from the
 * source that is answered.
 */
export function hashing(source: ByteSource, path: string): Hashing {
  if (Number.isNaN(source.rawSize)) {
    const passing = hashed(source)
    return { source: passing, digest: passing.digest, cancel: () => undefined }
  }
  const { digest, cancel } = hashFile(path)
  return { source, digest: () => digest, cancel }
}

export interface HashedSource extends ByteSource {
  /**
   * Reads what is left of the source and answers the hash of all of it; for anybody else, reading ends here.
   * Rejects once it is closed.
   */
  digest(): Promise<string>
}

const REST_BYTES = 1 << 16

/** Hashes what passes through; for streams, which can be read only once. */
export function hashed(source: ByteSource): HashedSource {
  const hash = createHash('sha256')
  let ended = false
  let closed = false
  /** A read that still waits: a decompressor reads ahead of its reader. */
  let pending: Promise<number> | null = null

  const seen = (into: Uint8Array, at: number, count: number): number => {
    hash.update(into.subarray(at, at + count))
    return count
  }
  const read = (into: Uint8Array, at: number): number | Promise<number> => {
    const answer = source.read(into, at)
    if (typeof answer === 'number') return seen(into, at, answer)
    pending = answer.then((count) => seen(into, at, count))
    return pending
  }
  return {
    read: (into, at) => (ended ? 0 : read(into, at)),
    get position() {
      return source.position
    },
    get rawPosition() {
      return source.rawPosition
    },
    rawSize: source.rawSize,
    compression: source.compression,
    get fault() {
      return source.fault
    },
    async digest() {
      if (closed) throw new Error('the stream was closed before all of it was hashed')
      ended = true
      await pending
      const rest = new Uint8Array(REST_BYTES)
      while ((await read(rest, 0)) > 0);
      return hash.digest('hex')
    },
    close() {
      closed = true
      source.close()
    },
  }
}
