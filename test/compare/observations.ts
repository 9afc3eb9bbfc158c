/** What the lower half of the house observes in a capture, for comparisons field by field. */
import { readFileSync } from 'node:fs'
import { openInputs } from '../../src/cli/analyze/inputs.ts'
import type { Observation, ObservationKind, ObservationOf } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import type { CaptureFile } from './captures.ts'
import { captureInput } from '../pipeline/capture-input.ts'

/** Observations of some kinds, in order; secrets are those of the capture itself and of its key log. */
export async function observationsOf<Kind extends ObservationKind>(
  { path, keys }: Pick<CaptureFile, 'path' | 'keys'>,
  ...kinds: readonly Kind[]
): Promise<ObservationOf<Kind>[]> {
  const found: ObservationOf<Kind>[] = []
  const wanted: ReadonlySet<ObservationKind> = new Set(kinds)
  const isWanted = (o: Observation): o is ObservationOf<Kind> => wanted.has(o.kind)
  const { inputs, close } = await openInputs([{ tap: '', path }], false)
  const input = captureInput(inputs[0])
  const logs = [...(input.secrets ?? []), ...(keys === null ? [] : [readFileSync(keys, 'latin1')])].join('\n')
  let taps = 0
  try {
    const run = new TapRun(input, {
      silenceMin: seconds(60),
      servicePorts: new Set(),
      secrets: () => (logs === '' ? null : keyLog(logs)),
      from: null,
      to: null,
      nextTapIndex: () => taps++,
      wants: { openings: false, fingerprints: false, alerts: false, bodies: 'excerpt' },
      emit: (o) => void (isWanted(o) && found.push(o)),
    })
    while (await run.read()) run.process()
    run.finish()
  } finally {
    close()
  }
  return found
}
