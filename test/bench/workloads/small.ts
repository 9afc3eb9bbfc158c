/**
 * Workload `small`: 1.4 million packets of 30,000 connections from 2,000 agents to 4 servers within an hour,
 * frames of 60 to 220 octets: handshakes, small requests and answers (half opaque, half TLS records), keep-
 * alives, ends by FIN and RST.
 */
import { createAgenda } from '../agenda.ts'
import { createOpaque, createTls } from '../payloads.ts'
import type { TlsWords } from '../payloads.ts'
import { createRandom } from '../../scenario/random.ts'
import type { Random } from '../../scenario/random.ts'
import { ACK, FIN, PSH, RST, SYN, Traffic } from '../traffic.ts'
import type { Payload } from '../traffic.ts'
import { placeHosts, START } from './hosts.ts'

export const CONNECTIONS = 30_000
const AGENTS = 2_000,
  SERVERS = 4
const SECOND = 1e6,
  MILLISECOND = 1e3

// The steps of a connection's life; REQUEST, ANSWER, ACKNOWLEDGE repeat.
const OPEN = 0,
  ACCEPT = 1,
  ESTABLISH = 2,
  HELLO = 3,
  SERVER_HELLO = 4,
  FINISHED = 5,
  REQUEST = 6,
  ANSWER = 7,
  ACKNOWLEDGE = 8,
  PROBE = 9,
  PROBE_ANSWER = 10,
  CLOSE = 11,
  CLOSE_TOO = 12,
  LAST = 13,
  ABORT = 14
const OVER = -1

interface Life {
  traffic: Traffic
  random: Random
  tls: TlsWords
  opaque: (length: number) => Payload
  /** Exchanges that a connection has still to make; round trip in microseconds. */
  left: Uint8Array
  roundTrip: Uint32Array
  encrypted: Uint8Array
}

function begin(life: Life, connection: number): void {
  const { random } = life
  life.left[connection] = random.between(8, 18)
  life.roundTrip[connection] = random.between(2, 60) * MILLISECOND
  life.encrypted[connection] = connection & 1
  life.traffic.timestamps[connection] = (connection >> 1) & 1
}

function words(life: Life, connection: number, low: number, high: number): Payload {
  const length = life.random.between(low, high)
  return life.encrypted[connection] === 1 ? life.tls.applicationData(length) : life.opaque(length)
}

/** What follows an exchange, and after how long: another, a probe in the silence, or the end. */
function afterExchange(life: Life, connection: number): number {
  const { random, traffic } = life
  const left = (life.left[connection] = life.left[connection]! - 1)
  if (left === 0) {
    traffic.step[connection] = random.chance(0.1) ? ABORT : CLOSE
    return random.between(1, 20) * SECOND
  }
  const probes = random.chance(0.05)
  traffic.step[connection] = probes ? PROBE : REQUEST
  return probes ? 45 * SECOND : random.between(2_000, 120_000) * MILLISECOND
}

/** Sends the segment of this step; returns the time to the next one, or OVER. */
function advance(life: Life, connection: number, time: number): number {
  const { traffic, tls, roundTrip, encrypted } = life
  const agent = 2 * connection,
    server = agent + 1,
    step = traffic.step[connection]!
  const wait = roundTrip[connection]!,
    secret = encrypted[connection] === 1
  traffic.step[connection] = step + 1
  switch (step) {
    case OPEN:
      return (traffic.send(time, agent, SYN), wait)
    case ACCEPT:
      return (traffic.send(time, server, SYN | ACK), 100)
    case ESTABLISH:
      traffic.send(time, agent, ACK)
      if (!secret) traffic.step[connection] = REQUEST
      return MILLISECOND
    case HELLO:
      return (traffic.send(time, agent, PSH | ACK, tls.clientHello()), wait)
    case SERVER_HELLO:
      return (traffic.send(time, server, PSH | ACK, tls.serverHello()), MILLISECOND)
    case FINISHED:
      return (traffic.send(time, agent, PSH | ACK, tls.clientFinished()), MILLISECOND)
    case REQUEST:
      return (traffic.send(time, agent, PSH | ACK, words(life, connection, 20, 140)), wait)
    case ANSWER:
      return (traffic.send(time, server, PSH | ACK, words(life, connection, 10, 140)), 40 * MILLISECOND)
    case ACKNOWLEDGE:
      return (traffic.send(time, agent, ACK), afterExchange(life, connection))
    case PROBE:
      return (traffic.send(time, agent, ACK, undefined, 1), wait)
    case PROBE_ANSWER:
      traffic.send(time, server, ACK)
      traffic.step[connection] = REQUEST
      return 30 * SECOND
    case CLOSE:
      return (traffic.send(time, agent, FIN | ACK), wait)
    case CLOSE_TOO:
      return (traffic.send(time, server, FIN | ACK), 100)
    case LAST:
      return (traffic.send(time, agent, ACK), OVER)
    default:
      return (traffic.send(time, agent, RST | ACK), OVER)
  }
}

export function generateSmall(path: string): Traffic['counts'] {
  const random = createRandom(1),
    agenda = createAgenda(CONNECTIONS),
    traffic = new Traffic(path, CONNECTIONS)
  const life: Life = {
    traffic,
    random,
    tls: createTls(random, 'dlp.example.com'),
    opaque: createOpaque(random),
    left: new Uint8Array(CONNECTIONS),
    roundTrip: new Uint32Array(CONNECTIONS),
    encrypted: new Uint8Array(CONNECTIONS),
  }
  placeHosts(traffic, CONNECTIONS, AGENTS, SERVERS, 10_443)
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    begin(life, connection)
    agenda.add(START + random.between(0, 2_300 * SECOND), connection)
  }
  for (let who = agenda.take(); who >= 0; who = agenda.take()) {
    const wait = advance(life, who, agenda.now)
    if (wait !== OVER) agenda.add(agenda.now + wait, who)
  }
  traffic.close()
  return traffic.counts
}
