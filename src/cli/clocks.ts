/**
 * Reads the beginnings of captures of several taps, to see how far their clocks are apart. Events at two taps
 * are joined if they lie within 2 s; where clocks differ by more than half of that, each capture is read by
 * the clock of the first one.
 */
import { openSource } from '../../collectors/byte-source.ts'
import type { ExpansionLimit } from '../../collectors/compression.ts'
import { openInput } from '../../collectors/index.ts'
import { FrameBatch } from '../bytes/frame-batch.ts'
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { ClockMarks, clockOffset, type ClockOffset } from '../pipeline/clock-marks.ts'
import { isFile } from './analyze/is-file.ts'

/** Frames read of each capture: some tenths of a second. */
const FRAMES_READ = 500_000
/** Clocks that agree to this are left as they are: taps are waited for, and evidence has the times that stand
 * in the files. */
const AGREED: Micros = SECOND

interface NamedCapture {
  readonly tap: Tap
  readonly path: string
}

/** What the clock of each capture is ahead of that of the first one, by path: of those that have to be
 * corrected. Flow records, and what can be read but once, have none. */
export async function clockOffsets(
  captures: readonly NamedCapture[],
  limit?: ExpansionLimit,
): Promise<ReadonlyMap<string, ClockOffset>> {
  const taps = new Map<string, ClockMarks>()
  // Files of one tap have one clock.
  const nameOf = ({ tap, path }: NamedCapture): string => (tap === '' ? path : tap)
  if (new Set(captures.map(nameOf)).size < 2) return new Map()
  for (const capture of captures) {
    const marks = taps.get(nameOf(capture)) ?? new ClockMarks()
    taps.set(nameOf(capture), marks)
    if (isFile(capture.path)) await readBeginning(capture.path, marks, limit)
  }
  const offsets = fromFirst(taps)
  return new Map(
    captures.flatMap((capture) => {
      const offset = offsets.get(nameOf(capture))
      return offset === undefined || Math.abs(offset.ahead) < AGREED ? [] : [[capture.path, offset]]
    }),
  )
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

async function readBeginning(path: string, marks: ClockMarks, limit?: ExpansionLimit): Promise<void> {
  const { reader, records } = await openInput(openSource(path), {
    path,
    ...(limit === undefined ? {} : { limit }),
  })
  try {
    if (reader === null) return
    const batch = new FrameBatch()
    for (let frames = 0; frames < FRAMES_READ; frames += batch.count) {
      if (!(await reader.next(batch))) return
      marks.take(batch, reader.interfaces)
    }
  } finally {
    ;(reader ?? records).close()
  }
}
