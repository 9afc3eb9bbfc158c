/**
 * What every detector declares that flow records show, held against what it tells of them: of its story as a
 * router at each tap exports it, and of another one where what the story shows is not in records (who an
 * agent says that it is, what ends where two sides of a relay are told apart).
 */
import { describe, expect, test } from 'vitest'
import { DETECTORS } from '../../src/detectors/index.ts'
import type { IncidentType } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'
import type { FlowLine } from '../scenario/flow-exporter.ts'
import { scenario, STORY_START, type Scenario } from '../scenario/scenario.ts'
import { NAMELESS } from './address/stories.ts'
import { exported, moves, rebinds, records, shares } from './address/translated.ts'
import { analysed, analysedFlows, type Analysis } from './analysis.ts'
import { fleet, group } from './cadence/fleet.ts'
import { comes, HEARTBEAT, SEPM1, SEPM2, SEPM3, SERVICE } from './failover/managers.ts'
import { A1, A2, attach, DLP, DLP1, DLP2, STORIES } from './stories.ts'

/** Agents are known by their addresses, which is what lists of agents name here. */
const AGENT = '10.10.1.101'

interface Told {
  readonly config: unknown
  readonly play: () => Pick<Scenario, 'captures'>
  /** It is records already. */
  readonly isExported?: boolean
}

/** From one server to the other, without anything in between. */
function hops(upload = ''): Scenario {
  const s = scenario()
  const { agent } = attach(s, 'A1', A1, `${DLP1}:8000`)
  if (upload !== '') agent.sends(upload)
  agent.closes()
  s.wait(seconds(20))
  attach(s, 'A1', A1, `${DLP2}:8000`).agent.closes()
  return s
}

/** A server that goes on asking an agent which has gone to another one. */
function leftOpen(): readonly FlowLine[] {
  const at = (second: number): number => STORY_START / 1000 + 1000 * second
  const line = (from: string, port: number, to: string, toPort: number) => ({
    source: from,
    sourcePort: port,
    destination: to,
    destinationPort: toPort,
    octets: 4000,
    packets: 10,
    flags: 0x1a,
  })
  const both = (server: string, port: number, from: number, to: number): FlowLine[] => [
    { ...line(A1, port, server, 8000), from: at(from), to: at(to) },
    { ...line(server, 8000, A1, port), from: at(from), to: at(to) },
  ]
  const asks = { ...line(DLP1, 8000, A1, 50_000), from: at(200), to: at(240), packets: 6, flags: 0x18 }
  return [...both(DLP1, 50_000, 0, 30), ...both(DLP2, 50_001, 60, 90), ...both(DLP2, 50_001, 220, 300), asks]
}

const OWN: Partial<Record<IncidentType, Told>> = {
  'half-open-leftover': { config: DLP, play: () => exported(leftOpen()), isExported: true },
  'server-hop': { config: DLP, play: () => hops() },
  'scan-at-risk': { config: DLP, play: () => hops('r'.repeat(1.1 * 2 ** 20)) },
  // Agents that choose for themselves; where a relay chooses, its address stands for all of them.
  imbalance: {
    config: { services: [{ ...SERVICE, persistence: 'random', checkIn: '10m' }] },
    play() {
      const s = scenario()
      for (let n = 0; n < 44; n++) comes(s, n, n % 11 === 0 ? SEPM2 : n % 11 === 1 ? SEPM3 : SEPM1)
      return s
    },
  },
  'off-list-server': {
    config: {
      services: [SERVICE],
      groups: [{ name: 'A', agents: [AGENT], servers: { sepm: [['sepm1', 'sepm2']] } }],
    },
    play() {
      const s = scenario()
      comes(s, 1, SEPM1)
      s.wait(HEARTBEAT)
      comes(s, 1, SEPM3)
      return s
    },
  },
  'assignment-not-applied': {
    config: fleet('10m', [group([A1, A2], ['ah2'])]),
    play: STORIES['assignment-not-applied'].play,
  },
  'nat-change': { config: NAMELESS, play: () => moves(records), isExported: true },
  'nat-rebind': { config: NAMELESS, play: () => rebinds(records), isExported: true },
  'nat-shared': { config: NAMELESS, play: () => shares(records, 100), isExported: true },
}

const told = ({ config, play, isExported = false }: Told): Promise<Analysis> =>
  isExported ? analysed(play(), { config }) : analysedFlows(play(), { config })

describe.each(DETECTORS.map((detector) => [detector.type, detector.flows.can, detector] as const))(
  '%s',
  (type, can, { flows }) => {
    const story: Told = OWN[type] ?? { config: STORIES[type].config, play: STORIES[type].play }

    test(`flow records: ${can}`, async () => {
      const analysis = await told(story)
      const found = analysis.findings(type)
      if (can === 'not-show') return expect(found).toEqual([])
      expect(found).not.toEqual([])
      const isSuggested = found.map(({ suggested = false }) => suggested)
      expect(new Set(isSuggested)).toEqual(new Set([can === 'suggest']))
      // Records are named, as one looks them up.
      for (const { evidence } of found)
        for (const { record, note } of evidence) expect([record, note]).toEqual([1, expect.any(String)])
      if (can === 'suggest')
        expect(analysis.incident(type).summary).toContain(`they do not show ${flows.lack}. A packet capture`)
    })
  },
)

test('no story of its own where that of packets does', () => {
  const declared = new Set(DETECTORS.filter(({ flows }) => flows.can !== 'not-show').map(({ type }) => type))
  expect(Object.keys(OWN).filter((type) => !declared.has(type as IncidentType))).toEqual([])
})
