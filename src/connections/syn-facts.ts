/** What a SYN tells of its sender's TCP: kept until the connection is told as open, for telling hosts apart
 * behind one address. */
import { u16 } from '../bytes/read.ts'
import type { SynFacts } from '../model/connection.ts'
import type { Place } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'

/** A larger shift is used as 14 (RFC 7323 §2.3). */
const WINDOW_SCALE_MAX = 14
/** Option kinds below it are those that hosts send (IANA: 0 to 8 are TCP's own and its extensions'). */
const KIND_PACKED = 16
/** So many of them fit in an exact number, four bits each. */
const KINDS_PACKED = 13
/** Lists of kinds remembered: operating systems have some dozens; a later one is made afresh each time. */
const LISTS_MAX = 1024

export class SynFactsReader {
  /** Texts of lists of option kinds, by the kinds as one number: most hosts send one of very few. */
  private readonly texts = new Map<number, string>()

  of(place: Place): SynFacts {
    const b = place.bytes
    const t = place.transportAt
    const end = Math.min(place.end, t + tcp.headerLength(b, t, place.end))
    let mss = 0
    let windowScale = -1
    let packed = 0
    let count = 0
    let isPacked = true
    for (let at = t + tcp.HEADER_MIN; at < end && b[at] !== 0;) {
      const kind = b[at]!
      packed = packed * KIND_PACKED + kind
      count++
      isPacked &&= kind < KIND_PACKED && count <= KINDS_PACKED
      const length = kind === tcp.OPTION_NO_OPERATION ? 1 : at + 1 < end ? b[at + 1]! : 0
      if (length === 0 || at + length > end) break
      if (kind === tcp.OPTION_MSS && length === 4) mss = u16(b, at + 2)
      if (kind === tcp.OPTION_WINDOW_SCALE && length === 3)
        windowScale = Math.min(WINDOW_SCALE_MAX, b[at + 2]!)
      at += length
    }
    const options = isPacked ? this.text(packed) : kindsOf(b, t + tcp.HEADER_MIN, count)
    return { hopLimit: place.hopLimit, window: tcp.window(b, t), mss, windowScale, options }
  }

  private text(packed: number): string {
    const known = this.texts.get(packed)
    if (known !== undefined) return known
    const kinds: number[] = []
    for (let rest = packed; rest > 0; rest = Math.floor(rest / KIND_PACKED)) kinds.unshift(rest % KIND_PACKED)
    const text = kinds.join(',')
    if (this.texts.size < LISTS_MAX) this.texts.set(packed, text)
    return text
  }
}

/** The first `count` option kinds from `start` on, of which all but the last have a length. */
function kindsOf(b: Uint8Array, start: number, count: number): string {
  const kinds: number[] = []
  for (let at = start; kinds.length < count; at += b[at] === tcp.OPTION_NO_OPERATION ? 1 : b[at + 1]!)
    kinds.push(b[at]!)
  return kinds.join(',')
}
