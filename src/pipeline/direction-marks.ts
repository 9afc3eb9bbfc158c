/**
 * Which interfaces show the two directions of the same connections: a passive tap hands each direction of a
 * cable to a network card of its own, and on two ways through a network each may pass another.
 *
 * Neither shows both directions of a connection that the other one shows, nor the same direction; and what
 * they show of some connection answers each other. That is no chance: two sequence numbers are 64 bits of it.
 * Of two interfaces that would do, the one on the same link does, whose frames have the same two hardware
 * addresses.
 */
import { i32 } from '../bytes/read.ts'
import type { Micros } from '../model/time.ts'
import type { Place } from '../wire/place.ts'
import * as tcp from '../wire/tcp.ts'
import { hashOf, linkOf } from './stations.ts'

/** Connections that are remembered of an interface. */
const SHOWN_MAX = 1 << 17
/** How far what answers may lie from what was seen: a window (RFC 7323 §2.3 allows more; this is usual). */
const WINDOW = 1 << 20

/** What one interface shows of a connection: the first segment of the direction that it shows. */
interface Shown {
  /** From the end whose hash is the lower one; null: both directions are shown. */
  isUp: boolean | null
  readonly at: Micros
  /** Of the next segment that acknowledges something; NaN: none did. */
  acknowledgesAt: Micros
  readonly sequence: number
  /** NaN: it acknowledges nothing. */
  readonly acknowledges: number
  /** Of both hardware addresses, whichever is the sender's; 0: there are none. */
  readonly link: number
}

/** What is remembered of one interface. */
export type Directions = Map<number, Shown>

/** What is remembered of a capture. */
export class DirectionMarks {
  /** By interface. */
  readonly faces: Directions[] = []

  /** A segment that the interface shows. */
  segment(place: Place, face: number, time: Micros): void {
    while (this.faces.length <= face) this.faces.push(new Map())
    const known = this.faces[face]!
    const { bytes, networkAt, transportAt: at, version } = place
    const length = version === 4 ? 4 : 16
    const addresses = networkAt + (version === 4 ? 12 : 8)
    const source = hashOf(bytes, at, 2, hashOf(bytes, addresses, length))
    const destination = hashOf(bytes, at + 2, 2, hashOf(bytes, addresses + length, length))
    const isUp = source < destination
    // Of 64 bits the 53 that a number holds.
    const key = Math.min(source, destination) * 2 ** 21 + (Math.max(source, destination) >>> 11)
    const isAcknowledging = (tcp.flags(bytes, at) & tcp.ACK) !== 0
    const shown = known.get(key)
    if (shown !== undefined) {
      if (shown.isUp !== isUp) shown.isUp = null
      else if (isAcknowledging && Number.isNaN(shown.acknowledgesAt)) shown.acknowledgesAt = time
    } else if (known.size < SHOWN_MAX) {
      const acknowledges = isAcknowledging ? i32(bytes, at + 8) : NaN
      const first = { sequence: i32(bytes, at + 4), acknowledges, link: linkOf(place) }
      known.set(key, { isUp, at: time, acknowledgesAt: NaN, ...first })
    }
  }
}

/** Connections of which two interfaces show a direction each, and those of them on the same link. */
interface Halved {
  readonly connections: number
  readonly linked: number
}

/** Null where they are not the two directions of the same connections. */
function halved(one: Directions, other: Directions): Halved | null {
  let connections = 0
  let linked = 0
  for (const [key, mine] of one) {
    const theirs = other.get(key)
    if (theirs === undefined) continue
    if (mine.isUp === null || theirs.isUp === null || mine.isUp === theirs.isUp) return null
    if (!areOfOneTime(mine, theirs)) continue
    connections++
    if (mine.link !== 0 && mine.link === theirs.link) linked++
  }
  return connections === 0 ? null : { connections, linked }
}

/** What one says lies near what the other one acknowledges. */
function areOfOneTime(one: Shown, other: Shown): boolean {
  const distances = [one.acknowledges - other.sequence, other.acknowledges - one.sequence].filter(
    (distance) => !Number.isNaN(distance),
  )
  return distances.length > 0 && distances.every((distance) => Math.abs(distance | 0) <= WINDOW)
}

/** Pairs of interfaces that show a direction each of the same connections, by their places; none is in two.
 * `mayBe`: which of them come into question. */
export function directionPairs(
  faces: readonly Directions[],
  mayBe: (one: number, other: number) => boolean,
): (readonly [number, number])[] {
  const candidates = faces.flatMap((face, i) =>
    faces.slice(0, i).flatMap((before, j) => {
      const found = mayBe(j, i) ? halved(before, face) : null
      return found === null ? [] : [{ ...found, pair: [j, i] as const }]
    }),
  )
  const pairs: (readonly [number, number])[] = []
  for (let open = candidates.toSorted((a, b) => b.linked - a.linked); open.length > 0;) {
    const [best] = open
    const rivals = open.filter(({ pair }) => pair.some((face) => best!.pair.includes(face)))
    // Which of several it is must be told by something.
    const equals = rivals.filter(({ linked }) => linked === best!.linked)
    if (equals.length === 1) pairs.push(best!.pair)
    const settled = equals.length === 1 ? rivals : equals
    open = open.filter((candidate) => !settled.includes(candidate))
  }
  return pairs
}

/**
 * What the clock of `other` is ahead of that of `one`, as far as handshakes need it: a SYN/ACK comes after
 * its SYN, and before what acknowledges it. 0: they fit as they are, or nothing shows it. Where cards tell of
 * their frames too late, now this one and now that one, what most of the handshakes need.
 */
export function directionClock(one: Directions, other: Directions): Micros {
  const earliest: Micros[] = []
  const latest: Micros[] = []
  for (const [key, mine] of one) {
    const theirs = other.get(key)
    if (theirs === undefined) continue
    if (isAnswered(mine, theirs)) {
      earliest.push(theirs.at - mine.acknowledgesAt)
      latest.push(theirs.at - mine.at)
    } else if (isAnswered(theirs, mine)) {
      earliest.push(theirs.at - mine.at)
      latest.push(theirs.acknowledgesAt - mine.at)
    }
  }
  if (earliest.length === 0) return 0
  // Not as arguments: there may be as many as SHOWN_MAX, and the stack holds fewer.
  const all = [earliest.reduce((a, b) => Math.max(a, b)), latest.reduce((a, b) => Math.min(a, b))] as const
  const [least, most] = all[0] <= all[1] ? all : [median(earliest), median(latest)]
  // A tie would leave open which of two comes first.
  if (least > 0) return Math.min(least + 1, most)
  return most < 0 ? Math.max(most - 1, least) : 0
}

/** Whether one holds a SYN, the other the SYN/ACK to it, and the first what acknowledges that. */
const isAnswered = (asked: Shown, answer: Shown): boolean =>
  Number.isNaN(asked.acknowledges) &&
  answer.acknowledges === ((asked.sequence + 1) | 0) &&
  !Number.isNaN(asked.acknowledgesAt)

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
