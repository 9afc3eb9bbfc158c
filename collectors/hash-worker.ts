/** The thread behind `hashFile`: reads the file named by its data and posts the SHA-256 in hexadecimal. */

import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** Octets read at a time: large enough that system calls cost nothing beside the hash. */
const CHUNK_BYTES = 1 << 20

function sha256(path: string): string {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(CHUNK_BYTES)
  const fd = openSync(path, 'r')
  for (let got = 0; (got = readSync(fd, chunk)) > 0;) hash.update(chunk.subarray(0, got))
  closeSync(fd)
  return hash.digest('hex')
}

parentPort?.postMessage(sha256(String(workerData)))
