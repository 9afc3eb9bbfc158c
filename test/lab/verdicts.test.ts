/** Verdicts on captures of real software, where they are at hand: none says the opposite of an incident
 *  beside it, and both name each other. */
import { describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import type { IncidentRecord, RequirementRecord } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { deployment } from '../detectors/analysis.ts'
import { capturesOf, configOf, isLabMissing, truthOf } from './truth.ts'

interface Judged {
  readonly verdicts: readonly RequirementRecord[]
  readonly incidents: readonly IncidentRecord[]
}

/** By all captures of a scenario together, or by those of some taps. */
async function judged(scenario: string, taps?: readonly string[]): Promise<Judged> {
  const truth = truthOf(scenario)
  const captures = capturesOf(truth).filter(([tap]) => taps?.includes(tap) ?? true)
  const inputs = await Promise.all(
    captures.map(async ([tap, path]) => ({
      tap,
      path,
      reader: await openCaptureFile(path),
      sha256: null,
    })),
  )
  const verdicts: RequirementRecord[] = []
  const incidents: IncidentRecord[] = []
  const options = {
    deployment: deployment(configOf(truth)),
    secrets: null,
    from: null,
    to: null,
    onProgress: null,
  }
  await analyze(inputs, options, [
    { kinds: new Set(['requirement'] as const), write: (r) => void verdicts.push(r as RequirementRecord) },
    { kinds: new Set(['incident'] as const), write: (r) => void incidents.push(r as IncidentRecord) },
  ])
  for (const { reader } of inputs) reader.close()
  return { verdicts, incidents }
}

const statusesOf = ({ verdicts }: Judged, ids: readonly string[]): readonly string[] =>
  ids.map((id) => verdicts.find((one) => one.id === id)!.status)

if (isLabMissing) console.warn('skipped, because ../shared/captures/lab is not there: the lab captures')

describe.skipIf(isLabMissing)('of labelled captures', () => {
  test.each([
    'c1_idle_rr_nat',
    's5_rr_hop',
    's3_fw_rst_client',
    's16_reconnect_storm',
    's6_failover_blackhole',
  ])('%s: incidents and verdicts name each other', async (scenario) => {
    const { verdicts, incidents } = await judged(scenario)
    const named = incidents.flatMap(({ id, requirements }) => requirements.map((of) => `${id} ${of}`))
    const listed = verdicts.flatMap(({ id, incidents: by }) => by.map((incident) => `${incident} ${id}`))
    expect(listed.toSorted()).toEqual(named.toSorted())
  })

  test('connections that were cut are not called spared', async () => {
    const cut = await judged('s3_fw_rst_client', ['client'])
    expect(statusesOf(cut, ['S0-04', 'S0-06'])).toEqual(['violated', 'not-observed'])
    const restarted = await judged('s16_reconnect_storm')
    expect(statusesOf(restarted, ['S0-04', 'S0-15', 'X-04'])).toEqual(['violated', 'violated', 'violated'])
  })

  test('a server that answers no SYN costs no verdict its direction', async () => {
    const known = await judged('s6_failover_blackhole')
    expect(known.verdicts.filter(({ needs }) => needs?.includes('both directions'))).toEqual([])
    expect(statusesOf(known, ['S1-01', 'S1-02', 'S1-18'])).toEqual(['met', 'met', 'met'])
  })

  test('failovers behind a load balancer are seen', async () => {
    expect(statusesOf(await judged('s6_lb_failover'), ['S0-08'])).toEqual(['met'])
  })
})
