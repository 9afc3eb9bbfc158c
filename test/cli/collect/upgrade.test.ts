/** A live collection that another version of Holdfast goes on with, in the middle of a long silence. */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../../src/cli/collect/checkpoint-parts.ts'
import { collect } from '../../../src/cli/collect/collection.ts'
import type { CollectionMessage } from '../../../src/cli/collect/order.ts'
import { seconds } from '../../../src/model/time.ts'
import { beginCollection } from '../../../src/store/live.ts'
import { openStore } from '../../../src/store/store.ts'
import { ROOT } from '../../source-tree.ts'
import { folder } from '../../store/database.ts'
import { begin, finish, kill, type Order, pause, told, withVictims } from './victims.ts'
import { freePort } from '../../free-port.ts'

/**
 * Ten minutes of four agents that hold a connection each, and of one that comes every 20 s. The first speaks
 * every 100 s, the second is silent until the end and is then answered; the third is silent as long, the
 * fourth for 340 s, and a firewall that forgets after 300 s cuts them when they speak again.
 */
const LEFT = join(ROOT, 'test/cli/collect/format-3')
const leftBy3 = (name: string): Buffer => gunzipSync(readFileSync(join(LEFT, `${name}.gz`)))
const CAPTURE = leftBy3('ring.pcap')
/** Octets of the first 390 s, by when the fourth was cut and the third is silent; packets, and of all. */
const [EARLY, EARLY_PACKETS, PACKETS] = [16_931, 218, 318]

interface Story {
  readonly path: string
  readonly ring: string
  order(name: string): Order
}

function story(until = CAPTURE.length): Story {
  const path = folder()
  const ring = join(path, 'ring')
  mkdirSync(ring)
  writeFileSync(join(ring, '00.pcap'), CAPTURE.subarray(0, until))
  return {
    path,
    ring,
    order: (name) => ({
      database: join(path, `${name}.db`),
      collector: 'ring',
      tap: '',
      source: { kind: 'folder', path: ring },
      config: 'services: [{ name: dlp, ports: [10443], connections: persistent, idleThreshold: 60s }]',
      plainSecrets: false,
      resolveAfter: seconds(86_400),
      checkpointEvery: 50_000,
    }),
  }
}

/** Collects until so many packets were read in all, and ends in good order. What it said. */
async function collected(order: Order, packets: number): Promise<string[]> {
  const wish = new SharedArrayBuffer(4)
  const said: string[] = []
  const tell = (message: CollectionMessage): void => {
    if ('says' in message && !/behind by|caught up/.test(message.says)) said.push(message.says)
    if ('live' in message && message.live.packets >= packets) Atomics.store(new Int32Array(wish), 0, 1)
  }
  expect(await collect({ ...order, wish }, tell)).toEqual({ state: 'stopped' })
  return said
}

withVictims()

const BODY_AT = 40

/** As another version would have left it. */
function keptOtherwise(path: string, parts: readonly Part[]): void {
  for (const name of readdirSync(path).filter((one) => /\.checkpoint(-before)?$/.test(one))) {
    const octets = readFileSync(join(path, name))
    const its = deserialize(octets.subarray(BODY_AT)) as { formats: Record<string, number> }
    for (const part of parts) its.formats[part] = 99
    const body = serialize(its)
    const head = octets.subarray(0, BODY_AT)
    createHash('sha256').update(body).digest().copy(head, 8)
    writeFileSync(join(path, name), Buffer.concat([head, body]))
  }
}

type Told = ReturnType<typeof told>

const whole = async (): Promise<Told> => {
  const { order } = story()
  await collected(order('whole'), PACKETS)
  return told(order('whole').database)
}

const GOES_ON = /^ring: goes on from \S+Z with 16 open connections/

/** Without what the upper half had learned before: what the incident is about as a whole, and that the reset
 * of a connection that had ended before was not its server's. */
const withoutLearned = (answer: Told): Told => ({
  ...answer,
  incidents: answer.incidents.map((row) => ({ ...(row as object), title: '' })),
  connections: answer.connections.map((row) => {
    const { end_reason: why, ...its } = row as { end_reason: number }
    return { ...its, isReset: why === 4 || why === 5 }
  }),
})

const LEARNED_ANEW = [
  ['passing', 'what was half received'],
  ['incidents', 'the account of incidents so far'],
] as const

describe('after an upgrade in the middle of a silence', () => {
  test.each(LEARNED_ANEW)('that keeps %s otherwise, it is as if there had been none', async (part, named) => {
    const its = story(EARLY)
    await collected(its.order('upgraded'), EARLY_PACKETS)
    keptOtherwise(its.path, [part])
    appendFileSync(join(its.ring, '00.pcap'), CAPTURE.subarray(EARLY))
    const said = await collected(its.order('upgraded'), PACKETS)
    expect(said).toEqual([expect.stringMatching(GOES_ON)])
    expect(said[0]).toContain(`; ${named}: learned anew, as another version of Holdfast kept it otherwise`)
    expect(told(its.order('upgraded').database)).toEqual(await whole())
  })

  test('that keeps nothing but connections, the silence is told, and nothing twice', async () => {
    const its = story(EARLY)
    await collected(its.order('upgraded'), EARLY_PACKETS)
    keptOtherwise(its.path, ['passing', 'incidents', 'journal'])
    appendFileSync(join(its.ring, '00.pcap'), CAPTURE.subarray(EARLY))
    const [said] = await collected(its.order('upgraded'), PACKETS)
    expect(said).toMatch(
      /16 open connections; what was half received; .*; who is who, and what was learned of it: learned anew/,
    )
    const answer = told(its.order('upgraded').database)
    expect(withoutLearned(answer)).toEqual(withoutLearned(await whole()))
    const silences = answer.occurrences.map(
      (row) =>
        (JSON.parse((row as { details: string }).details) as { silenceSeconds: number }).silenceSeconds,
    )
    expect(silences).toEqual([expect.closeTo(340, 0), expect.closeTo(600, 0)])
    // The version after that one finds everything.
    const [again] = await collected(its.order('upgraded'), PACKETS)
    expect(again).toMatch(/^ring: goes on from \S+Z with \d+ open connections$/)
    expect(told(its.order('upgraded').database)).toEqual(answer)
  })

  test('that keeps connections otherwise, it goes on behind what was read', async () => {
    const its = story(EARLY)
    await collected(its.order('upgraded'), EARLY_PACKETS)
    const before = told(its.order('upgraded').database)
    keptOtherwise(its.path, ['packets'])
    const said = await collected(its.order('upgraded'), 0)
    expect(said).toEqual([
      expect.stringMatching(
        /^ring: .*\.checkpoint is of another version of Holdfast \(open connections have format 99, this one reads 1, 2, 3\); goes on behind what was read; connections that are open are learned anew$/,
      ),
    ])
    expect(told(its.order('upgraded').database)).toEqual({ ...before, analyses: [{ n: 2 }] })
  })
})

test.each(['truncated', 'removed'])('a journal that is %s costs no connection', async (how) => {
  const its = story(EARLY)
  await collected(its.order('damaged'), EARLY_PACKETS)
  const name = readdirSync(its.path).find((one) => one.endsWith('.journal-0'))!
  if (how === 'truncated') truncateSync(join(its.path, name), 100)
  else writeFileSync(join(its.path, name), '')
  appendFileSync(join(its.ring, '00.pcap'), CAPTURE.subarray(EARLY))
  const said = await collected(its.order('damaged'), PACKETS)
  expect(said).toEqual([expect.stringMatching(GOES_ON)])
  expect(said[0]).toContain(
    '; who is who, and what was learned of it: learned anew, as its journal cannot be',
  )
  expect(withoutLearned(told(its.order('damaged').database))).toEqual(withoutLearned(await whole()))
})

const BEGINS_ANEW =
  'ring: its checkpoint is of another database, or of another kind of source; collection begins anew'

test('of a database that was replaced, the journal is not that of the one before', async () => {
  const its = story(EARLY)
  const order = its.order('replaced')
  await collected(order, EARLY_PACKETS)
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${order.database}${suffix}`, { force: true })
  expect(await collected(order, EARLY_PACKETS)).toEqual([BEGINS_ANEW])
  const journals = readdirSync(its.path).filter((one) => one.includes('.journal-'))
  expect(journals).toEqual([expect.stringMatching(/journal-1$/)])
  appendFileSync(join(its.ring, '00.pcap'), CAPTURE.subarray(EARLY))
  await collected(order, PACKETS)
  expect(told(order.database)).toEqual(await whole())
})

test('a collector that takes flow records from now on begins anew', async () => {
  const its = story(EARLY)
  const order = its.order('turned')
  await collected(order, EARLY_PACKETS)
  const flows = { kind: 'flows', transport: 'udp', host: '127.0.0.1', port: await freePort() } as const
  const source = { ...flows, activeTimeout: seconds(60), allTraffic: false }
  expect(await collected({ ...order, source }, 0)).toEqual([BEGINS_ANEW])
  // And back: the ring is read from its beginning.
  expect(await collected(order, EARLY_PACKETS)).toEqual([BEGINS_ANEW])
})

test('what format 3 left is read, but for what was half received', async () => {
  const its = story()
  const order = its.order('three')
  const store = openStore(order.database)
  const { analysis } = beginCollection(store, { collector: 'ring', name: '', tap: '', at: 0, config: null })
  store.close()
  const base = `${order.database}-live-ring-16b97458`
  writeFileSync(`${base}.checkpoint`, leftBy3('ring.checkpoint'))
  writeFileSync(`${base}.journal-0`, leftBy3('ring.journal'))
  expect(await collected(order, PACKETS)).toEqual([
    'ring: goes on from 2026-11-22T02:01:59Z with 16 open connections; what was half received: learned anew, as another version of Holdfast kept it otherwise',
  ])
  const [answer, expected] = [told(order.database), await whole()]
  // What it had told already stands in its own database.
  expect(analysis).toBe(1)
  expect(answer.occurrences).toEqual(expected.occurrences.slice(1))
  expect(answer.connections).toHaveLength(12)
  expect(expected.connections).toEqual(expect.arrayContaining(answer.connections))
})

test('killed, and upgraded at once, six times: every silence once', { timeout: 120_000 }, async () => {
  const its = story(24)
  const order = its.order('killed')
  const cuts = [24, 3_000, 6_003, 9_001, 12_002, 15_007, CAPTURE.length]
  for (let round = 0; round < 6; round++) {
    const victim = begin(order)
    await victim.told((message) => 'live' in message)
    appendFileSync(join(its.ring, '00.pcap'), CAPTURE.subarray(cuts[round], cuts[round + 1]))
    await pause((round * 137) % 400)
    await kill(victim)
    keptOtherwise(its.path, ['passing', 'incidents', 'journal'])
  }
  await finish(begin(order), PACKETS)
  expect(withoutLearned(told(order.database))).toEqual(withoutLearned(await whole()))
})
