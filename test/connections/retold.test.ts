/** What a table holds, told again: as it was told when it happened. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { FlowTracker } from '../../src/connections/flows/tracker.ts'
import { merged } from '../../src/connections/retold.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import type { Observation } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { LiveAnalysis } from '../../src/pipeline/live.ts'
import { framesOf, readerOf } from '../pipeline/reader.ts'
import { batchesOf, exporter, type Told } from './flows/records.ts'

const isOpening = ({ kind }: Observation): boolean => kind === 'connection-opened' || kind === 'opening'

/** What stays known, by connection. */
const lasting = (o: Observation): unknown => {
  const { time: _, ...its } = o
  if (o.kind !== 'connection-opened') return { kind: o.kind, connection: 'connection' in o && o.connection }
  return { ...its, syn: null, answeredTo: null, tag: 0 }
}

test('of packets: each that did not close, once, with all that lasts, in order of time', () => {
  const frames = framesOf(gunzipSync(readFileSync('fixtures/severed-by-load-balancer/client.pcap.gz')))
  const told: Observation[] = []
  const analysis = new LiveAnalysis(
    { tap: 'a', path: '', reader: readerOf(frames), sha256: null },
    {
      deployment: EMPTY_DEPLOYMENT,
      secrets: null,
      found: () => undefined,
      write: () => undefined,
      journal: (entry) => void (entry.kind !== 'tick' && told.push(entry)),
    },
  )
  void analysis.packets!.read()
  analysis.process()
  const closed = new Set(told.flatMap((o) => (o.kind === 'connection-closed' ? [o.connection] : [])))
  const first = new Set<string>()
  const open = told.filter(isOpening).filter((o) => {
    if (
      !('connection' in o) ||
      o.connection === null ||
      closed.has(o.connection) ||
      ('side' in o && o.side === 1)
    )
      return false
    const key = `${o.kind} ${o.connection}`
    return !first.has(key) && Boolean(first.add(key))
  })
  const again = [...analysis.run.retold()]
  expect(open).toHaveLength(16)
  const byConnection = (list: Observation[]): unknown[] =>
    list.map((o) => JSON.stringify(lasting(o))).toSorted()
  expect(byConnection(again)).toEqual(byConnection(open))
  expect(again.map(({ time }) => time)).toEqual(again.map(({ time }) => time).toSorted((a, b) => a - b))
})

test('of flow records: those that failed are no connections', () => {
  const told: Observation[] = []
  const options = { tap: 'a', tapIndex: 0, silenceMin: seconds(10), streamNumbers: { next: 0 } }
  const tracker = new FlowTracker({
    ...options,
    live: { lagMax: seconds(10) },
    emit: (o) => void told.push(o),
  })
  const there = (port: number, flags: string): Told => ({
    tuple: `10.0.0.5:${port}>10.0.0.2:443`,
    from: port - 40_000,
    to: port - 39_999,
    flags,
    packets: 3,
    octets: 900,
  })
  const back = (port: number, flags: string): Told => ({
    ...there(port, flags),
    tuple: `10.0.0.2:443>10.0.0.5:${port}`,
  })
  const records = [there(40_001, 'SAP'), back(40_001, 'SAP'), { ...there(40_002, 'S'), octets: 180 }]
  const refusal = { ...back(40_002, 'RA'), packets: 1, octets: 40 }
  for (const batch of batchesOf([...records, refusal, there(40_150, 'SAP')], [exporter(0)]))
    tracker.take(batch)
  expect(told.map(({ kind }) => kind)).toContain('connection-failed')
  const again = [...merged([tracker.retold()])]
  expect(again.map(lasting)).toEqual(told.filter(isOpening).map(lasting))
  expect(again).toHaveLength(2)
})
