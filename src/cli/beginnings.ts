/**
 * Reads the beginnings of captures ahead, for what has to be known before the first packet is judged: how far
 * the clocks of several taps are apart, which captures or interfaces show a direction each of the same
 * connections, and which captures go on where others ended.
 *
 * Events at two taps are joined if they lie within 2 s; where clocks differ by more than half of that, each
 * capture is read by the clock of the first one. What shows one direction alone would look like silence and
 * loss: with the other direction it is one tap. And a silence that lasts from one file of a ring to another
 * one shows only where both are one tap.
 */
import { openSource } from '../../collectors/byte-source.ts'
import type { ExpansionLimit } from '../../collectors/compression.ts'
import { CAPTURED_MAX } from '../../collectors/record-reader.ts'
import { type OpenedInput, openInput } from '../../collectors/index.ts'
import { FrameBatch } from '../bytes/frame-batch.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { ClockMarks, clockOffset, type ClockOffset } from '../pipeline/clock-marks.ts'
import { directionClock, directionPairs } from '../pipeline/direction-marks.ts'
import { FirstLook } from '../pipeline/first-look.ts'
import type { TapInput } from '../pipeline/run.ts'
import { isFile } from './analyze/is-file.ts'
import { type NamedCapture, seriesAmong } from './series.ts'

/** Frames read of each capture at most: some tenths of a second. Captures of one time mostly agree about the
 * clocks after the first batch. */
const FRAMES_READ = 100_000
/** So many packets that agree leave no doubt. */
const MATCHED_ENOUGH = 32
/** Clocks that agree to this are left as they are: taps are waited for, and evidence has the times that stand
 * in the files. */
const AGREED: Micros = SECOND

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
  const clocks = new Map(captures.map((capture) => [nameOf(capture), new ClockMarks()]))
  const files: ReadAhead[] = []
  try {
    for (const capture of captures) {
      const clock = clocks.size < 2 ? null : clocks.get(nameOf(capture))!
      if (isFile(capture.path)) files.push(await opened(capture, new FirstLook(clock), limit))
    }
    const batch = new FrameBatch()
    const begun = await readOn(files, batch, files.length === 1)
    const series = seriesAmong(files)
    const firstOf = (file: ReadAhead): ReadAhead => series.find((of) => of.includes(file))?.[0] ?? file
    const firsts = files.filter((file) => firstOf(file) === file)
    for (const file of files) if (firstOf(file) !== file) handOver(file, firstOf(file))
    const taps = new Map(
      firsts.flatMap(({ capture, look: { clock } }) => (clock === null ? [] : [[nameOf(capture), clock]])),
    )
    const open = begun.filter((file) => firsts.includes(file))
    const offsets = await settled(open, taps, (some) => readOn(some, batch, firsts.length === 1))
    const aheadOf = (file: ReadAhead): Micros => {
      const ahead = offsets.get(nameOf(firstOf(file).capture))?.ahead ?? 0
      return Math.abs(ahead) < AGREED ? 0 : ahead
    }
    const directions = directionsOf(firsts, aheadOf)
    return new Map(
      files.flatMap((file) => {
        const ahead = aheadOf(file)
        const found: Beginning = {
          ...(ahead === 0 ? {} : { clockAhead: ahead }),
          ...directions.get(file),
          ...seriesOf(file, series),
        }
        return Object.keys(found).length === 0 ? [] : [[file.capture.path, found]]
      }),
    )
  } finally {
    for (const { input } of files) close(input)
  }
}

const close = ({ reader, records }: OpenedInput): void => (reader ?? records).close()

/** Files of one tap have one clock. */
const nameOf = ({ tap, path }: NamedCapture): string => (tap === '' ? path : tap)

/** A file that is read, and what is remembered of it and of its tap. */
interface ReadAhead {
  readonly capture: NamedCapture
  readonly input: OpenedInput
  readonly look: FirstLook
}

/** With small buffers: there may be a hundred files of a ring. */
async function opened(capture: NamedCapture, look: FirstLook, limit?: ExpansionLimit): Promise<ReadAhead> {
  const named = { path: capture.path, bufferBytes: CAPTURED_MAX, ...(limit === undefined ? {} : { limit }) }
  return { capture, input: await openInput(openSource(capture.path), named), look }
}

/** Of a series nothing more is read than the beginning of each file: it has one clock. */
function handOver({ look, input }: ReadAhead, first: ReadAhead): void {
  if (look.clock !== null) first.look.clock?.learn(look.clock)
  close(input)
}

/** Reads files on, until no doubt is left about clocks or nothing more is to be read. */
async function settled(
  files: readonly ReadAhead[],
  taps: ReadonlyMap<string, ClockMarks>,
  more: (files: readonly ReadAhead[]) => Promise<ReadAhead[]>,
): Promise<ReadonlyMap<string, ClockOffset>> {
  for (let open = files; ;) {
    const offsets = fromFirst(taps)
    const isClear = [...offsets.values()].every(({ matched }) => matched >= MATCHED_ENOUGH)
    const isSettled = taps.size > 1 && offsets.size === taps.size - 1 && isClear
    if (open.length === 0 || isSettled) return offsets
    open = await more(open)
  }
}

/** A batch of each; answers those of which there is more to read. */
async function readOn(
  files: readonly ReadAhead[],
  batch: FrameBatch,
  isAlone: boolean,
): Promise<ReadAhead[]> {
  const more: ReadAhead[] = []
  for (const file of files) {
    const { reader } = file.input
    if (reader === null || !mayTell(file, isAlone) || !(await reader.next(batch))) continue
    file.look.take(batch, reader.interfaces)
    if (file.look.frames < FRAMES_READ) more.push(file)
  }
  return more
}

/** A capture alone tells something only of several interfaces, which are known after the first packets. */
const mayTell = ({ input: { reader }, look: { frames } }: ReadAhead, isAlone: boolean): boolean =>
  reader !== null &&
  (!isAlone || (reader.format === 'pcapng' && (frames === 0 || reader.interfaces.length > 1)))

/** Its place in the series that it is part of, if it is of one. */
function seriesOf(file: ReadAhead, series: readonly (readonly ReadAhead[])[]): Beginning {
  const of = series.find((one) => one.includes(file))
  if (of === undefined) return {}
  const taps = of.map(({ capture }) => capture.tap)
  return { joint: { joining: 'series', taps, place: of.indexOf(file), begins: file.look.first } }
}

/** Which captures show the two directions of the same connections, and which interfaces of one capture do.
 * The second of two captures is read by the clock of the first one. */
function directionsOf(
  files: readonly ReadAhead[],
  aheadOf: (file: ReadAhead) => Micros,
): ReadonlyMap<ReadAhead, Beginning> {
  const faces = files.flatMap((file) =>
    file.look.directions.faces.map((marks, face) => ({ file, face, marks })),
  )
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
      found.set(file, { joint: { joining: 'directions', taps, place: 0 } })
      const joint = { joining: 'directions', taps, place: 1 } as const
      found.set(other, { joint, clockAhead: ahead === 0 ? undefined : ahead })
    }
  }
  return found
}

/** All of its tap stands in this file, and nothing of another tap. */
const isWholeTap = ({ capture, look }: ReadAhead, files: readonly ReadAhead[]): boolean =>
  capture.tap !== '' &&
  look.directions.faces.length === 1 &&
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
