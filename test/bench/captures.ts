/**
 * The generated captures, kept between runs in a folder of the system's temporary folder. Each has a stamp
 * beside it with the version of its generator; another version, or a file of another size, is generated anew.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const CAPTURES = join(tmpdir(), 'holdfast-bench')

export interface Counts {
  readonly packets: number
  readonly bytes: number
}

export interface Capture extends Counts {
  readonly path: string
}

function stamped(path: string, version: number): Counts | null {
  try {
    const stamp = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Counts & { version: number }
    return stamp.version === version && statSync(path).size === stamp.bytes ? stamp : null
  } catch {
    return null // absent or unreadable: generated again
  }
}

/** The capture called `name`, generated if it is not there in this `version`. */
export function capture(name: string, version: number, generate: (path: string) => Counts): Capture {
  mkdirSync(CAPTURES, { recursive: true })
  const path = join(CAPTURES, `${name}.pcap`),
    part = `${path}.${process.pid}.part`
  const known = stamped(path, version)
  if (known !== null) return { path, packets: known.packets, bytes: known.bytes }
  rmSync(`${path}.json`, { force: true })
  const { packets, bytes } = generate(part)
  renameSync(part, path)
  writeFileSync(`${path}.json`, JSON.stringify({ version, packets, bytes }))
  return { path, packets, bytes }
}

const PIECE_BYTES = 1 << 20

/** Reads all of it, so that whoever is measured next finds it in the page cache, and nobody's time is the
 * disk's: the system forgets gigabytes within minutes. */
export function intoPageCache(path: string): void {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  const fd = openSync(path, 'r')
  while (readSync(fd, piece) > 0);
  closeSync(fd)
}
