/**
 * Reads the beginnings of captures ahead, for what has to be known before the first packet is judged: how far
 * the clocks of several taps are apart, and which captures or interfaces show a direction each of the same
 * connections.
 *
 * Events at two taps are joined if they lie within 2 s; where clocks differ by more than half of that, each
 * capture is read by the clock of the first one. What shows one direction alone would look like silence and
 * loss: with the other direction it is one tap.
 */
import { openSource } from '../../collectors/byte-source.ts'
import type { ExpansionLimit } from '../../collectors/compression.ts'
import { type OpenedInput, openInput } from '../../collectors/index.ts'
import { FrameBatch } from '../bytes/frame-batch.ts'
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { ClockMarks, clockOffset, type ClockOffset } from '../pipeline/clock-marks.ts'
import { directionClock, DirectionMarks, directionPairs } from '../pipeline/direction-marks.ts'
import type { TapInput } from '../pipeline/run.ts'
import { isFile } from './analyze/is-file.ts'

/** Frames read of each capture at most: some tenths of a second. Captures of one time mostly agree about the
 * clocks after the first batch. */
const FRAMES_READ = 100_000
/** So many packets that agree leave no doubt. */
const MATCHED_ENOUGH = 32
/** Clocks that agree to this are left as they are: taps are waited for, and evidence has the times that stand
 * in the files. */
const AGREED: Micros = SECOND

interface NamedCapture {
  readonly tap: Tap
  readonly path: string
}

/** What the beginnings show of a capture. */
export type Beginning = Pick<TapInput, 'clockAhead' | 'pairs' | 'joint'>

/** By the path of the capture: of those of which they show anything. */
export type Beginnings = ReadonlyMap<string, Beginning>

/** What the beginnings show. Flow records, and what can be read but once, show nothing. `limit`: of what
 * packed captures expand to. */
export async function beginnings(
  captures: readonly NamedCapture[],
  limit?: ExpansionLimit,
): Promise<Beginnings> {
  const taps = new Map(captures.map((capture) => [nameOf(capture), new ClockMarks()]))
  const files: ReadAhead[] = []
  try {
    for (const capture of captures) {
      const clock = taps.size < 2 ? null : taps.get(nameOf(capture))!
      if (isFile(capture.path)) files.push(await opened(capture, clock, limit))
    }
    const offsets = await settled(files, taps)
    const aheadOf = ({ capture }: ReadAhead): Micros => {
      const ahead = offsets.get(nameOf(capture))?.ahead ?? 0
      return Math.abs(ahead) < AGREED ? 0 : ahead
    }
    const directions = directionsOf(files, aheadOf)
    return new Map(
      files.flatMap((file) => {
        const found: Beginning = {
          ...(aheadOf(file) === 0 ? {} : { clockAhead: aheadOf(file) }),
          ...directions.get(file),
        }
        return Object.keys(found).length === 0 ? [] : [[file.capture.path, found]]
      }),
    )
  } finally {
    for (const { input } of files) (input.reader ?? input.records).close()
  }
}

/** Files of one tap have one clock. */
const nameOf = ({ tap, path }: NamedCapture): string => (tap === '' ? path : tap)

/** A file that is read, and what is remembered of it and of its tap. */
interface ReadAhead {
  readonly capture: NamedCapture
  readonly input: OpenedInput
  /** Null: there is no other tap's to compare it with. */
  readonly clock: ClockMarks | null
  readonly directions: DirectionMarks
  frames: number
}

async function opened(
  capture: NamedCapture,
  clock: ClockMarks | null,
  limit?: ExpansionLimit,
): Promise<ReadAhead> {
  const named = { path: capture.path, ...(limit === undefined ? {} : { limit }) }
  const input = await openInput(openSource(capture.path), named)
  return { capture, input, clock, directions: new DirectionMarks(), frames: 0 }
}

/** Reads all files a batch at a time, until no doubt is left or nothing more is to be read. */
async function settled(
  files: readonly ReadAhead[],
  taps: ReadonlyMap<string, ClockMarks>,
): Promise<ReadonlyMap<string, ClockOffset>> {
  const batch = new FrameBatch()
  const isAlone = files.length === 1
  for (let open = files.filter((file) => mayTell(file, isAlone)); ;) {
    const more: ReadAhead[] = []
    for (const file of open) if ((await readOn(file, batch)) && mayTell(file, isAlone)) more.push(file)
    const offsets = fromFirst(taps)
    const isClear = [...offsets.values()].every(({ matched }) => matched >= MATCHED_ENOUGH)
    const isSettled = taps.size > 1 && offsets.size === taps.size - 1 && isClear
    if (more.length === 0 || isSettled) return offsets
    open = more
  }
}

/** A capture alone tells something only of several interfaces, which are known after the first packets. */
const mayTell = ({ input: { reader }, frames }: ReadAhead, isAlone: boolean): boolean =>
  reader !== null &&
  (!isAlone || (reader.format === 'pcapng' && (frames === 0 || reader.interfaces.length > 1)))

/** One batch; false where there is no further one to read. */
async function readOn(file: ReadAhead, batch: FrameBatch): Promise<boolean> {
  const { input, clock, directions } = file
  if (input.reader === null || !(await input.reader.next(batch))) return false
  clock?.take(batch, input.reader.interfaces)
  directions.take(batch, input.reader.interfaces)
  file.frames += batch.count
  return file.frames < FRAMES_READ
}

/** Which captures show the two directions of the same connections, and which interfaces of one capture do.
 * The second of two captures is read by the clock of the first one. */
function directionsOf(
  files: readonly ReadAhead[],
  aheadOf: (file: ReadAhead) => Micros,
): ReadonlyMap<ReadAhead, Beginning> {
  const faces = files.flatMap((file) => file.directions.faces.map((marks, face) => ({ file, face, marks })))
  const isWhole = (file: ReadAhead): boolean => isWholeTap(file, files)
  const pairs = directionPairs(
    faces.map(({ marks }) => marks),
    (i, j) => faces[i]!.file === faces[j]!.file || (isWhole(faces[i]!.file) && isWhole(faces[j]!.file)),
  )
  const found = new Map<ReadAhead, Beginning>()
  for (const [i, j] of pairs) {
    const [{ file, marks }, { file: other, marks: otherMarks }] = [faces[i]!, faces[j]!]
    const inOne = [...(found.get(file)?.pairs ?? []), [faces[i]!.face, faces[j]!.face] as const]
    const taps = [file.capture.tap, other.capture.tap] as const
    if (file === other) found.set(file, { pairs: inOne })
    else {
      const ahead = aheadOf(file) + directionClock(marks, otherMarks)
      found.set(file, { joint: { taps, half: 0 } })
      found.set(other, { joint: { taps, half: 1 }, clockAhead: ahead === 0 ? undefined : ahead })
    }
  }
  return found
}

/** All of its tap stands in this file, and nothing of another tap. */
const isWholeTap = ({ capture, directions }: ReadAhead, files: readonly ReadAhead[]): boolean =>
  capture.tap !== '' &&
  directions.faces.length === 1 &&
  files.filter((file) => nameOf(file.capture) === nameOf(capture)).length === 1

/** What each is ahead of the first; found directly, or by way of another one. */
function fromFirst(taps: ReadonlyMap<string, ClockMarks>): Map<string, ClockOffset> {
  const found = new Map<string, ClockOffset>()
  const [first] = taps.keys()
  const known = [first!]
  for (const name of known) {
    const there = found.get(name)?.ahead ?? 0
    for (const [other, marks] of taps) {
      if (known.includes(other)) continue
      const offset = clockOffset(marks, taps.get(name)!)
      if (offset === null) continue
      found.set(other, { ...offset, ahead: offset.ahead + there })
      known.push(other)
    }
  }
  return found
}
