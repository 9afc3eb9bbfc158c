/**
 * Captures of which each goes on where the one before it ended: the files of a ring, or of a capture that
 * turns to a new file every hour.
 *
 * Names that differ in numbers alone suggest it; that they do not overlap, and were taken at the same place,
 * shows it. What dumpcap numbers without a gap it captured without one.
 */
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { directionPairs } from '../pipeline/direction-marks.ts'
import type { FirstLook } from '../pipeline/first-look.ts'
import { fileTap } from './analyze/plan.ts'

/** Several queues store frames a little out of order, at the end of a file, too. By more a clock was set back
 * (see tap-clock.ts). */
const OVERLAP_MAX: Micros = SECOND
/** `-b`: the number of the file since the capture began, and when it was begun (dumpcap(1)). */
const OF_DUMPCAP = /_(\d{5,})_\d{14}$/

/** A capture by its names: `name` is the file's where it is not that of the path. */
export interface NamedCapture {
  readonly tap: Tap
  readonly path: string
  readonly name?: string
}

/** What is known of a capture: its names and its first frames. */
interface Seen {
  readonly capture: NamedCapture
  readonly look: FirstLook
}

/** Those of them that go on from each other, in order of time. */
export function seriesAmong<T extends Seen>(files: readonly T[]): (readonly T[])[] {
  const shown = files.filter(({ look }) => look.first < Infinity)
  return [...Map.groupBy(shown, ({ capture }) => withoutNumbers(capture.tap)).values()]
    .map((of) => of.toSorted(inOrder))
    .filter((of) => of.length > 1 && of.every((file, i) => i === 0 || goesOn(of[i - 1]!, file)))
}

function inOrder(one: Seen, other: Seen): number {
  const later = one.look.first - other.look.first
  return later === 0 && fileOf(one.capture) < fileOf(other.capture) ? -1 : later
}

/** Rings number their files, or name them by time: dumpcap `-b`, tcpdump `-C`, `-G`, `-W`. */
const withoutNumbers = (tap: Tap): string => tap.replaceAll(/\.(?:pcap|pcapng|cap|dmp)(?=\d*$)|[\d._-]/g, '')

const fileOf = ({ path, name = path }: NamedCapture): string => fileTap(name)

function goesOn({ capture: before, look: first }: Seen, { capture, look }: Seen): boolean {
  const isLater = look.first >= first.last - OVERLAP_MAX
  const isOfOnePlace = isNextOfRing(before, capture) || look.stations.areThoseOf(first.stations)
  // Interfaces that show a direction each are put together within each file.
  const isHalved = [first, look].some(
    ({ directions: { faces } }) => directionPairs(faces, () => true).length > 0,
  )
  return isLater && isOfOnePlace && !isHalved
}

const numberOf = (file: NamedCapture): number => Number(OF_DUMPCAP.exec(fileOf(file))?.[1] ?? NaN)
const isNextOfRing = (before: NamedCapture, file: NamedCapture): boolean =>
  numberOf(file) === numberOf(before) + 1
