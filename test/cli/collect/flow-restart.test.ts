/** Flow records, and a collection that is killed without warning, again and again. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { openStore } from '../../../src/store/store.ts'
import { folder } from '../../store/database.ts'
import { connected, datagrams, exporterTo, ipfixMessages, type Message, visit } from '../flow-story.ts'
import { UPTIME } from '../../scenario/exports.ts'
import { begin, finish, kept, kill, type Order, rows, told, withVictims } from './victims.ts'
import { freePort } from '../../free-port.ts'

const ROUNDS = 6
const ROUND_SECONDS = 200

withVictims()

const CONFIG = `services:
  - name: dlp
    ports: [10443]
    connections: persistent
    idleThreshold: 60s
    persistence: sticky
    servers:
      - { name: dlp1, addresses: [10.10.3.11] }
      - { name: dlp2, addresses: [10.10.3.12] }
`

type Transport = 'udp' | 'tcp'

const order = (database: string, port: number, transport: Transport): Order => ({
  database,
  collector: 'routers',
  tap: '',
  source: {
    kind: 'flows',
    transport,
    host: '127.0.0.1',
    port,
    activeTimeout: seconds(60),
    allTraffic: false,
  },
  config: CONFIG,
  plainSecrets: false,
  resolveAfter: seconds(86_400),
  checkpointEvery: 50_000,
})

const [SYN_ACK_PSH, ACK_PSH, RST] = [0x1a, 0x18, 0x04]

/** What passed in a moment of a connection that is held. */
function piece(at: number, agent: number, [up, down]: readonly [number, number]): Message {
  const first = UPTIME + Math.round(at * 1000)
  const source = `10.0.0.${agent}`
  const common = { packets: 2, octets: 400 }
  const there = { source, sourcePort: 39_999, destination: '10.10.3.11', destinationPort: 10_443, flags: up }
  const back = {
    source: '10.10.3.11',
    sourcePort: 10_443,
    destination: source,
    destinationPort: 39_999,
    flags: down,
    ...(down === RST ? { packets: 1, octets: 40 } : common),
  }
  return {
    at,
    records: [
      { ...common, ...there, first, last: first + 10 },
      { ...common, ...back, first: first + 5, last: first + 10 },
    ],
  }
}

/**
 * An agent that comes every 20 s, in the third round to the other server; one that holds a connection and
 * speaks every 100 s; two that are silent from the first round to the last, one of whom is then cut.
 */
function storyOf(round: number): Message[] {
  const from = round * ROUND_SECONDS
  const visits = Array.from({ length: 10 }, (_, i) => {
    const server = round === 2 && i > 4 ? '10.10.3.12' : '10.10.3.11'
    return visit(from + 20 * i, '10.0.0.5', server, 40_000 + 10 * round + i)
  })
  const first = round === 0 ? SYN_ACK_PSH : ACK_PSH
  const held = [piece(from + 3, 8, [first, first]), piece(from + 103, 8, [ACK_PSH, ACK_PSH])]
  const quiet = round === 0 ? [piece(4, 6, [first, first]), piece(5, 7, [first, first])] : []
  const end = from + 190
  const last =
    round === ROUNDS - 1 ? [piece(end + 1, 6, [ACK_PSH, ACK_PSH]), piece(end + 2, 7, [ACK_PSH, RST])] : []
  return [...visits, ...held, ...quiet, ...last].toSorted((a, b) => a.at - b.at)
}

/** So much later that all of it is known. */
const AFTER = visit(ROUNDS * ROUND_SECONDS + 3000, '10.0.0.9', '10.10.3.11', 50_000)

const messagesOf = (sent: readonly Message[][]): number => sent.reduce((n, { length }) => n + length, 0)

/** Messages of each round; the last round's are followed by what makes all of it known. */
function rounds(): Message[][] {
  const all = Array.from({ length: ROUNDS }, (_, round) => storyOf(round))
  all.at(-1)!.push(AFTER)
  return all
}

interface Exporter {
  /** Sends; what nobody takes is lost. */
  send(messages: readonly Message[]): Promise<void>
  close(): void
}

/** NetFlow v5 from one port, numbered throughout. */
async function overUdp(port: number): Promise<Exporter> {
  const socket = await exporterTo(port)
  let sequence = 0
  return {
    send(messages) {
      const bytes = datagrams(messages, sequence)
      sequence += messages.reduce((n, { records }) => n + records.length, 0)
      return socket.send(bytes)
    },
    close: socket.close,
  }
}

/** IPFIX; each time in a connection of its own, which lasts until the collector's end. */
function overTcp(port: number): Promise<Exporter> {
  return Promise.resolve({
    async send(messages) {
      const socket = await connected(port)
      socket?.on('error', () => socket.destroy())
      socket?.write(Buffer.concat(ipfixMessages(messages)))
    },
    close: () => undefined,
  })
}

const TRANSPORTS = [
  ['udp', overUdp],
  ['tcp', overTcp],
] as const

type Told = ReturnType<typeof told>

const typesIn = (answer: Told): string[] => answer.occurrences.map((row) => (row as { type: string }).type)

/** Numbers of another connection over TCP do not tell that nothing was missed before it: no silence is
 * proved that lasted across. */
const withoutSilences = (answer: Told): Told => ({
  ...answer,
  occurrences: answer.occurrences.filter((row) => !isOfSilence(row)),
  incidents: answer.incidents.filter((row) => !isOfSilence(row)),
})

/** The story may pass midnight, where a collection begins another analysis: how many there are depends on
 * when it looks. */
const withoutDays = (answer: Told): Told => ({ ...answer, analyses: [] })

const isOfSilence = (row: unknown): boolean => (row as { type: string }).type === 'server-idle-close'

test.each(TRANSPORTS)(
  'over %s, killed in every round, none of which was missed: as if it had never been',
  {
    timeout: 180_000,
  },
  async (transport, exporterAt) => {
    const [path, port] = [folder(), await freePort()]
    const exporter = await exporterAt(port)
    onTestFinished(exporter.close)
    const sent = rounds()
    const killed = order(join(path, 'killed.db'), port, transport)
    for (const [round, messages] of sent.slice(0, -1).entries()) {
      const victim = begin(killed)
      await victim.told((message) => 'began' in message)
      await exporter.send(messages)
      await kept(victim, messagesOf(sent.slice(0, round + 1)))
      await kill(victim)
    }
    const after = begin(killed)
    await after.told((message) => 'began' in message)
    await exporter.send(sent.at(-1)!)
    const state = await finish(after, messagesOf(sent))
    expect(state).toMatchObject({ live: { flows: { lost: 0, exporters: 1 } } })

    const whole = order(join(path, 'whole.db'), port, transport)
    const uninterrupted = begin(whole)
    await uninterrupted.told((message) => 'began' in message)
    for (const messages of sent) await exporter.send(messages)
    await finish(uninterrupted, messagesOf(sent))
    const [answer, expected] = [killed, whole].map(({ database }) => withoutDays(told(database))) as [
      Told,
      Told,
    ]
    // Its silence began before the first of the deaths.
    expect(typesIn(expected)).toContain('server-idle-close')
    expect(answer).toEqual(transport === 'udp' ? expected : withoutSilences(expected))
    expect(answer.connections).toHaveLength(10 * ROUNDS + 1)
    expect(typesIn(answer).filter((type) => type === 'server-hop')).toHaveLength(2)
  },
)

test.each(TRANSPORTS)(
  'over %s, what was missed is blind, and nothing rests on it',
  { timeout: 180_000 },
  async (transport, exporterAt) => {
    const [path, port] = [folder(), await freePort()]
    const exporter = await exporterAt(port)
    onTestFinished(exporter.close)
    const sent = rounds()
    const its = order(join(path, 'blind.db'), port, transport)
    const first = begin(its)
    await first.told((message) => 'began' in message)
    await exporter.send(sent[0]!)
    await kept(first, sent[0]!.length)
    await kill(first)
    // Nobody takes what is sent now.
    await exporter.send(sent.slice(1, -1).flat())
    const last = begin(its)
    await last.told((message) => 'began' in message)
    await exporter.send(sent.at(-1)!)
    const state = await finish(last, messagesOf([sent[0]!, sent.at(-1)!]))
    if (!('live' in state)) throw new Error('no state')
    const { live } = state
    // Over TCP, numbers begin anew with each connection: none of them tells what nobody took.
    const lost = transport === 'udp' ? 2 * messagesOf(sent.slice(1, -1)) : 0
    expect(live.flows!.lost).toBe(lost)
    expect(live.blind).toMatchObject([{ why: 'Holdfast was not running' }])
    expect(live.blindSeconds).toBeGreaterThan((ROUNDS - 2) * ROUND_SECONDS)
    expect(typesIn(told(its.database))).toEqual([])
    const store = openStore(its.database, { readOnly: true })
    const numbers = rows(store, 'SELECT number FROM connection').map(
      (row) => (row as { number: number }).number,
    )
    expect([numbers.length, new Set(numbers).size]).toEqual([21, 21])
    const [row] = rows(store, 'SELECT quality FROM analysis_input') as { quality: string }[]
    expect(JSON.parse(row!.quality)).toMatchObject({ interfaceDrops: lost })
    store.close()
  },
)
