/** A live analysis: told at once, and the same after a restart at any place. */
import { readFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readDeployment } from '../../src/cli/config/load.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { Finding } from '../../src/model/incident.ts'
import type { LastingSession, SessionRecord } from '../../src/model/record.ts'
import { MILLISECOND, SECOND, type Micros } from '../../src/model/time.ts'
import { type JournalEntry, LiveAnalysis, type SavedAnalysis } from '../../src/pipeline/live.ts'
import { type Frame, framesOf, readerOf } from './reader.ts'

const framesIn = (file: string): Frame[] => framesOf(gunzipSync(readFileSync(`fixtures/${file}.pcap.gz`)))
const deploymentIn = (file: string): Deployment =>
  readDeployment(`fixtures/${file.split('/')[0]}/holdfast.yaml`)

interface Outcome {
  readonly findings: string[]
  readonly records: string[]
}

type Restored = 'all' | 'connections and journal' | 'connections'

/** Reads all frames, a frame a batch; before frame `at`, everything is saved, and that much restored. */
function run(
  frames: readonly Frame[],
  deployment: Deployment,
  at: number | null,
  restored: Restored = 'all',
): Outcome {
  const outcome: Outcome = { findings: [], records: [] }
  const journal: JournalEntry[] = []
  const interfaces = frames.some((frame) => frame.interface === 1) ? [{ name: 'a' }, { name: 'b' }] : [{}]
  const reader = readerOf(frames, { frames: 1, interfaces })
  const begin = (): LiveAnalysis =>
    new LiveAnalysis(
      { tap: '', path: '', reader, sha256: null },
      {
        deployment,
        secrets: null,
        found: (finding, incident) => outcome.findings.push(JSON.stringify([incident, finding])),
        // A message of which half had come is lost to its reader.
        write: (record) => outcome.records.push(JSON.stringify({ ...record, http: null })),
        journal: (entry) => journal.push(entry),
      },
    )
  let analysis = begin()
  for (let i = 0; i < frames.length; i++) {
    if (i === at) {
      const [saved, entries] = [serialize(analysis.save()), serialize(journal)]
      analysis = begin()
      const its = deserialize(saved) as SavedAnalysis
      const [run, ledger] = restored === 'all' ? [its.run, its.ledger] : [{ ...its.run, passing: null }, null]
      const replayed = restored === 'connections' ? null : (deserialize(entries) as JournalEntry[])
      analysis.load({ ...its, run, ledger }, replayed)
    }
    void analysis.packets!.read()
    analysis.process()
  }
  analysis.end()
  return outcome
}

const PLACES = 4

describe('saved and restored anywhere, it tells the same as without', () => {
  test.each([
    'severed-by-load-balancer/client',
    'severed-by-load-balancer/server',
    'agents-hop/server',
    'nat-rebind/server',
    'nat-pool-change/server',
    'half-open/server',
  ])('%s', (file) => {
    const frames = framesIn(file)
    const deployment = deploymentIn(file)
    const whole = run(frames, deployment, null)
    expect(whole.records.length).toBeGreaterThan(3)
    for (let place = 1; place <= PLACES; place++)
      expect(run(frames, deployment, Math.floor((frames.length * place) / (PLACES + 1)))).toEqual(whole)
  })
})

test('so it is with several interfaces, whose views of one path belong together', () => {
  const frames = ['client', 'server']
    .flatMap((tap, i) => framesIn(`reset-by-firewall/${tap}`).map((frame) => ({ ...frame, interface: i })))
    .toSorted((a, b) => a.time - b.time)
  const deployment = deploymentIn('reset-by-firewall/client')
  const whole = run(frames, deployment, null)
  for (const share of [0.3, 0.6, 0.9])
    expect(run(frames, deployment, Math.floor(frames.length * share))).toEqual(whole)
})

describe('where nothing but connections can be restored', () => {
  const severed = ({ findings }: Outcome): string[] =>
    findings.flatMap((text) => {
      const [, finding] = JSON.parse(text) as [string, Finding]
      if (finding.type !== 'severed-idle') return []
      const { at, connection, details, manner } = finding
      return JSON.stringify({ at, connection, manner, silence: details['silenceSeconds'] })
    })

  const accounts = ({ records }: Outcome): number =>
    records.filter((text) => (JSON.parse(text) as { kind: string }).kind === 'connection').length

  test.each([
    'severed-by-load-balancer/client',
    'severed-silently-by-firewall/client',
    'reset-by-firewall/client',
  ])('%s: every silence that ends later is told, and none twice', (file) => {
    const frames = framesIn(file)
    const deployment = deploymentIn(file)
    const whole = run(frames, deployment, null)
    for (let place = 1; place <= PLACES; place++) {
      const at = Math.floor((frames.length * place) / (PLACES + 1))
      const told = run(frames, deployment, at, 'connections')
      expect(severed(whole)).toEqual(expect.arrayContaining(severed(told)))
      expect(new Set(severed(told)).size).toBe(severed(told).length)
      const isLater = (text: string): boolean => (JSON.parse(text) as Finding).at > frames[at]!.time
      expect(severed(told).filter(isLater)).toEqual(severed(whole).filter(isLater))
      expect(accounts(told)).toBe(accounts(whole))
    }
  })

  test('what was replayed fills the account of incidents', () => {
    const frames = framesIn('severed-by-load-balancer/client')
    const deployment = deploymentIn('severed-by-load-balancer/client')
    expect(run(frames, deployment, Math.floor(0.7 * frames.length), 'connections and journal')).toEqual(
      run(frames, deployment, null),
    )
  })
})

const TICK = 50 * MILLISECOND

/** How long after the last packet that proves it each finding was raised; null: at the end alone. */
function delays(file: string): { type: string; delay: Micros | null }[] {
  const frames = framesIn(file)
  const told: { type: string; delay: Micros | null }[] = []
  let now: Micros = -Infinity
  let isOver = false
  const delayOf = ({ evidence, at }: Finding): Micros | null =>
    isOver ? null : now - Math.max(at, ...evidence.map((packet) => packet.at))
  const analysis = new LiveAnalysis(
    { tap: '', path: '', reader: readerOf(frames, { frames: 1 }), sha256: null },
    {
      deployment: deploymentIn(file),
      secrets: null,
      found: (finding) => void told.push({ type: finding.type, delay: delayOf(finding) }),
      write: () => undefined,
    },
  )
  for (const { time } of frames) {
    const before: Micros = Math.max(now, frames[0]!.time)
    // Idle hours need no tick every 50 ms.
    for (let tick = before + TICK; tick < time; tick += tick - before < SECOND ? TICK : 10 * SECOND)
      analysis.tick((now = tick))
    now = time
    void analysis.packets!.read()
    analysis.process()
  }
  isOver = true
  analysis.end()
  return told
}

describe('told within 300 ms of the packet that proves it', () => {
  test.each([
    ['severed-by-load-balancer/client', 'severed-idle', 8],
    ['severed-silently-by-firewall/client', 'severed-idle', 2],
    ['reset-by-firewall/client', 'severed-idle', 3],
    ['nat-rebind/server', 'nat-rebind', 2],
  ])('%s: %s', (file, type, count) => {
    const its = delays(file).filter((one) => one.type === type)
    expect(its).toHaveLength(count)
    for (const { delay } of its) expect(delay).toBeLessThan(300 * MILLISECOND)
  })
})

test('from the server’s side alone, a connection that its agent has left is told while it is open', () => {
  const frames = framesIn('severed-silently-by-firewall/server')
  const found: Finding[] = []
  const analysis = new LiveAnalysis(
    {
      tap: '',
      path: '',
      reader: readerOf(frames, { frames: frames.length, interfaces: [{}] }),
      sha256: null,
    },
    {
      deployment: deploymentIn('severed-silently-by-firewall/server'),
      secrets: null,
      found: (finding) => void found.push(finding),
      write: () => undefined,
    },
  )
  void analysis.packets!.read()
  analysis.process()
  const severed = (): readonly Finding[] => found.filter(({ type }) => type === 'severed-idle')
  const before = severed().length
  const last = frames.at(-1)!.time
  for (let minute = 1; minute <= 30; minute++) analysis.tick(last + minute * 60 * SECOND)
  expect(severed().length).toBeGreaterThan(before)
  const told = severed().map(({ connection }) => connection)
  expect(new Set(told).size).toBe(told.length)
  analysis.end()
  expect(severed().map(({ connection }) => connection)).toEqual(told)
})

test.each(['agents-hop/server', 'half-open/server', 'severed-by-load-balancer/server'])(
  'at any time every session has been told or stands, where and since when it will be told: %s',
  (file) => {
    const frames = framesIn(file)
    const told: SessionRecord[] = []
    const analysis = new LiveAnalysis(
      { tap: '', path: '', reader: readerOf(frames, { frames: 1 }), sha256: null },
      {
        deployment: deploymentIn(file),
        secrets: null,
        found: () => undefined,
        write: (record) => void (record.kind === 'session' && told.push(record)),
      },
    )
    const keyOf = ({ agent, service, server, start }: LastingSession): string =>
      [agent, service, server, start].join()
    for (const { time } of frames) {
      void analysis.packets!.read()
      analysis.process()
      const standing = analysis.standing().sessions
      const all = [...told, ...standing].map(keyOf)
      expect(new Set(all).size).toBe(all.length)
      for (const { start, end } of standing) expect([start <= end, end <= time]).toEqual([true, true])
    }
    const standing = analysis.standing().sessions.map(keyOf)
    const before = told.map(keyOf)
    analysis.end()
    expect([...before, ...standing].toSorted()).toEqual(told.map(keyOf).toSorted())
  },
)
