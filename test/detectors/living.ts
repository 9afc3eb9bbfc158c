/** Stories through a live analysis: some packets at a time, with time that passes, and without an end. */
import type { Deployment } from '../../src/model/deployment.ts'
import type { Finding } from '../../src/model/incident.ts'
import type { IncidentRecord } from '../../src/model/record.ts'
import { seconds, type Micros } from '../../src/model/time.ts'
import { LiveAnalysis } from '../../src/pipeline/live.ts'
import { framesOf, readerOf } from '../pipeline/reader.ts'

/** Frames that come at once. */
const FRAMES = 8
/** Between two ticks while nothing passes. */
const TICK: Micros = seconds(60)

export interface Lived {
  /** As they were raised, one after the other. */
  readonly findings: readonly Finding[]
  /** Each as it stands when the watching stops. */
  readonly incidents: readonly IncidentRecord[]
}

/** A capture as it happens, and `after` it nothing but time. Nobody says that it is over. `missed`: nobody
 * listens then, by the seconds since it began; or, with `lost`, packets are lost in that time. */
export function lived(
  capture: Uint8Array,
  deployment: Deployment,
  after: Micros,
  missed: readonly (readonly [from: number, to: number])[] = [],
  lost = false,
): Lived {
  const all = framesOf(Buffer.from(capture))
  const start = all[0]!.time
  const isMissed = ({ time }: { time: Micros }): boolean =>
    missed.some(([from, to]) => time >= start + seconds(from) && time < start + seconds(to))
  const frames = all.filter((frame) => !isMissed(frame))
  const step = missed.length === 0 ? FRAMES : 1
  const findings: Finding[] = []
  const ids = new Set<string>()
  const analysis = new LiveAnalysis(
    { tap: 'live', path: '', reader: readerOf(frames, { frames: step }), sha256: null },
    {
      deployment,
      secrets: null,
      found(finding, incident) {
        findings.push(finding)
        ids.add(incident)
      },
      write: () => undefined,
    },
  )
  let now = frames[0]!.time
  const passes = (until: Micros): void => {
    for (now += TICK; now < until; now += TICK) analysis.tick(now)
    now = until
  }
  const isOver = missed.map(() => false)
  for (let i = 0; i < frames.length; i += step) {
    for (const [place, [from, to]] of missed.entries()) {
      if (isOver[place] || frames[i]!.time < start + seconds(to)) continue
      isOver[place] = true
      passes(start + seconds(from))
      if (lost) analysis.unseen(now, start + seconds(to))
      else analysis.packets!.interrupted('nobody listened')
      now = start + seconds(to)
    }
    passes(frames[i]!.time)
    void analysis.packets!.read()
    analysis.process()
  }
  passes(frames.at(-1)!.time + after)
  analysis.tick(now)
  return { findings, incidents: [...ids].flatMap((id) => analysis.incident(id) ?? []) }
}
