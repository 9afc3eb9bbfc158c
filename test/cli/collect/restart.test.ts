/** Killed without warning, again and again, while it collects. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FILE_FORMAT } from '../../../src/cli/collect/checkpoint.ts'
import type { CollectionOrder } from '../../../src/cli/collect/order.ts'
import { seconds } from '../../../src/model/time.ts'
import { openStore } from '../../../src/store/store.ts'
import { type Frame, framesOf } from '../../pipeline/reader.ts'
import { pcapHeader, pcapRecord } from '../../scenario/pcap-writer.ts'
import { firewall, scenario, STORY_START } from '../../scenario/scenario.ts'
import { folder } from '../../store/database.ts'
import {
  begin,
  finish,
  kept,
  kill,
  type Order,
  pause,
  rows,
  told,
  type Victim,
  withVictims,
} from './victims.ts'

const ROUNDS = 50
const ROUND_SECONDS = 20

withVictims()

/**
 * Three agents that keep a connection each: one that speaks every 100 s, one that is silent until the end and
 * is then answered, though the firewall would have forgotten it after 5000 s, and one whose firewall forgets
 * after 300 s. A fourth comes anew in every round.
 */
function frames(): Frame[] {
  const strict = scenario({ seed: 1 }).behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
  const lenient = scenario({ seed: 2 }).behind(firewall({ idle: seconds(5_000), forgets: 'rst-on-next' }))
  const cut = strict.connect('10.0.0.7', '192.0.2.10:10443')
  const kept = lenient.connect('10.0.0.5', '192.0.2.10:10443')
  const quiet = lenient.connect('10.0.0.6', '192.0.2.10:10443')
  for (const { agent, server } of [cut, kept, quiet]) {
    agent.sends('hello')
    server.sends('welcome')
  }
  for (let round = 0; round < ROUNDS; round++) {
    const passing = lenient.connect('10.0.0.8', '192.0.2.10:10443')
    passing.agent.sends(`round ${round}`)
    passing.server.sends('noted')
    passing.agent.closes()
    if (round % 5 === 4) {
      kept.agent.sends('heartbeat')
      kept.server.sends('ok')
    }
    lenient.wait(seconds(ROUND_SECONDS))
    strict.wait(seconds(ROUND_SECONDS))
  }
  quiet.agent.sends('still there')
  quiet.server.sends('so am I')
  cut.agent.sends('still there')
  strict.wait(seconds(1))
  return [strict, lenient]
    .flatMap((story) => framesOf(story.captures().get('client')!))
    .toSorted((a, b) => a.time - b.time)
}

const recordOf = ({ time, bytes }: Frame): Uint8Array =>
  pcapRecord({ seconds: Math.floor(time / 1e6), fraction: time % 1e6, bytes })

const roundOf = ({ time }: Frame): number =>
  Math.min(ROUNDS - 1, Math.floor((time - STORY_START) / seconds(ROUND_SECONDS)))

const order = (database: string, source: CollectionOrder['source']): Order => ({
  database,
  collector: 'ring',
  tap: '',
  source,
  config: 'services: [{ name: dlp, ports: [10443], connections: persistent, idleThreshold: 60s }]',
  plainSecrets: false,
  resolveAfter: seconds(86_400),
  checkpointEvery: 50_000,
})

test('a ring of files, killed fifty times: as if it had never been', { timeout: 300_000 }, async () => {
  const path = folder()
  const ring = join(path, 'ring')
  mkdirSync(ring)
  const all = frames()
  const rounds = Map.groupBy(all, roundOf)
  const killed = order(join(path, 'killed.db'), { kind: 'folder', path: ring })
  for (let round = 0; round < ROUNDS; round++) {
    const file = join(ring, `${String(Math.floor(round / 10)).padStart(2, '0')}.pcap`)
    if (round % 10 === 0) appendFileSync(file, pcapHeader())
    const write = (): void => {
      for (const frame of rounds.get(round) ?? []) appendFileSync(file, recordOf(frame))
    }
    // Some packets come while it is down, some while it begins, some while it collects.
    if (round % 3 === 0) write()
    const victim = begin(killed)
    if (round % 3 === 1) write()
    await victim.told((message) => 'began' in message || 'says' in message)
    if (round % 3 === 2) write()
    await pause((round * 37) % 200)
    await kill(victim)
  }
  await finish(begin(killed), all.length)
  const whole = order(join(path, 'whole.db'), { kind: 'folder', path: ring })
  await finish(begin(whole), all.length)
  const answer = told(killed.database)
  expect(answer).toEqual(told(whole.database))
  expect(answer.connections).toHaveLength(ROUNDS - 11)
  // The one that was silent through all of it is the same connection: it was cut after a thousand seconds.
  const severed = answer.occurrences.filter((row) => (row as { type: string }).type === 'severed-idle')
  expect(severed).toHaveLength(1)
  expect(JSON.parse((severed[0] as { details: string }).details)).toMatchObject({
    signature: 'rst-on-next',
    silenceSeconds: expect.closeTo(ROUNDS * ROUND_SECONDS, -1) as number,
  })
})

test('killed before it was time for a checkpoint: nothing is told twice', async () => {
  const path = folder()
  const ring = join(path, 'ring')
  mkdirSync(ring)
  const all = frames()
  appendFileSync(join(ring, '00.pcap'), Buffer.concat([pcapHeader(), ...all.map(recordOf)]))
  const rarely = (database: string): Order => ({
    ...order(join(path, database), { kind: 'folder', path: ring }),
    checkpointEvery: seconds(3600),
  })
  const killed = rarely('killed.db')
  const victim = begin(killed)
  await victim.told((message) => 'live' in message && message.live.packets >= all.length)
  await kill(victim)
  expect(told(killed.database).connections).not.toEqual([])
  await finish(begin(killed), all.length)
  const whole = rarely('whole.db')
  await finish(begin(whole), all.length)
  expect(told(killed.database)).toEqual(told(whole.database))
})

test('after an upgrade that cannot read its checkpoint, nothing is told twice', async () => {
  const path = folder()
  const ring = join(path, 'ring')
  mkdirSync(ring)
  const all = frames()
  appendFileSync(join(ring, '00.pcap'), Buffer.concat([pcapHeader(), ...all.map(recordOf)]))
  const its = order(join(path, 'upgraded.db'), { kind: 'folder', path: ring })
  await finish(begin(its), all.length)
  const before = told(its.database)
  const kept = readdirSync(path).filter((name) => /\.checkpoint(-before)?$/.test(name))
  expect(kept).not.toEqual([])
  for (const name of kept) {
    const octets = readFileSync(join(path, name))
    octets.writeUInt32LE(FILE_FORMAT + 1, 4)
    writeFileSync(join(path, name), octets)
  }
  const upgraded = begin(its)
  const said = await upgraded.told((message) => 'says' in message)
  expect(said).toMatchObject({ says: expect.stringContaining('another version of Holdfast') as string })
  await upgraded.told((message) => 'live' in message)
  upgraded.process.stdin!.write('end\n')
  await upgraded.ended
  expect(told(its.database)).toEqual({ ...before, analyses: [{ n: 2 }] })
})

test('pcap over IP, killed ten times: what was missed is blind', async () => {
  const database = join(folder(), 'blind.db')
  const all = frames()
  const sockets: Socket[] = []
  const came: ((socket: Socket) => void)[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    sockets.push(socket)
    came.shift()?.(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const its = order(database, {
    kind: 'connect',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
  })
  const sent = async (from: number, to: number): Promise<Victim> => {
    const socket = new Promise<Socket>((resolve) => came.push(resolve))
    const victim = begin(its)
    const some = all.filter((frame) => roundOf(frame) >= from && roundOf(frame) < to)
    ;(await socket).write(Buffer.concat([pcapHeader(), ...some.map(recordOf)]))
    return victim
  }
  const first = await sent(0, 2)
  await kept(first, 21)
  await kill(first)
  for (let round = 1; round < 10; round++) {
    // Of five rounds, three are missed.
    const victim = await sent(round * 5, round * 5 + 2)
    await victim.told((message) => 'began' in message)
    await pause((round * 37) % 150)
    await kill(victim)
  }
  const last = await sent(ROUNDS - 1, ROUNDS)
  const state = await last.told((message) => 'live' in message && message.live.blindSeconds > ROUND_SECONDS)
  last.process.stdin!.write('end\n')
  await last.ended
  if (!('live' in state)) throw new Error('no state')
  expect(state.live.blind.at(-1)).toMatchObject({ why: 'Holdfast was not running' })
  const store = openStore(database, { readOnly: true })
  // Silent across all of it, then answered or cut: no others are claimed to be lost.
  expect(rows(store, "SELECT agent_address AS address FROM occurrence WHERE type LIKE 'severed%'")).toEqual([
    { address: '10.0.0.7' },
  ])
  const numbers = rows(store, 'SELECT number FROM connection').map(
    (row) => (row as { number: number }).number,
  )
  expect(new Set(numbers).size).toBe(numbers.length)
  const [quality] = rows(store, 'SELECT quality FROM analysis_input') as { quality: string }[]
  expect((JSON.parse(quality!.quality) as { blindSeconds: number }).blindSeconds).toBeGreaterThan(0)
  store.close()
})
