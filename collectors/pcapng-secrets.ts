/**
 * The decryption secrets of a whole pcapng, before the first of its packets is analysed: writers put them
 * before the packets that need them, behind them, or at the end of the file.
 *
 * Contract: reads block headers and blocks of secrets, in one pass of its own over the file, and closes it.
 * A capture of another format, a stream (which can be read only once), and a packed file larger than
 * PACKED_BYTES_MAX have none: of those, secrets count from where they stand on. Damage ends the search: what
 * was found before it stands. Kept as `readSecrets` keeps them. Nothing is thrown but what opening throws.
 * Source: draft-ietf-opsawg-pcapng (Decryption Secrets Block).
 */
import { openSource, statOf, type ByteSource } from './byte-source.ts'
import type { ExpansionLimit } from './compression.ts'
import { unpack } from './index.ts'
import { readSecrets } from './pcapng-facts.ts'
import { FRAMING, orderOf, recognises, roundUp, SECRETS, SECTION } from './pcapng.ts'
import { BUFFER_BYTES, emptyFacts, type CaptureFacts } from './record-reader.ts'

/**
 * Packed files up to this size are unpacked twice: about a second of work. In larger ones secrets must stand
 * before the packets that need them.
 */
export const PACKED_BYTES_MAX = 64 << 20
/** ... and no further than this into what they hold. */
export const UNPACKED_BYTES_MAX = 1024 << 20

/** The part of the file in hand: blocks from `from` to `to`, after `skip` octets to pass over. */
interface Search {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly facts: CaptureFacts
  littleEndian: boolean
  from: number
  to: number
  skip: number
}

/** The key logs (NSS format) in the pcapng at `path`, wherever they stand. Never to be logged or stored. */
export async function secretsAhead(path: string, limit?: ExpansionLimit): Promise<readonly string[]> {
  const file = path === '-' ? null : statOf(path)
  if (file === null || !file.isFile()) return []
  const { source, head } = await unpack(openSource(path), path, limit)
  try {
    const isWorthIt = recognises(head) && (source.compression === null || file.size <= PACKED_BYTES_MAX)
    return isWorthIt ? await secretsIn(source) : []
  } finally {
    source.close()
  }
}

async function secretsIn(source: ByteSource): Promise<readonly string[]> {
  const bytes = new Uint8Array(BUFFER_BYTES)
  const view = new DataView(bytes.buffer)
  const search: Search = { bytes, view, facts: emptyFacts(), littleEndian: true, from: 0, to: 0, skip: 0 }
  for (;;) {
    const answer = source.read(bytes, search.to)
    const count = typeof answer === 'number' ? answer : await answer
    search.to += count
    if (count === 0 || isTooFar(source) || !searchBlocks(search)) return search.facts.secrets
    bytes.copyWithin(0, search.from, search.to)
    search.to -= search.from
    search.from = 0
  }
}

const isTooFar = ({ compression, position }: ByteSource): boolean =>
  compression !== null && position > UNPACKED_BYTES_MAX

/** Passes over the blocks in hand; false where they cannot be followed. */
function searchBlocks(search: Search): boolean {
  for (;;) {
    const passed = Math.min(search.skip, search.to - search.from)
    search.from += passed
    search.skip -= passed
    const { view, from, to } = search
    if (to - from < FRAMING) return true
    const type = view.getUint32(from, search.littleEndian)
    if (type === SECTION) {
      const order = orderOf(view, from + 8)
      if (order === null) return false
      search.littleEndian = order
    }
    const total = roundUp(view.getUint32(from + 4, search.littleEndian))
    if (total < FRAMING) return false
    if (type === SECRETS && total >= 20 && total <= search.bytes.length) {
      if (total > to - from) return true
      readSecrets(search, from + 8, from + total - 4)
    }
    search.skip = total
  }
}
