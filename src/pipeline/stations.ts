/**
 * Who sends frames to whom where a capture was taken, by hardware addresses: what tells one place in a
 * network from another. Of links that have none it is by addresses of IP.
 */
import { FNV_BASIS, fnv } from '../bytes/fnv.ts'
import type { Place } from '../wire/place.ts'

/** Pairs of stations that are remembered of a capture; frames of further ones are not counted. */
const PAIRS_MAX = 1 << 16
/** At the same place nearly all frames pass between stations that were there before, but for those that come
 * and go; at another host one of the two is new in every frame. */
const KNOWN_SHARE = 3 / 4
/** A station that is an end of so many frames is an end of all: the host that captured, or the router that it
 * was captured at. What is left is multicast. */
const ALL_SHARE = 0.9
const HARDWARE_LENGTH = 6

/** Two hardware addresses, whichever is the sender's; 0: the frame has not both. */
export function linkOf({
  frame,
  sourceHardwareAt: source,
  destinationHardwareAt: destination,
}: Place): number {
  if (source < 0 || destination < 0) return 0
  return hashOf(frame, source, HARDWARE_LENGTH) ^ hashOf(frame, destination, HARDWARE_LENGTH)
}

/** Of octets; 32 bits. */
export function hashOf(bytes: Uint8Array, from: number, length: number, basis = FNV_BASIS): number {
  let hash = basis
  for (let i = from; i < from + length; i++) hash = fnv(hash, bytes[i]!)
  return hash >>> 0
}

interface Pair {
  readonly source: number
  readonly destination: number
  frames: number
}

export class Stations {
  private readonly pairs = new Map<number, Pair>()

  /** A frame of IP. */
  frame(place: Place): void {
    const source = stationAt(place, place.sourceHardwareAt, 0)
    const destination = stationAt(place, place.destinationHardwareAt, 1)
    const key = source * 2 ** 21 + (destination >>> 11)
    const known = this.pairs.get(key)
    if (known !== undefined) known.frames++
    else if (this.pairs.size < PAIRS_MAX) this.pairs.set(key, { source, destination, frames: 1 })
  }

  /**
   * Whether they are those of another capture, which was taken before at the same place: of two hosts each is
   * an end of all that it captures, and not of what the other one does.
   */
  areThoseOf(before: Stations): boolean {
    const there = new Set(
      [...before.pairs.values()].flatMap(({ source, destination }) => [source, destination]),
    )
    let known = 0
    for (const { source, destination, frames } of this.pairs.values())
      if (there.has(source) && there.has(destination)) known += frames
    if (known >= KNOWN_SHARE * this.frames) return true
    const [fewer, more] = [this.ofAll(), before.ofAll()].toSorted((a, b) => a.length - b.length)
    return fewer!.length > 0 && fewer!.every((one) => more!.includes(one))
  }

  private get frames(): number {
    let sum = 0
    for (const { frames } of this.pairs.values()) sum += frames
    return sum
  }

  /** The stations that all frames have in common. */
  private ofAll(): number[] {
    const counts = new Map<number, number>()
    for (const { source, destination, frames } of this.pairs.values())
      for (const one of [source, destination]) counts.set(one, (counts.get(one) ?? 0) + frames)
    const least = ALL_SHARE * this.frames
    return [...counts].flatMap(([station, frames]) => (frames >= least ? [station] : []))
  }
}

/** The sender, or whoever it sends to: by its hardware address at `at`, or where the link tells none by that
 * of IP. */
function stationAt({ frame, bytes, networkAt, version }: Place, at: number, end: 0 | 1): number {
  if (at >= 0) return hashOf(frame, at, HARDWARE_LENGTH)
  return version === 4
    ? hashOf(bytes, networkAt + 12 + 4 * end, 4)
    : hashOf(bytes, networkAt + 8 + 16 * end, 16)
}
