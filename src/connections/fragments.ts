/**
 * Reassembles fragmented IP datagrams (RFC 791 3.2, RFC 8200 4.5), and what links take apart (802.11 10.4,
 * RFC 5415 3.4), within bounds of memory and of the capture's time. What is said of datagrams holds for the
 * others too.
 *
 * A datagram becomes readable with the fragment that completes it, as in Wireshark; one that never does, or
 * of which the snap length cut a fragment, stays unread and is counted. Overlaps: IPv4 keeps what came first,
 * IPv6 drops the datagram (RFC 5722). A fragment that repeats what is already there is a duplicate, of the
 * network's or of the capture's making.
 */
import type { Micros } from '../model/time.ts'
import { SECOND } from '../model/time.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { locatePayload } from '../wire/network.ts'
import type { Place } from '../wire/place.ts'
import { locateWhole } from '../wire/link-fragment.ts'
import { DOT11_PAYLOAD, FRAGMENT } from '../wire/place.ts'
import { covers, isWhole, join, meets, uncovered } from './spans.ts'

/**
 * Octets held for incomplete datagrams: past it the longest untouched goes (Linux
 * net.ipv4.ipfrag_high_thresh).
 */
export const FRAGMENT_OCTETS_MAX = 4 << 20
/** Incomplete datagrams held: past it the longest untouched goes. */
export const DATAGRAMS_MAX = 4_096
/**
 * Pieces of a datagram that do not touch each other: past it the datagram is dropped. At 1,280 octets a whole
 * one has 52.
 */
export const PIECES_MAX = 256
/** How long fragments wait for the rest: Linux net.ipv4.ipfrag_time, and RFC 8200 4.5. */
export const IPV4_TIMEOUT: Micros = 30 * SECOND
export const IPV6_TIMEOUT: Micros = 60 * SECOND
/** Of a link, whose numbers come round soon: Linux mac80211 gives a packet of 802.11 two seconds. */
export const LINK_TIMEOUT: Micros = 2 * SECOND

const DATAGRAM_MAX = 65_535 // octets: what a total length can say
/** Room before the payload for the longest IPv4 header; the fixed IPv6 header is shorter. */
const HEADER_ROOM = 60
const FIRST_BUFFER = 512 // octets

export interface FragmentCounters {
  /** Fragments offered. */
  fragments: number
  /** Datagrams made whole. */
  reassembled: number
  /** Fragments that the snap length cut. */
  truncated: number
  /** Fragments without payload, or reaching past the longest datagram. */
  malformed: number
  /** Fragments that repeated what was there. */
  duplicates: number
  /** Fragments that overlapped others, or contradicted the datagram's end. */
  overlaps: number
  /** Datagrams given up: for time, for memory, or for overlaps, too many pieces, one of 802.11 missed. */
  expired: number
  evicted: number
  dropped: number
}

interface Datagram {
  readonly since: Micros
  readonly timeout: Micros
  /** Of IP; 0 of what a link took apart, which `whole` names as in `Place`. That is 0 of a datagram. */
  readonly version: number
  readonly whole: number
  /** `HEADER_ROOM`, then the payload as far as it came. */
  octets: Uint8Array
  /** The IP header of the first fragment, which ends where the room does; 0 until it came. */
  headerLength: number
  /** What the payload begins with, as the first fragment says. */
  protocol: number
  /** Octets of payload, known once the last fragment came; -1 until then. */
  length: number
  /** How many fragments of 802.11 came: they have numbers, not offsets, and come in order. */
  pieces: number
  /** What came: from, to, from, to, ..., ascending, apart. */
  spans: number[]
  /** Given up; kept until it expires, so that the rest of its fragments begins no other datagram. */
  isDropped: boolean
}

export class Fragments {
  readonly counters: FragmentCounters = {
    fragments: 0,
    reassembled: 0,
    truncated: 0,
    malformed: 0,
    duplicates: 0,
    overlaps: 0,
    expired: 0,
    evicted: 0,
    dropped: 0,
  }
  /** In the order of the latest fragment. */
  private readonly held = new Map<string, Datagram>()
  private octetsHeld = 0

  /** Incomplete datagrams. */
  get size(): number {
    return this.held.size
  }

  /**
   * Takes the fragment at `place`, for which `locate` answered `FRAGMENT`.
   *
   * @returns 0 while the datagram is incomplete; what `locate` would have said of the whole datagram when
   * this fragment completes it. Then `place` points into the reassembled datagram, which stays as it is until
   * `place` is used again.
   */
  offer(place: Place, time: Micros): number {
    place.whole = 0
    return this.put(keyOf(place), place.version, place, time)
  }

  /** The same for a `LINK_FRAGMENT`; the answer may also be a reason. */
  offerLink(place: Place, time: Micros): number {
    return this.put(linkKeyOf(place), 0, place, time)
  }

  private put(key: string, version: number, place: Place, time: Micros): number {
    this.counters.fragments++
    this.expireOldest(time)
    const length = place.wireEnd - place.transportAt
    if (place.wireEnd > place.end) return this.ignored('truncated')
    if (length <= 0 || place.fragmentOffset + length > DATAGRAM_MAX) return this.ignored('malformed')
    const datagram = this.touched(key, version, place, time)
    if (datagram.isDropped) return 0
    const from = place.whole === DOT11_PAYLOAD ? this.offsetInOrder(datagram, place) : place.fragmentOffset
    if (from < 0 || !this.take(datagram, from, from + length, place)) return 0
    datagram.pieces++
    return isWhole(datagram.spans, datagram.length) ? this.finish(key, datagram, place) : 0
  }

  /**
   * A station waits for the acknowledgment of each fragment: one that comes again is a retry, and one that is
   * not there when the next comes was missed. -1 then.
   */
  private offsetInOrder(datagram: Datagram, { fragmentOffset: number, transportAt, wireEnd }: Place): number {
    const offset = datagram.spans[1] ?? 0
    if (number === datagram.pieces && offset + wireEnd - transportAt <= DATAGRAM_MAX) return offset
    if (number < datagram.pieces) this.ignored('duplicates')
    else this.drop(datagram)
    return -1
  }

  private ignored(reason: 'truncated' | 'malformed' | 'duplicates'): 0 {
    this.counters[reason]++
    return 0
  }

  /** The datagram of this key, new if there is none, or only one that is too old. Now the latest. */
  private touched(key: string, version: number, { whole }: Place, time: Micros): Datagram {
    let datagram = this.held.get(key)
    if (datagram !== undefined) this.held.delete(key)
    if (datagram !== undefined && isExpired(datagram, time)) {
      this.release(datagram)
      this.counters.expired++
      datagram = undefined
    }
    if (datagram === undefined) {
      if (this.held.size === DATAGRAMS_MAX) this.evictOldest()
      datagram = emptyDatagram(version, whole, time)
    }
    this.held.set(key, datagram)
    return datagram
  }

  /** Adds octets [from, to) of the payload; false if that changed nothing. */
  private take(datagram: Datagram, from: number, to: number, place: Place): boolean {
    const { spans } = datagram
    const isLast = place.moreFragments === 0
    const contradicts = datagram.length >= 0 && (isLast ? to !== datagram.length : to > datagram.length)
    const endsTooEarly = isLast && spans.length > 0 && spans.at(-1)! > to
    if (covers(spans, from, to) && !contradicts && !endsTooEarly && isSame(datagram, from, to, place)) {
      return this.ignored('duplicates') !== 0
    }
    if (contradicts || endsTooEarly || meets(spans, from, to)) {
      this.counters.overlaps++
      if (datagram.version === 6) return this.drop(datagram)
      if (contradicts || endsTooEarly) return false
    }
    this.copy(datagram, from, to, place)
    datagram.spans = join(spans, from, to)
    if (isLast) datagram.length = to
    if (from === 0 && datagram.whole === 0 && datagram.headerLength === 0) keepHeader(datagram, place)
    return datagram.spans.length <= 2 * PIECES_MAX || this.drop(datagram)
  }

  private drop(datagram: Datagram): false {
    this.counters.dropped++
    this.release(datagram)
    datagram.isDropped = true
    return false
  }

  private copy(datagram: Datagram, from: number, to: number, place: Place): void {
    this.reserve(datagram, HEADER_ROOM + to)
    for (const [start, end] of uncovered(datagram.spans, from, to)) {
      const source = place.transportAt - from
      datagram.octets.set(place.bytes.subarray(source + start, source + end), HEADER_ROOM + start)
    }
  }

  private reserve(datagram: Datagram, needed: number): void {
    const { octets } = datagram
    if (needed <= octets.length) return
    const length = Math.min(
      HEADER_ROOM + DATAGRAM_MAX,
      Math.max(FIRST_BUFFER, 2 ** Math.ceil(Math.log2(needed))),
    )
    while (this.octetsHeld + length - octets.length > FRAGMENT_OCTETS_MAX && this.held.size > 1)
      this.evictOldest()
    datagram.octets = new Uint8Array(length)
    datagram.octets.set(octets)
    this.octetsHeld += length - octets.length
  }

  private finish(key: string, datagram: Datagram, place: Place): number {
    this.counters.reassembled++
    this.held.delete(key)
    const { octets, headerLength } = datagram
    const networkAt = HEADER_ROOM - headerLength
    this.octetsHeld -= octets.length
    place.bytes = octets
    place.end = place.wireEnd = HEADER_ROOM + datagram.length
    place.fragmentOffset = 0
    place.moreFragments = 0
    if (datagram.whole !== 0) return locateWhole(place, HEADER_ROOM)
    place.networkAt = networkAt
    place.hopLimit =
      datagram.version === 4 ? ipv4.timeToLive(octets, networkAt) : ipv6.hopLimit(octets, networkAt)
    const kind = locatePayload(octets, HEADER_ROOM, datagram.protocol, place)
    // a fragment of a fragment: no sender does that
    return kind === FRAGMENT ? this.ignored('malformed') : kind
  }

  private release(datagram: Datagram): void {
    this.octetsHeld -= datagram.octets.length
    datagram.octets = NOTHING
  }

  private expireOldest(time: Micros): void {
    for (const [key, datagram] of this.held) {
      if (!isExpired(datagram, time)) return
      this.held.delete(key)
      this.release(datagram)
      this.counters.expired++
    }
  }

  private evictOldest(): void {
    for (const [key, datagram] of this.held) {
      this.held.delete(key)
      this.release(datagram)
      this.counters.evicted++
      return
    }
  }
}

const NOTHING = new Uint8Array(0)

const TIMEOUTS: ReadonlyMap<number, Micros> = new Map([
  [4, IPV4_TIMEOUT],
  [6, IPV6_TIMEOUT],
])

const emptyDatagram = (version: number, whole: number, since: Micros): Datagram => ({
  since,
  timeout: TIMEOUTS.get(version) ?? LINK_TIMEOUT,
  version,
  whole,
  octets: NOTHING,
  headerLength: 0,
  protocol: 0,
  length: -1,
  pieces: 0,
  spans: [],
  isDropped: false,
})

const isExpired = (datagram: Datagram, time: Micros): boolean => time - datagram.since > datagram.timeout

/** Of IPv6, the fixed header is enough: the rest of what cannot be fragmented has been walked. */
function keepHeader(datagram: Datagram, place: Place): void {
  const { bytes, networkAt, version } = place
  const length = version === 4 ? ipv4.saidHeaderLength(bytes, networkAt) : ipv6.HEADER_LENGTH
  datagram.octets.set(bytes.subarray(networkAt, networkAt + length), HEADER_ROOM - length)
  datagram.headerLength = length
  datagram.protocol = place.protocol
}

function isSame(datagram: Datagram, from: number, to: number, place: Place): boolean {
  for (let i = from; i < to; i++) {
    if (datagram.octets[HEADER_ROOM + i] !== place.bytes[place.transportAt + i - from]) return false
  }
  return true
}

/**
 * RFC 791 tells datagrams by addresses, protocol and identification, RFC 8200 by addresses and
 * identification.
 */
function keyOf(place: Place): string {
  const { bytes, networkAt, version } = place
  const from = version === 4 ? ipv4.sourceAt(networkAt) : ipv6.sourceAt(networkAt)
  const to = version === 4 ? from + 8 : from + 32
  const identification =
    version === 4 ? `${place.identification}/${place.protocol}` : place.fragmentIdentification
  return `${version} ${place.tag} ${place.path} ${identification} ${octetsAsText(bytes, from, to)}`
}

const linkKeyOf = ({
  bytes,
  whole,
  tag,
  path,
  fragmentIdentification,
  ownerAt,
  ownerLength,
}: Place): string =>
  `link ${whole} ${tag} ${path} ${fragmentIdentification} ${octetsAsText(bytes, ownerAt, ownerAt + ownerLength)}`

function octetsAsText(b: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(b[at]!)
  return text
}
