/**
 * Names under which Zeek keeps its logs of one time side by side: `conn.log` and `ssl.log`; rotated,
 * `conn.00:00:00-01:00:00.log.gz` (ZeekControl's archive), `conn-24-01-02_00.00.00.log` (Zeek itself),
 * `conn_20240102_00:00:00-01:00:00-0000.log.gz` (Corelight). All of them differ in one word.
 */
import type { BesideLog } from './zeek-beside.ts'

/** In the order in which they are read: what is said first stays. */
const KINDS: readonly BesideLog[] = ['ssl', 'http', 'dns']

const WORD = /(?<![A-Za-z0-9])conn(?![A-Za-z0-9])/
const PACKING = /\.(?:gz|zst)$/

/**
 * Names that the logs beside one of this name may have, by kind: packed as it is, or not, or otherwise. Empty
 * for a name without the word.
 */
export function besideNames(name: string): readonly (readonly string[])[] {
  if (!WORD.test(name)) return []
  const bare = name.replace(PACKING, '')
  const packing = name.slice(bare.length)
  const packings = [...new Set([packing, '', '.gz', '.zst'])]
  return KINDS.map((kind) => packings.map((ending) => bare.replace(WORD, kind) + ending))
}
