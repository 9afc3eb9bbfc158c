/**
 * How far the clocks of two captures are apart, by packets that both hold.
 *
 * A SYN/ACK carries the initial sequence numbers of both sides, 64 bits of chance, and translators leave them
 * as they are; a ClientHello carries 28 octets of chance. What a relay that opens connections of its own
 * passes on of other things is said anew every day, by the same agents at the same times: it counts where the
 * captures overlap, or chance has shown that they are of one time.
 *
 * What occurs once in each of two captures is one event, and the two times that they give it differ by their
 * clocks, and by the way in between. That most of these differences agree shows that it is the clocks (domain
 * knowledge 7, X-06: the offset from matched packets).
 */
import { FNV_BASIS, fnv } from '../bytes/fnv.ts'
import { lineFeed, wordsOf } from '../bytes/line-feed.ts'
import { i32 } from '../bytes/read.ts'
import { densest } from '../model/statistics.ts'
import { MILLISECOND, SECOND, type Micros } from '../model/time.ts'
import type { Place } from '../wire/place.ts'
import * as tcp from '../wire/tcp.ts'

/** Events of a kind that are kept per capture. */
const MARKS_MAX = 1 << 17
/** What is shorter is said by many. */
const SAID_MIN = 24
/** So much of a payload, and of a head in lines, tells them apart. */
const PAYLOAD_READ = 128
const HEAD_READ = 1024
/** The kind of a line's hash; that of a payload's is its length. */
const LINE = -1
/** A SPAN port shows packets twice within this (RFC 9293's shortest retransmission timeout is a thousand
 * times longer). */
const TWICE_WITHIN: Micros = MILLISECOND
/** Differences that agree lie this close: relays and networks take less to pass something on. */
const AGREEING: Micros = SECOND / 2
/** Fewer may agree by chance. */
const MATCHES_MIN = 3

/** What a capture's clock is ahead of another one's. */
export interface ClockOffset {
  readonly ahead: Micros
  /** Packets that both hold, and that agree about it. */
  readonly matched: number
}

/** When each event was, by its hash; NaN where there were several. */
type Marks = Map<number, Micros>

/** What is remembered of a capture. */
export class ClockMarks {
  /** Handshakes: no two are alike. */
  readonly certain: Marks = new Map()
  /** What was said, which may be said again. */
  readonly said: Marks = new Map()
  first: Micros = Infinity
  last: Micros = -Infinity

  /** What another capture showed by the same clock. */
  learn({ certain, said, first, last }: ClockMarks): void {
    for (const [event, at] of certain) note(this.certain, event, at)
    for (const [event, at] of said) note(this.said, event, at)
    this.first = Math.min(this.first, first)
    this.last = Math.max(this.last, last)
  }

  /** What a segment says, if it says anything of its own. */
  segment({ bytes, transportAt, end, wireEnd }: Place, at: Micros): void {
    this.first = Math.min(this.first, at)
    this.last = Math.max(this.last, at)
    const flags = tcp.flags(bytes, transportAt)
    if ((flags & (tcp.SYN | tcp.ACK | tcp.RST)) === (tcp.SYN | tcp.ACK))
      return note(this.certain, joined(i32(bytes, transportAt + 4), i32(bytes, transportAt + 8)), at)
    const length = tcp.payloadLength(bytes, transportAt, wireEnd)
    const from = wireEnd - length
    const to = from + Math.min(length, PAYLOAD_READ)
    if (length < SAID_MIN || to > end) return
    const isChance = isClientHello(bytes, from)
    note(isChance ? this.certain : this.said, hashOf(bytes, from, to, length), at)
    if (isHead(bytes[from]!)) this.lines(bytes, from, Math.min(end, from + HEAD_READ), at)
  }

  /** Relays that read HTTP add fields and change some: what stays of a head are its lines, and the body. */
  private lines(bytes: Uint8Array, from: number, to: number, at: Micros): void {
    const words = wordsOf(bytes)
    for (let begin = from; begin < to;) {
      const end = lineFeed(bytes, words, begin, to)
      if (end - begin >= SAID_MIN) note(this.said, hashOf(bytes, begin, end, LINE), at)
      begin = end + 1
    }
  }
}

function note(marks: Marks, event: number, at: Micros): void {
  const known = marks.get(event)
  if (known === undefined) {
    if (marks.size < MARKS_MAX) marks.set(event, at)
  } else if (Math.abs(at - known) > TWICE_WITHIN) marks.set(event, NaN)
}

/** What the clock of `one` is ahead of that of `other`; null where nothing shows it. */
export function clockOffset(one: ClockMarks, other: ClockMarks): ClockOffset | null {
  const certain = differences(one.certain, other.certain)
  const areOfOneTime = certain.length > 0 || (one.first <= other.last && other.first <= one.last)
  if (!areOfOneTime) return null
  const all = [...certain, ...differences(one.said, other.said)]
  const agreeing = densest(all, (difference) => difference, AGREEING)
  if (agreeing.length < MATCHES_MIN || 2 * agreeing.length < all.length) return null
  return { ahead: agreeing[agreeing.length >> 1]!, matched: agreeing.length }
}

/** Of each event that both know, by how much later the first one has it. */
function differences(one: Marks, other: Marks): Micros[] {
  const found: Micros[] = []
  for (const [event, at] of one) {
    const difference = at - (other.get(event) ?? NaN)
    if (!Number.isNaN(difference)) found.push(difference)
  }
  return found
}

/** A record of a handshake that begins with a ClientHello (RFC 8446 §4): its random is within what is
 * hashed. */
const isClientHello = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x16 && bytes[at + 1] === 3 && bytes[at + 5] === 1

/** A method of HTTP, or its name, begins with a capital letter. */
const isHead = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a

/** FNV-1a twice, from bases that differ: a safe integer. `kind`: no two kinds of marks have one hash. */
function hashOf(bytes: Uint8Array, from: number, to: number, kind: number): number {
  let a = FNV_BASIS ^ kind
  let b = FNV_BASIS ^ ~kind
  for (let i = from; i < to; i++) {
    a = fnv(a, bytes[i]!)
    b = fnv(b, bytes[i]!) ^ (b >>> 15)
  }
  return joined(a, b)
}

/** Of 64 bits the 53 that a number holds. */
const joined = (a: number, b: number): number => (a >>> 0) * 2 ** 21 + (b >>> 11)
