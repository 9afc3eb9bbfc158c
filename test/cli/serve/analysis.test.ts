import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { reportOfStore } from '../../../src/cli/report/from-store.ts'
import { perform } from '../../../src/cli/serve/analysis.ts'
import { doChore } from '../../../src/cli/serve/chores.ts'
import { type JobOrder, type JobProgress, WISH } from '../../../src/cli/serve/order.ts'
import { applyOnce } from '../../../src/cli/serve/retention.ts'
import { openFolder } from '../../../src/cli/serve/folder.ts'
import { startThread } from '../../../src/cli/serve/thread.ts'
import { addAnalysis } from '../../../src/store/analyses.ts'
import { addCapture } from '../../../src/store/captures.ts'
import { analysisRow } from '../../../src/store/queries/analyses.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { pino } from 'pino'
import { ROOT } from '../../source-tree.ts'
import { netflow5 } from '../../scenario/exports.ts'

let place: string
let store: Store
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-analysis-'))
  store = openStore(join(place, 'test.db'))
})
afterEach(() => {
  store.close()
  rmSync(place, { recursive: true })
})

const CLIENT = join(ROOT, 'fixtures/severed-by-load-balancer/client.pcap.gz')

/** A queued analysis of a file, and the order for it. */
function order(path: string, over: Partial<JobOrder> = {}): JobOrder {
  const { id } = addCapture(store, { sha256: null, name: 'a.pcap', size: 1, stored: null, at: 1 })
  return {
    kind: 'job',
    database: store.path,
    analysis: addAnalysis(store, { inputs: [{ capture: id, tap: '' }], config: null, at: 1 }),
    inputs: [{ capture: id, tap: '', name: 'a.pcap', sha256: null, path }],
    isPublished: false,
    config: null,
    keylog: null,
    plainSecrets: false,
    note: null,
    wish: new SharedArrayBuffer(4),
    ...over,
  }
}

const row = (): unknown => store.db.prepare('SELECT state, stage, error FROM analysis').get()
const count = (table: string): unknown => store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
const nothing = (): unknown[] =>
  ['connection', 'session', 'incident', 'occurrence', 'packet'].filter((t) => count(t) !== 0)

/** Grants a wish when a stage is reached. */
function wishing(wish: keyof typeof WISH, at: JobProgress['stage'], told: JobOrder) {
  return ({ stage }: JobProgress): void => {
    if (stage === at) Atomics.store(new Int32Array(told.wish), 0, WISH[wish])
  }
}

describe('a job', () => {
  test('over flow records', async () => {
    const path = join(place, 'flows.dat')
    writeFileSync(path, netflow5([{}, { source: '10.0.0.9' }]))
    expect(await perform(order(path), () => undefined)).toEqual({ state: 'done' })
    expect(count('connection')).toBe(2)
  })

  test('over flow records of two routers: read once, for they show no relay', async () => {
    const inputs = ['one', 'other'].map((tap) => {
      const { id } = addCapture(store, { sha256: null, name: tap, size: 1, stored: null, at: 1 })
      const path = join(place, tap)
      writeFileSync(path, Buffer.concat(new Array<Uint8Array>(3000).fill(netflow5(new Array(30).fill({})))))
      return { capture: id, tap, name: tap, sha256: null, path }
    })
    const analysis = addAnalysis(store, { inputs, config: null, at: 1 })
    const fractions: number[] = []
    const end = await perform(order('', { inputs, analysis }), ({ stage, fraction }) => {
      if (stage === 'read') fractions.push(fraction)
    })
    expect(end).toEqual({ state: 'done' })
    // What is told first is almost half of it; of what is read twice, it would be a quarter.
    expect(fractions[0]).toBeGreaterThan(0.4)
  })

  test('over both sides of a load balancer that nobody stated: it is found, and told of', async () => {
    const inputs = ['client', 'server'].map((tap) => {
      const { id } = addCapture(store, { sha256: null, name: tap, size: 1, stored: null, at: 1 })
      const path = join(ROOT, `fixtures/severed-by-load-balancer/${tap}.pcap.gz`)
      return { capture: id, tap, name: `${tap}.pcap.gz`, sha256: null, path }
    })
    const analysis = addAnalysis(store, { inputs, config: null, at: 1 })
    const fractions: number[] = []
    const told = order('', { inputs, analysis })
    const end = await perform(told, ({ stage, fraction }) => stage === 'read' && fractions.push(fraction))
    expect(end).toEqual({ state: 'done' })
    const severed = store.db.prepare(
      "SELECT DISTINCT actor_role, actor_address FROM occurrence WHERE type = 'severed-idle'",
    )
    expect(severed.all()).toEqual([{ actor_role: 'load-balancer', actor_address: '10.10.2.10' }])
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    const { relays } = analysisRow(store, analysis)!
    expect(relays).toEqual([
      expect.stringMatching(/^10\.10\.2\.10:10443 .*stands before 10\.10\.3\.11:10443, /),
    ])
    const scope = { version: '0', now: 1, capture: null }
    expect(reportOfStore(store, scope).relays).toEqual(relays)
  })

  test('over a log of Zeek and one that names its connections: one tap', async () => {
    const folder = join(ROOT, 'test/collectors/logs/samples/zeek')
    const inputs = ['http', 'conn'].map((kind) => {
      const name = `${kind}.log`
      const { id } = addCapture(store, { sha256: null, name, size: 1, stored: null, at: 1 })
      return { capture: id, tap: kind, name, sha256: null, path: join(folder, `${kind}.txt`) }
    })
    const analysis = addAnalysis(store, { inputs, config: null, at: 1 })
    const progress: JobProgress[] = []
    const job = { ...order('none'), analysis, inputs }
    expect(await perform(job, (told) => void progress.push(told))).toEqual({ state: 'done' })
    const taps = store.db.prepare('SELECT tap, count(*) FROM connection GROUP BY tap').raw().all()
    expect(taps).toEqual([['conn', 2]])
    const alone = { ...job, inputs: inputs.slice(0, 1) }
    expect(await perform(alone, () => undefined)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('http.log is a log of Zeek that only adds names to connections'),
    })
  })

  test('ends done, with all in place, and tells its stages in order', async () => {
    const stages: string[] = []
    const end = await perform(order(CLIENT, { note: 'one word' }), ({ stage }) => void stages.push(stage))
    expect(end).toEqual({ state: 'done' })
    expect(row()).toEqual({ state: 'done', stage: 'prove', error: 'one word' })
    expect([...new Set(stages)]).toEqual(['store', 'prove'])
    expect(count('connection')).toBe(15)
    expect(count('packet')).toBe(
      store.db.prepare('SELECT count(DISTINCT packet) FROM evidence').pluck().get(),
    )
  })

  test('cancelled before its findings are published leaves nothing', async () => {
    const job = order(CLIENT)
    Atomics.store(new Int32Array(job.wish), 0, WISH.cancel)
    expect(await perform(job, () => undefined)).toEqual({ state: 'cancelled' })
    expect(row()).toMatchObject({ state: 'cancelled', error: null })
    expect(nothing()).toEqual([])
  })

  test('cancelled while its findings are proved keeps them: those of earlier ones are gone', async () => {
    await perform(order(CLIENT), () => undefined)
    const before = ['connection', 'incident', 'occurrence'].map(count)
    const job = order(CLIENT)
    store.db.exec('UPDATE analysis_input SET capture = 1')
    expect(await perform(job, wishing('cancel', 'prove', job))).toEqual({ state: 'cancelled' })
    expect(store.db.prepare('SELECT id, state, published FROM analysis').all()).toEqual([
      { id: job.analysis, state: 'cancelled', published: 1 },
    ])
    expect(['connection', 'incident', 'occurrence'].map(count)).toEqual(before)
  })

  test('counts its attempts, but not those that were left for the next start', async () => {
    const attempts = (): unknown => store.db.prepare('SELECT attempt FROM analysis').pluck().get()
    const job = order(CLIENT)
    await perform(job, wishing('leave', 'store', job))
    expect(attempts()).toBe(0)
    Atomics.store(new Int32Array(job.wish), 0, WISH.goOn)
    await perform(job, () => undefined)
    expect(attempts()).toBe(1)
    await perform({ ...job, isPublished: true }, () => undefined)
    expect(attempts()).toBe(2)
  })

  test('left for the next start stays as it is, and is done again from the beginning', async () => {
    const job = order(CLIENT)
    expect(await perform(job, wishing('leave', 'store', job))).toEqual({ state: 'left' })
    expect(row()).toMatchObject({ state: 'running' })
    Atomics.store(new Int32Array(job.wish), 0, WISH.goOn)
    expect(await perform(job, () => undefined)).toEqual({ state: 'done' })
    expect(count('connection')).toBe(15)
  })

  test('whose findings are published only fetches their packets', async () => {
    const job = order(CLIENT)
    await perform(job, () => undefined)
    const packets = count('packet')
    store.db.exec(`UPDATE evidence SET kept = NULL; DELETE FROM packet; UPDATE analysis SET state = 'running';
      INSERT INTO evidence_wanted SELECT DISTINCT ${job.analysis}, ${job.inputs[0]!.capture}, packet, occurrence, ordinal FROM evidence`)
    expect(await perform({ ...job, isPublished: true }, () => undefined)).toEqual({ state: 'done' })
    expect([count('packet'), count('connection')]).toEqual([packets, 15])
  })
})

describe('a job fails in words', () => {
  test.each([
    ['no capture', () => Buffer.from('hello world, hello world'), /^a\.pcap is not a capture/],
    ['packed rubbish', () => gzipSync(Buffer.alloc(100)), /^a\.pcap is not a capture/],
    [
      'a capture cut off in its first packet',
      () => Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000aabbcc', 'hex'),
      /^a\.pcap could not be read: the capture is cut off/,
    ],
  ])('%s', async (_what, bytes, error) => {
    const path = join(place, 'input')
    writeFileSync(path, bytes())
    const end = await perform(order(path), () => undefined)
    expect(end).toMatchObject({ state: 'failed', error: expect.stringMatching(error) })
    expect(row()).toMatchObject({ state: 'failed', error: expect.stringMatching(error) })
    expect(nothing()).toEqual([])
  })

  test('a path of the server is not told', async () => {
    const end = await perform(order(join(place, 'gone')), () => undefined)
    expect(JSON.stringify({ ...end, stack: null })).not.toContain(place)
  })

  test('a configuration that does not hold any more', async () => {
    const end = await perform(order(CLIENT, { config: 'servces: []' }), () => undefined)
    expect(end).toMatchObject({ state: 'failed', error: expect.stringMatching(/^configuration:1:1: /) })
  })
})

describe('in a thread', () => {
  test('a job ends as it does without', async () => {
    const progress: JobProgress[] = []
    const thread = startThread(order(CLIENT), { onProgress: (one) => void progress.push(one) })
    expect(await thread.end).toEqual({ state: 'done' })
    expect(progress.at(-1)).toMatchObject({ stage: 'prove', packets: 1132, inputs: [] })
  })

  test('what the thread dies of is the answer', async () => {
    const thread = startThread({ ...order(CLIENT), database: join(place, 'no', 'such.db') }, {})
    expect(await thread.end).toEqual({
      state: 'died',
      reason: expect.stringMatching(/there is no such folder/),
    })
  })

  test('a chore is ended when its thread is asked to go, and the database is free', async () => {
    const keep = { maxAgeSeconds: 3600, maxBytes: null }
    const thread = startThread({ kind: 'retain', database: store.path, captures: keep, rows: keep }, {})
    thread.wish('leave')
    expect(await thread.end).toMatchObject({ state: 'died' })
    expect(() => addCapture(store, { sha256: null, name: 'x', size: 1, stored: null, at: 1 })).not.toThrow()
  })

  test('old captures go, their files too', async () => {
    const folder = openFolder(join(place, 'captures'))
    const sha256 = 'a'.repeat(64)
    writeFileSync(folder.pathOf(sha256), 'octets')
    addCapture(store, { sha256, name: 'old', size: 6, stored: sha256, at: 1 })
    const keep = { maxAgeSeconds: 3600, maxBytes: null }
    await applyOnce({
      plan: { captures: keep, rows: keep },
      store,
      folder,
      logger: pino({ level: 'silent' }),
    })
    expect([folder.holds(sha256), count('capture')]).toEqual([false, 0])
    folder.unlock()
  })
})

describe('chores', () => {
  const discard = ({ analysis }: JobOrder) =>
    doChore(
      { kind: 'discard', database: store.path, analysis, state: 'failed', error: 'It broke down.' },
      () => undefined,
    )

  test('what an attempt left is thrown away, and its end told', async () => {
    const job = order(CLIENT)
    await perform(job, wishing('leave', 'store', job))
    store.db.exec('UPDATE analysis SET published = 0')
    discard(job)
    expect(row()).toMatchObject({ state: 'failed', error: 'It broke down.' })
    expect(nothing()).toEqual([])
  })

  test('what was published stays when its proof breaks down', async () => {
    const job = order(CLIENT)
    await perform(job, wishing('leave', 'prove', job))
    discard(job)
    expect(row()).toMatchObject({ state: 'failed', error: 'It broke down.' })
    expect([count('connection'), nothing()]).toEqual([
      15,
      ['connection', 'session', 'incident', 'occurrence'],
    ])
  })

  test('an analysis is deleted with all that it found', async () => {
    const job = order(CLIENT)
    await perform(job, () => undefined)
    expect(
      doChore({ kind: 'delete', database: store.path, analysis: job.analysis }, () => undefined),
    ).toEqual({ state: 'done' })
    expect([nothing(), count('analysis'), count('capture')]).toEqual([[], 0, 0])
  })
})
