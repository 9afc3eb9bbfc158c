/** What the lower half of the house observes in a capture, for comparisons field by field. */
import { readFileSync } from 'node:fs'
import { openInputs } from '../../src/cli/analyze/inputs.ts'
import type { Observation, ObservationKind, ObservationOf } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import type { CaptureFile } from './captures.ts'
import { captureInput } from '../pipeline/capture-input.ts'

/** Observations of one kind, in order. */
export async function observationsOf<Kind extends ObservationKind>(
  { path, keys }: Pick<CaptureFile, 'path' | 'keys'>,
  kind: Kind,
): Promise<ObservationOf<Kind>[]> {
  const found: ObservationOf<Kind>[] = []
  const isWanted = (o: Observation): o is ObservationOf<Kind> => o.kind === kind
  const secrets = keys === null ? null : keyLog(readFileSync(keys, 'latin1'))
  let taps = 0
  const { inputs, close } = await openInputs([{ tap: '', path }], false)
  try {
    const run = new TapRun(captureInput(inputs[0]), {
      silenceMin: seconds(60),
      servicePorts: new Set(),
      secrets: () => secrets,
      from: null,
      to: null,
      nextTapIndex: () => taps++,
      wants: { openings: false, fingerprints: false, alerts: false, responseHeads: false },
      emit: (o) => void (isWanted(o) && found.push(o)),
    })
    while (await run.read()) run.process()
    run.finish()
  } finally {
    close()
  }
  return found
}
