/** Flow records as they are received: the same after a restart at any place, and told as time passes. */
import { deserialize, serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { AddressTable } from '../../src/bytes/address.ts'
import { parseConfig } from '../../src/cli/config/load.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { FlowBatch, FlowExporter } from '../../src/model/flow-record.ts'
import type { Finding } from '../../src/model/incident.ts'
import { SECOND, seconds } from '../../src/model/time.ts'
import { type JournalEntry, LiveAnalysis } from '../../src/pipeline/live.ts'
import { batchesOf, exporter, STORY_BEGINS, type Told } from '../connections/flows/records.ts'

const CONFIG = `
services:
  - name: dlp
    ports: [10443]
    connections: persistent
    idleThreshold: 60s
    persistence: sticky
    servers:
      - { name: dlp1, addresses: [10.10.3.11] }
      - { name: dlp2, addresses: [10.10.3.12] }
`
const deployment = (config: string): Deployment => {
  const loaded = parseConfig(config)
  if (!('deployment' in loaded)) throw new Error('the configuration is wrong')
  return loaded.deployment
}

const KEEPS = seconds(60)

interface Living {
  readonly analysis: LiveAnalysis
  readonly addresses: AddressTable
}

interface Outcome {
  readonly findings: string[]
  readonly records: string[]
}

interface Lived extends Outcome {
  begin(): Living
  readonly journal: JournalEntry[]
  readonly dropped: { count: number }
}

function life(exporters: readonly FlowExporter[], allTraffic = false, config = CONFIG): Lived {
  const outcome: Outcome = { findings: [], records: [] }
  const journal: JournalEntry[] = []
  const dropped = { count: 0 }
  const begin = (): Living => {
    const addresses = new AddressTable()
    const input = {
      tap: '',
      path: '',
      exporters,
      addresses,
      lagMax: KEEPS,
      allTraffic,
      counts: () => ({ messages: 0, octets: 0, dropped: dropped.count }),
      skipped: () => ({}),
    }
    const analysis = new LiveAnalysis(input, {
      deployment: deployment(config),
      secrets: null,
      found: (finding, incident) => outcome.findings.push(JSON.stringify([incident, finding])),
      write: (record) => outcome.records.push(JSON.stringify(record)),
      journal: (entry) => journal.push(entry),
    })
    return { analysis, addresses }
  }
  return { ...outcome, begin, journal, dropped }
}

/** The batch as it is received by one that has read its addresses. */
function received(batch: FlowBatch, addresses: AddressTable): FlowBatch {
  const octets = new Uint8Array(16)
  for (let id = addresses.size; id < batch.addresses.size; id++) {
    batch.addresses.copy(id, octets, 0)
    addresses.idOfIpv4(octets, 0)
  }
  // Told half a second after its end, by an exporter that numbers its messages.
  for (let i = 0; i < batch.count; i++) batch.exported[i] = batch.received[i] = batch.end[i]! + SECOND / 2
  for (const { quality } of batch.exporters) quality.messages++
  return { ...batch, addresses } as FlowBatch
}

const there = (agent: number, server: number, port: number): string =>
  `10.0.0.${agent}:${port}>10.10.3.${server}:10443`
const back = (agent: number, server: number, port: number): string =>
  `10.10.3.${server}:10443>10.0.0.${agent}:${port}`

/** Agents that hold connections with silences, some cut after them; agents that come and go, one of them to
 *  another server; some of it seen by a second exporter as well. */
function story(): Told[] {
  const told: Told[] = []
  for (let round = 0; round < 20; round++) {
    const from = 100 * round
    const port = 41_000 + round
    for (const agent of [5, 6]) {
      const server = agent === 6 && round % 7 === 6 ? 12 : 11
      const flags = { flags: 'SAPF', packets: 6, octets: 2000 }
      told.push({ tuple: there(agent, server, port), from: from + agent, to: from + agent + 1, ...flags })
      told.push({ tuple: back(agent, server, port), from: from + agent, to: from + agent + 1, ...flags })
      told.push({ ...told.at(-1)!, exporter: 1 })
    }
    const flags = round === 0 ? 'SAP' : 'AP'
    for (const agent of [20, 21, 22, 23]) {
      if ((agent === 21 || agent === 23) && round > 2) continue
      const its = { from: from + 20, to: from + 22, flags, packets: 4, octets: 1500 }
      told.push({ tuple: there(agent, 11, 40_000), ...its }, { tuple: back(agent, 11, 40_000), ...its })
    }
  }
  for (const agent of [21, 23]) {
    const at = 2050 + agent
    told.push({ tuple: there(agent, 11, 40_000), from: at, to: at, flags: 'AP', packets: 1, octets: 400 })
    told.push({ tuple: back(agent, 11, 40_000), from: at + 0.01, flags: 'R', packets: 1, octets: 40 })
  }
  told.push({ tuple: there(22, 11, 40_000), from: 9000, to: 9001, flags: 'AP', packets: 2, octets: 400 })
  return told
}

const EXPORTERS = () => [exporter(0), exporter(1)]
/** Records of a message. */
const ROWS = 3

/** Before batch `at`, everything is saved and restored, or connections alone. */
function run(at: number | null, isAll = true): Outcome {
  const exporters = EXPORTERS()
  const its = life(exporters)
  let { analysis, addresses } = its.begin()
  for (const [i, batch] of batchesOf(story(), exporters, ROWS).entries()) {
    if (i === at) {
      const [saved, entries] = [serialize(analysis.save()), serialize(its.journal)]
      ;({ analysis, addresses } = its.begin())
      analysis.load(deserialize(saved) as never, isAll ? (deserialize(entries) as JournalEntry[]) : null)
    }
    analysis.take(received(batch, addresses))
  }
  analysis.end()
  return { findings: its.findings, records: its.records }
}

describe('saved and restored anywhere, it tells the same as without', () => {
  const whole = run(null)
  test('there is something to tell', () => {
    const types = whole.findings.map((text) => (JSON.parse(text) as [string, { type: string }])[1].type)
    expect(new Set(types)).toEqual(new Set(['server-idle-close', 'server-hop']))
    expect(whole.records.length).toBeGreaterThan(40)
  })
  const batches = Math.ceil(story().length / ROWS)
  test.each([1, 5, Math.floor(batches / 2), batches - 2, batches - 1])('before batch %i', (at) => {
    expect(run(at)).toEqual(whole)
  })
  test.each([5, Math.floor(batches / 2), batches - 2])(
    'before batch %i, connections alone: their silences are told all the same',
    (at) => {
      const closes = ({ findings }: Outcome): string[] =>
        findings.flatMap((text) => {
          const [, finding] = JSON.parse(text) as [string, Finding]
          return finding.type === 'server-idle-close'
            ? `${finding.at} ${finding.connection} ${String(finding.details['silenceSeconds'])}`
            : []
        })
      const told = run(at, false)
      expect(closes(whole)).toHaveLength(2)
      expect(closes(told)).toEqual(closes(whole))
      expect(told.records.filter(isConnection)).toHaveLength(whole.records.filter(isConnection).length)
    },
  )
})

const isConnection = (text: string): boolean => (JSON.parse(text) as { kind: string }).kind === 'connection'

/** Agent 23's silence of 1851 s, and what became of it, last. */
const cut = (): Told[] => story().filter(({ from }) => from < 3000)
const typesOf = ({ findings }: Outcome): string[] =>
  findings.map((text) => (JSON.parse(text) as [string, { type: string }])[1].type)
const at = (second: number): number => (STORY_BEGINS + second) * SECOND

test('what the last record shows is told as time passes, once no exporter can tell of that time', () => {
  const exporters = EXPORTERS()
  const its = life(exporters)
  const { analysis, addresses } = its.begin()
  for (const batch of batchesOf(cut(), exporters, ROWS)) analysis.take(received(batch, addresses))
  expect(typesOf(its)).not.toContain('server-idle-close')
  const { known, lag, now } = analysis.flows!.flows.tracker.clock
  expect([now, known, lag <= KEEPS]).toEqual([at(2073.51), now - lag, true])
  analysis.tick(at(2070.5) + lag)
  expect(typesOf(its)).not.toContain('server-idle-close')
  analysis.tick(at(2073.51) + lag + SECOND)
  expect(typesOf(its).filter((type) => type === 'server-idle-close')).toHaveLength(2)
  const before = its.records.length
  // Connections that are over linger for four minutes: the two that were cut, and the last two visits.
  analysis.tick(at(2073.51) + lag + seconds(300))
  expect(its.records.length - before).toBe(4)
})

describe('a silence in which nobody listened', () => {
  interface Missing {
    readonly what: string
    readonly told: boolean
    lose(exporters: readonly FlowExporter[], dropped: { count: number }): void
  }
  const cases: readonly Missing[] = [
    { what: 'counts where the exporter’s numbers go on', told: true, lose: () => undefined },
    {
      what: 'does not where they tell of a loss',
      told: false,
      lose: ([first]) => void first!.quality.lost++,
    },
    {
      what: 'does not where they begin anew',
      told: false,
      lose: ([first]) => void first!.quality.unaccounted++,
    },
    {
      what: 'does not where datagrams were dropped here',
      told: false,
      lose: (_, dropped) => dropped.count++,
    },
  ]
  test.each(cases)('$what', ({ told, lose }) => {
    const exporters = EXPORTERS()
    const its = life(exporters)
    let { analysis, addresses } = its.begin()
    const all = cut()
    const isLast = ({ from }: Told): boolean => from >= 2050
    for (const batch of batchesOf(
      all.filter((one) => !isLast(one)),
      exporters,
    ))
      analysis.take(received(batch, addresses))
    const [saved, entries] = [serialize(analysis.save()), serialize(its.journal)]
    ;({ analysis, addresses } = its.begin())
    analysis.load(deserialize(saved) as never, deserialize(entries) as JournalEntry[])
    analysis.run.interrupted('Holdfast was not running')
    analysis.tick(at(2050))
    lose(exporters, its.dropped)
    for (const batch of batchesOf(all, exporters).map((batch) => only(batch, isLast, all)))
      analysis.take(received(batch, addresses))
    analysis.tick(at(2600))
    expect(typesOf(its).includes('server-idle-close')).toBe(told)
    expect(analysis.run.blind).toEqual([
      { start: at(1922.5), end: at(2073.51), why: 'Holdfast was not running' },
    ])
    expect(analysis.run.quality().blindSeconds).toBe(151.01)
  })
})

test.each([
  [false, { 'TCP of no service': 2 }, 1],
  [true, {}, 2],
])('what is of no service is counted, and followed where all is: %s', (allTraffic, others, open) => {
  const exporters = EXPORTERS()
  const { analysis, addresses } = life(exporters, allTraffic).begin()
  const records: Told[] = [
    { tuple: there(5, 11, 40_000), from: 1, flags: 'SAP' },
    { tuple: '10.0.0.5:40001>192.0.2.1:443', from: 2, flags: 'SAP' },
    { tuple: '192.0.2.1:443>10.0.0.5:40001', from: 2, flags: 'SAP' },
  ]
  for (const batch of batchesOf(records, exporters)) analysis.take(received(batch, addresses))
  expect(analysis.run.record(null)).toMatchObject({ others, flows: { records: 3 } })
  expect(analysis.run.openConnections).toBe(open)
})

const RHYTHM = `
services:
  - { name: dlp, ports: [10443], checkIn: 10m, servers: [{ name: dlp1, addresses: [10.10.3.11] }] }
`
const CHECK_IN = 600
const PHASES = [30, 100, 200, 300, 400, 500]

test.each([
  ['nobody listened', true, 0],
  ['they did not come', false, 2],
])('check-ins that are missing because %s', (_why, isAway, told) => {
  const exporters = EXPORTERS()
  const its = life(exporters, false, RHYTHM)
  const { analysis, addresses } = its.begin()
  // Two agents would have come twice in that time, the others once.
  const away = { from: 3040, to: 3890 }
  const visits = Array.from({ length: 10 }, (_, round) =>
    PHASES.flatMap((phase, agent): Told[] => {
      const from = CHECK_IN * round + phase
      const visit = { from, to: from + 1, flags: 'SAPF', packets: 6, octets: 2000 }
      return [
        { tuple: there(agent, 11, 40_000 + round), ...visit },
        { tuple: back(agent, 11, 40_000 + round), ...visit },
      ]
    }),
  ).flat()
  let wasAway = false
  for (const batch of batchesOf(
    visits.filter(({ from }) => from < away.from || from > away.to),
    exporters,
    2,
  )) {
    if (isAway && !wasAway && batch.start[0]! > at(away.to)) {
      analysis.run.interrupted('Holdfast was not running')
      wasAway = true
    }
    analysis.take(received(batch, addresses))
  }
  analysis.end()
  expect(typesOf(its).filter((type) => type === 'missed-checkin')).toHaveLength(told)
})

/** The rows of those records alone; a message of the same numbers. */
function only(batch: FlowBatch, is: (told: Told) => boolean, all: readonly Told[]): FlowBatch {
  const first = all.findIndex(is)
  for (const column of Object.values(batch))
    if (ArrayBuffer.isView(column)) (column as Float64Array).copyWithin(0, first, batch.count)
  batch.count -= first
  return batch
}
