import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CaptureFolder, openFolder } from '../../../src/cli/serve/folder.ts'
import {
  ATTEMPTS_MAX,
  type JobQueue,
  jobs,
  KEYLOGS_CHARACTERS_MAX,
  QUEUE_MAX,
} from '../../../src/cli/serve/jobs.ts'
import type { JobOrder, JobProgress, Order } from '../../../src/cli/serve/order.ts'
import type { ThreadEnd, ThreadListener } from '../../../src/cli/serve/thread.ts'
import { addAnalysis, beginAnalysis, endAnalysis } from '../../../src/store/analyses.ts'
import { addCapture, forgetCapture } from '../../../src/store/captures.ts'
import { claimAnalysis } from '../../../src/store/claims.ts'
import { openStore, type Store } from '../../../src/store/store.ts'

interface Thread {
  readonly order: Order
  readonly listener: ThreadListener
  readonly wishes: string[]
  end(end: ThreadEnd): Promise<void>
}

let place: string
let store: Store
let folder: CaptureFolder
let threads: Thread[]
let queue: JobQueue

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-jobs-'))
  store = openStore(join(place, 'test.db'))
  folder = openFolder(join(place, 'captures'))
  threads = []
  queue = newQueue()
})
afterEach(() => {
  folder.unlock()
  store.close()
  rmSync(place, { recursive: true })
})

/** Threads do nothing but remember what they were told. */
function newQueue(config: string | null = null): JobQueue {
  const startThread = (order: Order, listener: ThreadListener) => {
    const { promise, resolve } = Promise.withResolvers<ThreadEnd>()
    const wishes: string[] = []
    const end = async (how: ThreadEnd): Promise<void> => {
      resolve(how)
      await new Promise((later) => setTimeout(later, 5))
    }
    threads.push({ order, listener, wishes, end })
    return { end: promise, wish: (wish: string) => void wishes.push(wish) }
  }
  return jobs({
    store,
    folder,
    config,
    plainSecrets: false,
    logger: pino({ level: 'silent' }),
    now: () => 7,
    startThread,
  })
}

let captures = 0
function capture(name = 'a.pcap'): number {
  const sha256 = String(captures++).padStart(64, '0')
  writeFileSync(folder.pathOf(sha256), 'octets')
  return addCapture(store, { sha256, name, size: 6, stored: sha256, at: 1 }).id
}

const state = (id: number): unknown =>
  store.db.prepare('SELECT state, error FROM analysis WHERE id = ?').get(id)
const job = (i: number): JobOrder => threads[i]!.order as JobOrder
const done: ThreadEnd = { state: 'done' }

/** What a thread does to the row. */
async function finish(i: number): Promise<void> {
  endAnalysis(store, job(i).analysis, { state: 'done', error: null, summary: {}, at: 9 })
  await threads[i]!.end(done)
}

describe('one at a time', () => {
  test('in the order in which they were asked for', async () => {
    const ids = [capture(), capture(), capture()]
    const asked = []
    for (const id of ids) asked.push(await queue.start({ captures: [{ id }] }))
    expect(threads.map(({ order }) => (order as JobOrder).analysis)).toEqual(asked.slice(0, 1))
    expect([queue.running(), queue.queued()]).toEqual([1, 3])
    await finish(0)
    await finish(1)
    await finish(2)
    expect(threads.map(({ order }) => (order as JobOrder).analysis)).toEqual(asked)
    expect([queue.running(), queue.queued()]).toEqual([0, 0])
  })

  test('what the database refuses is tried again, and ends nothing', async () => {
    await queue.start({ captures: [{ id: capture() }] })
    const waiting = await queue.start({ captures: [{ id: capture() }] })
    endAnalysis(store, job(0).analysis, { state: 'done', error: null, summary: {}, at: 9 })
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    store.db.exec('ALTER TABLE analysis RENAME TO elsewhere')
    const ended = threads[0]!.end(done)
    await vi.advanceTimersByTimeAsync(5)
    await ended
    expect([threads.length, queue.running()]).toEqual([1, 0])
    store.db.exec('ALTER TABLE elsewhere RENAME TO analysis')
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    expect(job(1).analysis).toBe(waiting)
  })

  test('an order says all that is to be done', async () => {
    const [a, b] = [capture('office.pcap.gz'), capture('dmz.pcapng')]
    await queue.start({ captures: [{ id: a }, { id: b, tap: 'server' }], keylog: 'CLIENT_RANDOM 00 11' })
    expect(job(0)).toMatchObject({
      kind: 'job',
      database: store.path,
      isPublished: false,
      keylog: 'CLIENT_RANDOM 00 11',
      note: null,
      inputs: [
        { capture: a, tap: 'office', name: 'office.pcap.gz' },
        { capture: b, tap: 'server', name: 'dmz.pcapng' },
      ],
    })
  })

  test('one capture has no tap unless it is named', async () => {
    await queue.start({ captures: [{ id: capture() }] })
    expect(job(0).inputs.map(({ tap }) => tap)).toEqual([''])
  })

  test('captures of jobs that run or wait are being read', async () => {
    const [a, b, c] = [capture(), capture(), capture()]
    await queue.start({ captures: [{ id: a }] })
    await queue.start({ captures: [{ id: b }] })
    expect([a, b, c].map((id) => queue.reads(id))).toEqual([true, true, false])
    await finish(0)
    expect([a, b, c].map((id) => queue.reads(id))).toEqual([false, true, false])
  })

  test('the time that is left comes from progress', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    expect([queue.secondsLeft(id), queue.secondsLeft(99)]).toEqual([null, null])
  })
})

test('what is read has its rates, until all of it is', async () => {
  await queue.start({ captures: [{ id: capture('office.pcap'), tap: 'office' }] })
  const of = (stage: 'read' | 'prove', inputs: JobProgress['inputs']): JobProgress => {
    return { stage, fraction: 0.5, packets: 9, inputs }
  }
  expect(queue.taps()).toEqual([])
  threads[0]!.listener.onProgress!(of('read', [{ packets: 9, drops: 2 }]))
  const { capture: number } = job(0).inputs[0]!
  expect(queue.taps()).toEqual([
    {
      capture: number,
      name: 'office.pcap',
      tap: 'office',
      isLive: false,
      packetsPerSecond: null,
      drops: 2,
      lagSeconds: null,
      stopped: null,
    },
  ])
  threads[0]!.listener.onProgress!(of('prove', []))
  expect(queue.taps()).toEqual([])
  await finish(0)
  expect(queue.taps()).toEqual([])
})

describe('refused', () => {
  const refused = (request: Parameters<JobQueue['start']>[0], reason: string, field: string): Promise<void> =>
    expect(queue.start(request)).rejects.toMatchObject({ reason, field })

  test('no capture, unknown ones, ones that are gone', async () => {
    const gone = capture()
    await queue.start({ captures: [{ id: gone }] })
    await finish(0)
    forgetCapture(store, gone, 1)
    await refused({ captures: [] }, 'unusable', 'captures')
    await refused({ captures: [{ id: 99 }] }, 'not-found', 'captures')
    await refused({ captures: [{ id: gone }] }, 'not-found', 'captures')
  })

  test('taps that are no names, or the same twice, and a capture twice', async () => {
    const [a, b] = [capture('x.pcap'), capture('x.pcapng')]
    await refused({ captures: [{ id: a, tap: '../x' }] }, 'unusable', 'captures')
    await refused({ captures: [{ id: a }, { id: b }] }, 'unusable', 'captures')
    await refused(
      {
        captures: [
          { id: a, tap: 'a' },
          { id: a, tap: 'b' },
        ],
      },
      'unusable',
      'captures',
    )
  })

  test('a configuration with errors, which names the line', async () => {
    const request = { captures: [{ id: capture() }], config: 'services:\n  - nam: x\n' }
    await expect(queue.start(request)).rejects.toMatchObject({
      field: 'config',
      message: expect.stringMatching(/:2:/),
    })
  })

  test('more than may wait', async () => {
    const id = capture()
    const insert = store.db.prepare("INSERT INTO analysis (state, created) VALUES ('queued', 1)")
    for (let i = 0; i < QUEUE_MAX; i++) insert.run()
    await expect(queue.start({ captures: [{ id }] })).rejects.toMatchObject({ reason: 'busy' })
  })
})

describe('cancelling', () => {
  test('what runs: its thread is asked, and the answer waits for its end', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    let isOver = false
    const cancelled = queue.cancel(id).then(() => (isOver = true))
    await new Promise((later) => setTimeout(later, 5))
    expect([threads[0]!.wishes, isOver]).toEqual([['cancel'], false])
    endAnalysis(store, id, { state: 'cancelled', error: null, summary: null, at: 9 })
    await threads[0]!.end({ state: 'cancelled' })
    await cancelled
    expect(state(id)).toEqual({ state: 'cancelled', error: null })
  })

  test('what waits', async () => {
    await queue.start({ captures: [{ id: capture() }] })
    const id = await queue.start({ captures: [{ id: capture() }] })
    await queue.cancel(id)
    expect(state(id)).toEqual({ state: 'cancelled', error: null })
    await finish(0)
    expect(threads).toHaveLength(1)
  })

  test('what is over, or was never there, is refused', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    await finish(0)
    await expect(queue.cancel(id)).rejects.toMatchObject({ reason: 'conflict' })
    await expect(queue.cancel(99)).rejects.toMatchObject({ reason: 'not-found' })
  })
})

describe('removing', () => {
  test('is done in a thread', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    await finish(0)
    const removed = queue.remove(id)
    expect(threads[1]!.order).toEqual({ kind: 'delete', database: store.path, analysis: id })
    await threads[1]!.end(done)
    await removed
  })

  test('is refused while it runs', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    await expect(queue.remove(id)).rejects.toMatchObject({ reason: 'conflict' })
  })
})

describe('a thread that dies', () => {
  test('fails its job, and the next one runs', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    await queue.start({ captures: [{ id: capture() }] })
    await threads[0]!.end({ state: 'died', reason: 'it needed more memory than the server may use' })
    expect(threads[1]!.order).toMatchObject({
      kind: 'discard',
      analysis: id,
      state: 'failed',
      error: 'The analysis broke down: it needed more memory than the server may use.',
    })
    await threads[1]!.end(done)
    expect(threads[2]!.order).toMatchObject({ kind: 'job' })
  })
})

describe('after a restart', () => {
  test('what ran is taken up first, then what waited; a lost key log is told', async () => {
    const first = await queue.start({ captures: [{ id: capture() }], keylog: 'CLIENT_RANDOM 00 11' })
    beginAnalysis(store, first, 2)
    const second = await queue.start({ captures: [{ id: capture() }] })
    threads = []
    queue = newQueue()
    queue.resume()
    expect(job(0)).toMatchObject({
      analysis: first,
      keylog: null,
      note: expect.stringMatching(/key logs are not stored/),
    })
    await finish(0)
    expect(job(1)).toMatchObject({ analysis: second, note: null })
  })

  test('what was published only has to be proved', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    beginAnalysis(store, id, 2)
    store.db.prepare('UPDATE analysis SET published = 1').run()
    threads = []
    queue = newQueue()
    queue.resume()
    expect(job(0)).toMatchObject({ analysis: id, isPublished: true })
  })

  test('what a command line analyses into the same database is left alone', async () => {
    const { id: capturing } = addCapture(store, { sha256: null, name: 'x', size: 1, stored: null, at: 1 })
    const id = addAnalysis(store, { inputs: [{ capture: capturing, tap: '' }], config: null, at: 2 })
    const release = claimAnalysis(store, id)
    beginAnalysis(store, id, 7)
    queue = newQueue()
    queue.resume()
    expect([threads, state(id)]).toEqual([[], { state: 'running', error: null }])
    await expect(queue.cancel(id)).rejects.toMatchObject({ reason: 'conflict' })
    release()
  })

  test('what a command line left that was killed is cleared', () => {
    const id = addAnalysis(store, { inputs: [{ capture: capture(), tap: '' }], config: null, at: 2 })
    beginAnalysis(store, id, 7)
    writeFileSync(`${store.path}-analysis-${id}`, '')
    queue = newQueue()
    queue.resume()
    expect(threads.map(({ order }) => order)).toEqual([{ kind: 'clear', database: store.path }])
  })

  test('a job during which the server ended too often is not tried again', async () => {
    const id = await queue.start({ captures: [{ id: capture() }] })
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      beginAnalysis(store, id, 2)
      threads = []
      queue = newQueue()
      queue.resume()
      expect(threads.map(({ order }) => order)).toMatchObject([{ kind: 'job', analysis: id }])
    }
    beginAnalysis(store, id, 2)
    threads = []
    queue = newQueue()
    queue.resume()
    expect(threads.map(({ order }) => order)).toEqual([
      {
        kind: 'discard',
        database: store.path,
        analysis: id,
        state: 'failed',
        error: expect.stringMatching(/^The server ended 3 times while it worked on this/),
      },
    ])
  })

  test('a capture that has gone fails its job in words', async () => {
    const capturing = capture('lost.pcap')
    await queue.start({ captures: [{ id: capture() }] })
    const id = await queue.start({ captures: [{ id: capturing }] })
    forgetCapture(store, capturing, 3)
    await finish(0)
    expect(state(id)).toEqual({ state: 'failed', error: 'lost.pcap is not kept any more: upload it again.' })
  })

  test("a job without a configuration has the server's", async () => {
    queue = newQueue('ignore: [10.0.0.1]')
    await queue.start({ captures: [{ id: capture() }] })
    await queue.start({ captures: [{ id: capture() }], config: 'ignore: []' })
    await finish(0)
    expect([job(0).config, job(1).config]).toEqual(['ignore: [10.0.0.1]', 'ignore: []'])
  })
})

test('stopping leaves the running job, and begins no other', async () => {
  const id = await queue.start({ captures: [{ id: capture() }] })
  await queue.start({ captures: [{ id: capture() }] })
  beginAnalysis(store, id, 2)
  const stopped = queue.stop()
  expect(threads[0]!.wishes).toEqual(['leave'])
  await threads[0]!.end({ state: 'left' })
  await stopped
  expect([threads.length, state(id)]).toEqual([1, { state: 'running', error: null }])
  await expect(queue.start({ captures: [{ id: capture() }] })).rejects.toMatchObject({ reason: 'busy' })
})

test('key logs wait in bounded memory', async () => {
  const keylog = ' '.repeat(KEYLOGS_CHARACTERS_MAX / 4)
  const ask = () => queue.start({ captures: [{ id: capture() }], keylog })
  // The first one begins at once, and takes its key log along.
  for (let i = 0; i < 5; i++) await ask()
  await expect(ask()).rejects.toMatchObject({ reason: 'busy', field: 'keylog' })
  await queue.start({ captures: [{ id: capture() }] })
  await finish(0)
  await ask()
})
