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

/** A capture as it happens, and `after` it nothing but time. Nobody says that it is over. */
export function lived(capture: Uint8Array, deployment: Deployment, after: Micros): Lived {
  const frames = framesOf(Buffer.from(capture))
  const findings: Finding[] = []
  const ids = new Set<string>()
  const analysis = new LiveAnalysis(
    { tap: 'live', path: '', reader: readerOf(frames, { frames: FRAMES }), sha256: null },
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
  for (let i = 0; i < frames.length; i += FRAMES) {
    passes(frames[i]!.time)
    void analysis.packets!.read()
    analysis.process()
  }
  passes(frames.at(-1)!.time + after)
  analysis.tick(now)
  return { findings, incidents: [...ids].flatMap((id) => analysis.incident(id) ?? []) }
}
