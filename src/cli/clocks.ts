/**
 * Reads the beginnings of captures of several taps, to see how far their clocks are apart. Events at two taps
 * are joined if they lie within 2 s; where clocks differ by more than half of that, each capture is read by
 * the clock of the first one.
 */
import { openSource } from '../../collectors/byte-source.ts'
import type { ExpansionLimit } from '../../collectors/compression.ts'
import { type OpenedInput, openInput } from '../../collectors/index.ts'
import { FrameBatch } from '../bytes/frame-batch.ts'
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { ClockMarks, clockOffset, type ClockOffset } from '../pipeline/clock-marks.ts'
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

/** What clocks are ahead, by the path of the capture: of those that have to be corrected. */
export type ClocksAhead = ReadonlyMap<string, Micros>

/** What the clock of each capture is ahead of that of the first one. Flow records, and what can be read but
 * once, have none. `limit`: of what packed captures expand to. */
export async function clocksAhead(
  captures: readonly NamedCapture[],
  limit?: ExpansionLimit,
): Promise<ClocksAhead> {
  // Files of one tap have one clock.
  const nameOf = ({ tap, path }: NamedCapture): string => (tap === '' ? path : tap)
  const names = [...new Set(captures.map(nameOf))]
  if (names.length < 2) return new Map()
  const taps = new Map(names.map((name) => [name, new ClockMarks()]))
  const files: Beginning[] = []
  try {
    for (const capture of captures)
      if (isFile(capture.path)) files.push(await opened(capture.path, taps.get(nameOf(capture))!, limit))
    const offsets = await settled(files, taps)
    return new Map(
      captures.flatMap((capture) => {
        const ahead = offsets.get(nameOf(capture))?.ahead ?? 0
        return Math.abs(ahead) < AGREED ? [] : [[capture.path, ahead]]
      }),
    )
  } finally {
    for (const { input } of files) (input.reader ?? input.records).close()
  }
}

/** A file that is read, and what is remembered of its tap. */
interface Beginning {
  readonly input: OpenedInput
  readonly marks: ClockMarks
  frames: number
}

async function opened(path: string, marks: ClockMarks, limit?: ExpansionLimit): Promise<Beginning> {
  const named = { path, ...(limit === undefined ? {} : { limit }) }
  const input = await openInput(openSource(path), named)
  return { input, marks, frames: 0 }
}

/** Reads all files a batch at a time, until no doubt is left or nothing more is to be read. */
async function settled(
  files: readonly Beginning[],
  taps: ReadonlyMap<string, ClockMarks>,
): Promise<ReadonlyMap<string, ClockOffset>> {
  const batch = new FrameBatch()
  for (let open = files; ;) {
    const more: Beginning[] = []
    for (const file of open) if (await readOn(file, batch)) more.push(file)
    const offsets = fromFirst(taps)
    const isClear = [...offsets.values()].every(({ matched }) => matched >= MATCHED_ENOUGH)
    if (more.length === 0 || (offsets.size === taps.size - 1 && isClear)) return offsets
    open = more
  }
}

/** One batch; false where there is no further one to read. */
async function readOn(file: Beginning, batch: FrameBatch): Promise<boolean> {
  const { input, marks } = file
  if (input.reader === null || !(await input.reader.next(batch))) return false
  marks.take(batch, input.reader.interfaces)
  file.frames += batch.count
  return file.frames < FRAMES_READ
}

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
