/** Captures of real software with logged truth, where they are at hand: every label is answered, and controls
 *  are quiet. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import type { Finding } from '../../src/model/incident.ts'
import type { AnalysisRecord } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { analysedFiles, deployment } from '../detectors/analysis.ts'
import { answers, ANSWERS, capturesOf, configOf, isLabMissing, truthOf } from './truth.ts'
import type { Label, Truth } from './truth.ts'
import { disordered, doubled, fromServers, lossy, toServers } from './worn.ts'

const SCENARIOS = [
  'c1_idle_rr_nat',
  'c4_silent_nat',
  's1_lb_idle_fin',
  's1_lb_idle_nginx',
  's1_lb_idle_rst',
  's2_fw_silent',
  's2_fw_silent_lb',
  's3_fw_rst_both',
  's3_fw_rst_client',
  's3_fw_rst_lb_front',
  's4_server_idle_close',
  's4_server_idle_close_lb',
  's4_server_idle_rst',
  's5_rr_hop',
  's5_rr_proxy_protocol',
  's7_nat_pool_change',
  's7_nat_rebind_crafted',
  's7_nat_rebind_midconn',
  's7_nat_site_switch',
  's8_cookie_bigip',
  's8_cookie_insert',
  's8_cookie_ovid',
  's8_cookie_same_name',
  's18_close_wait',
  's18_half_open',
]
const CONTROLS = [
  's1_control_heartbeat',
  's1_control_long_idle',
  's2_control_own_close',
  's2_control_tcp_keepalive',
  's3_control_agent_abort',
  's5_control_real_clients',
  's5_control_source',
  's7_control_many_behind_one',
  's7_control_static_nat',
  's8_control_cookie_before_enrol',
  's8_control_prefix',
  's8_control_two_app_cookies',
]

/** Findings of all captures of a scenario together. */
async function found(truth: Truth): Promise<Finding[]> {
  const inputs = await Promise.all(
    capturesOf(truth).map(async ([tap, path]) => ({
      tap,
      path,
      reader: await openCaptureFile(path),
      sha256: null,
    })),
  )
  const findings: Finding[] = []
  const write = (record: AnalysisRecord): void => {
    if (record.kind === 'occurrence') findings.push(record.finding)
  }
  const options = {
    deployment: deployment(configOf(truth)),
    secrets: null,
    from: null,
    to: null,
    onProgress: null,
  }
  await analyze(inputs, options, [{ kinds: new Set(['occurrence'] as const), write }])
  for (const { reader } of inputs) reader.close()
  return findings
}

/** The same where the captures were spoilt. */
async function foundWorn(truth: Truth, wear: (capture: Uint8Array, seed: number) => Uint8Array) {
  const captures = capturesOf(truth).map(([tap, path], i) => {
    const bytes = readFileSync(path)
    return [tap, wear(path.endsWith('.gz') ? gunzipSync(bytes) : bytes, SEED + i)] as const
  })
  const analysis = await analysedFiles(captures, configOf(truth))
  return analysis.of('occurrence').map(({ finding }) => finding)
}
const SEED = 4711

/** Labels that are not answered in their manner. */
function unanswered(truth: Truth, findings: readonly Finding[]): readonly Label[] {
  const labels = truth.expected.filter(
    ({ type, optional }) => ANSWERS[type] !== undefined && optional !== true,
  )
  expect(labels).not.toEqual([])
  return labels.filter((label) => {
    const hits = findings.filter((finding) => answers(finding, label))
    return !hits.some(({ manner }) => label.manner === undefined || manner === label.manner)
  })
}

/** What no label explains. */
const alarmsIn = (truth: Truth, findings: readonly Finding[]): string[] =>
  findings
    .filter(({ severity }) => severity !== 'info')
    .filter((finding) => !truth.expected.some((label) => answers(finding, label)))
    .map(short)

const short = ({ type, at, agent, manner }: Finding): string =>
  `${type} ${agent?.id ?? '-'} ${manner ?? '-'} ${(at / 1e6).toFixed(1)}`

if (isLabMissing) console.warn('skipped, because ../shared/captures/lab is not there: the lab captures')

describe.skipIf(isLabMissing)('labelled captures', () => {
  test.each(SCENARIOS)('%s: every label is answered, in its manner', async (scenario) => {
    const truth = truthOf(scenario)
    const findings = await found(truth)
    expect([unanswered(truth, findings), findings.map(short)]).toEqual([[], expect.anything()])
  })

  test.each(CONTROLS)('%s: no alarm', async (scenario) => {
    const truth = truthOf(scenario)
    expect(alarmsIn(truth, await found(truth))).toEqual([])
  })

  describe.each([
    ['stored out of order', disordered],
    ['seen twice', doubled],
  ])('and where packets are %s', (_how, wear) => {
    test.each(SCENARIOS)('%s: every label is answered, in its manner', async (scenario) => {
      const truth = truthOf(scenario)
      const findings = await foundWorn(truth, wear)
      expect([unanswered(truth, findings), findings.map(short)]).toEqual([[], expect.anything()])
    })
  })

  describe.each([
    ['stored out of order', disordered],
    ['seen twice', doubled],
    ['lost', lossy],
    ['those of the servers alone', fromServers],
    ['those of the agents alone', toServers],
  ])('and where packets are %s', (_how, wear) => {
    test.each(CONTROLS)('%s: no alarm', async (scenario) => {
      const truth = truthOf(scenario)
      expect(alarmsIn(truth, await foundWorn(truth, wear))).toEqual([])
    })
  })
})
