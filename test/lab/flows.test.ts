/** Exports of flows of labelled captures, where they are at hand: what records can show is found, with its
 * resolution; what they cannot show is not claimed, neither as a finding nor as a verdict. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { flowDatagrams } from '../../collectors/flows/datagrams.ts'
import { openCaptureFile } from '../../collectors/index.ts'
import { DETECTORS } from '../../src/detectors/index.ts'
import type { Finding, IncidentType } from '../../src/model/incident.ts'
import type { AnalysisRecord, RecordKind } from '../../src/model/record.ts'
import { REQUIREMENTS } from '../../src/model/requirements/index.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { deployment } from '../detectors/analysis.ts'
import { ROOT } from '../source-tree.ts'
import { EXPORTS } from './flow-exports.data.ts'
import { ANSWERS, configOf, isLabMissing, truthOf } from './truth.ts'
import type { Label, Truth } from './truth.ts'

const FOLDER = join(ROOT, '..', 'shared', 'captures', 'lab', 'flows')
const RECALL_MIN = 0.9

const FLOW_ANSWERS: Readonly<Record<string, readonly IncidentType[]>> = {
  ...ANSWERS,
  mass_disconnect: ['mass-disconnect'],
  reconnect_storm: ['reconnect-storm'],
  missed_checkin: ['missed-checkin'],
  failover: ['failover'],
  failback: ['failback'],
  server_outage: ['server-outage'],
  round_robin_distribution: ['round-robin'],
  health_check_failing: ['health-check-failed'],
  next_hop_unreachable: ['next-hop-down'],
}

interface LabConfig {
  readonly services: readonly {
    readonly name: string
    readonly vip?: string | null
    readonly groups?: Readonly<Record<string, readonly { readonly name: string; readonly ip: string }[]>>
    readonly health_check?: { readonly kind: string }
  }[]
  readonly management_lists?: Readonly<Record<string, readonly (readonly { readonly name: string }[])[]>>
  readonly asci_s?: number
  readonly heartbeat_s?: unknown
  readonly failback_expected?: boolean
  readonly next_hop_mta?: { readonly ip: string }
}

/** What an operator would have written, as for the captures, and what agents' lists and checks are. */
function deploymentFor(truth: Truth): object {
  const config = truth.config as unknown as LabConfig
  const base = configOf(truth) as { services: Record<string, unknown>[] }
  const { management_lists: lists, asci_s: interval, heartbeat_s: heartbeat } = config
  const services = base.services.map((service, i) => {
    const { groups, health_check: check, vip = null } = config.services[i]!
    return {
      ...service,
      vips: vip === null ? [] : [vip],
      ...(groups === undefined
        ? {}
        : {
            servers: Object.values(groups)
              .flat()
              .map(({ name, ip }) => ({ name, addresses: [ip] })),
          }),
      ...(groups !== undefined ? { persistence: 'random', connections: 'polling' } : {}),
      ...(lists === undefined ? {} : { persistence: 'failover', connections: 'polling' }),
      ...(interval === undefined ? {} : { checkIn: `${interval}s` }),
      ...(typeof heartbeat === 'number' && lists !== undefined ? { heartbeat: `${heartbeat}s` } : {}),
      ...(config.failback_expected === true ? { failback: { expected: true, delay: '8s' } } : {}),
      ...(check?.kind === 'smtp'
        ? { smtp: { ports: [25], nextHops: [config.next_hop_mta?.ip].filter((ip) => ip !== undefined) } }
        : {}),
    }
  })
  const names = (tiers: readonly (readonly { readonly name: string }[])[]) =>
    tiers.map((tier) => tier.map(({ name }) => name))
  const locations = Object.entries(lists ?? {}).map(([name, tiers]) => ({
    name,
    subnets: [`${truth.topology.subnets.ag}.0/24`],
    servers: { [config.services[0]!.name]: names(tiers) },
  }))
  return { ...base, services, ...(locations.length === 0 ? {} : { locations }) }
}

const KINDS = ['occurrence', 'requirement', 'incident', 'capture'] as const satisfies readonly RecordKind[]

async function analysed(name: string, truth: Truth) {
  const path = join(FOLDER, `${name}.pcap`)
  const records: AnalysisRecord[] = []
  const reader = await openCaptureFile(path)
  const input = { tap: '', path, reader, sha256: null, exports: flowDatagrams }
  const options = {
    deployment: deployment(deploymentFor(truth)),
    secrets: null,
    from: null,
    to: null,
    onProgress: null,
  }
  const write = (record: AnalysisRecord): void => void records.push(record)
  await analyze([input], options, [{ kinds: new Set(KINDS), write }])
  reader.close()
  return {
    findings: records.flatMap((r) => (r.kind === 'occurrence' ? [r.finding] : [])),
    requirements: records.filter((r) => r.kind === 'requirement'),
    incidents: records.filter((r) => r.kind === 'incident'),
    capture: records.find((r) => r.kind === 'capture')!,
  }
}

function answersLabel(finding: Finding, label: Label): boolean {
  const slack = label.tolerance_s + 0.5
  const at = finding.at / 1e6
  const isThen = at >= label.at - slack && at <= (label.until ?? label.at) + slack
  const isAgent =
    finding.agent === null || label.agent === undefined || finding.agent.address === label.agent_ip
  return isThen && isAgent && FLOW_ANSWERS[label.type]?.includes(finding.type) === true
}

const short = ({ type, at, agent, confidence }: Finding): string =>
  `${type} ${agent?.address ?? '-'} ${(at / 1e6).toFixed(1)} ${confidence}`

const showing = new Map(DETECTORS.map(({ type, flows }) => [type as string, flows.can]))

if (isLabMissing) console.warn('skipped, because ../shared/captures/lab is not there: the lab’s flows')

describe.skipIf(isLabMissing)('labelled exports', () => {
  test('all of them are listed', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.pcap'))
    expect(files.map((file) => file.slice(0, -'.pcap'.length)).sort()).toEqual(Object.keys(EXPORTS).sort())
  })

  test('what records can show is found, and nothing else is claimed', async () => {
    const byType = new Map<string, { found: number; all: number }>()
    const alarms: string[] = []
    for (const [name, { scenario, unseen }] of Object.entries(EXPORTS)) {
      const truth = truthOf(scenario)
      const { findings } = await analysed(name, truth)
      for (const label of truth.expected) {
        if (unseen[label.type] !== undefined || label.optional === true) continue
        const count = byType.get(label.type) ?? { found: 0, all: 0 }
        byType.set(label.type, count)
        count.all++
        if (findings.some((finding) => answersLabel(finding, label))) count.found++
      }
      for (const finding of findings)
        if (!truth.expected.some((label) => answersLabel(finding, label)))
          alarms.push(`${name}: ${short(finding)}`)
    }
    const recalls = [...byType].map(([type, { found, all }]) => [type, found / all] as const)
    expect(alarms).toEqual([])
    expect(recalls.filter(([, recall]) => recall < RECALL_MIN)).toEqual([])
    expect(recalls.map(([type]) => type).sort()).toEqual([
      'failback',
      'failover',
      'half_open_leftover',
      'health_check_failing',
      'idle_severed',
      'mass_disconnect',
      'missed_checkin',
      'policy_redownload',
      'reconnect_storm',
      'round_robin_distribution',
      'server_hop',
      'server_outage',
    ])
  })

  test.each(Object.keys(EXPORTS))('%s: no verdict that records cannot support', async (name) => {
    const { findings, requirements, incidents, capture } = await analysed(
      name,
      truthOf(EXPORTS[name]!.scenario),
    )
    expect(findings.filter(({ type }) => showing.get(type) === 'not-show')).toEqual([])
    const weak = findings.filter(({ type }) => showing.get(type) === 'suggest')
    expect(
      weak.filter((f) => f.suggested !== true || f.confidence > 0.5 || f.severity === 'critical'),
    ).toEqual([])
    // Each silence with its bounds, each proof with its record and who exported it.
    const silences = findings.filter(({ type }) => type === 'severed-idle')
    expect(silences.filter(({ details }) => details['silenceBetweenSeconds'] === undefined)).toEqual([])
    const evidence = findings.flatMap((f) => f.evidence)
    expect(evidence.filter((e) => e.record === undefined || e.exporter === undefined)).toEqual([])
    const proven = new Set(incidents.filter((i) => i.suggested !== true).map(({ id }) => id))
    for (const { id, status, incidents: by, needs } of requirements) {
      const { brokenBy } = REQUIREMENTS.find((r) => r.id === id)!
      if (status === 'violated') expect([id, by.some((incident) => proven.has(incident))]).toEqual([id, true])
      if (status === 'met')
        expect([id, brokenBy.filter((type) => (showing.get(type) ?? 'prove') !== 'prove')]).toEqual([id, []])
      if (status === 'not-observed') expect([id, needs]).not.toEqual([id, null])
    }
    expect(capture.flows).toMatchObject({ late: 0, incomplete: 0, sampled: 0, duplicates: 0 })
  })
})
