/**
 * Workload `large`: 2 GB of full 1514-octet segments with an acknowledgment for every two, 400 bulk transfers
 * interleaved within ten minutes; half of the streams are opaque, half are TLS records of 16 KiB after a
 * resumed handshake.
 */
import { createAgenda } from '../agenda.ts'
import { createOpaque, createTls } from '../payloads.ts'
import type { TlsWords } from '../payloads.ts'
import { createRandom } from '../../scenario/random.ts'
import { ACK, FIN, PSH, SYN, Traffic } from '../traffic.ts'
import type { Payload } from '../traffic.ts'
import { placeHosts, START } from './hosts.ts'

const CONNECTIONS = 400,
  AGENTS = 400,
  SERVERS = 4
const SEGMENT = 1460,
  SEGMENTS = 3_280 // per connection: 4.8 MB, 2 GB in all
const TLS_RECORD = 16_384 + 24,
  TLS_HEADER = 5 // AES-GCM adds an explicit nonce of 8 and a tag of 16 octets
const BURST = 20,
  ROUND_TRIP = 2_000,
  WIRE_TIME = 12 // microseconds: 1514 octets at 1 Gbit/s

interface Transfer {
  traffic: Traffic
  tls: TlsWords
  opaque: (length: number) => Payload
  framed: Payload
  /** Segments sent, per connection; where in its current TLS record the stream stands. */
  sent: Uint16Array
  inRecord: Uint32Array
}

/** The next full segment of a stream of TLS records: ciphertext with record headers wherever they fall. */
function recordSegment(t: Transfer, connection: number): Payload {
  const source = t.opaque(SEGMENT),
    { framed } = t
  let at = t.inRecord[connection]!
  const nextHeader = at === 0 ? 0 : TLS_RECORD + TLS_HEADER - at
  if (at >= TLS_HEADER && nextHeader >= SEGMENT) {
    t.inRecord[connection] = (at + SEGMENT) % (TLS_RECORD + TLS_HEADER)
    return source
  }
  framed.bytes.set(source.bytes.subarray(source.start, source.start + SEGMENT))
  for (let i = 0; i < SEGMENT; i++) {
    if (at < TLS_HEADER) framed.bytes[i] = [0x17, 3, 3, TLS_RECORD >> 8, TLS_RECORD & 255][at]!
    at = (at + 1) % (TLS_RECORD + TLS_HEADER)
  }
  t.inRecord[connection] = at
  return framed
}

/** The opening, one segment a step. Steps below 6; an opaque stream skips the TLS handshake. */
function openUp({ traffic, tls }: Transfer, connection: number, time: number, step: number): number {
  const agent = 2 * connection,
    server = agent + 1
  switch (step) {
    case 0:
      return (traffic.send(time, agent, SYN), ROUND_TRIP)
    case 1:
      return (traffic.send(time, server, SYN | ACK), 50)
    case 2:
      traffic.send(time, agent, ACK)
      if ((connection & 1) === 0) traffic.step[connection] = 6
      return 200
    case 3:
      return (traffic.send(time, agent, PSH | ACK, tls.clientHello()), ROUND_TRIP)
    case 4:
      return (traffic.send(time, server, PSH | ACK, tls.serverHello()), 100)
    default:
      return (traffic.send(time, agent, PSH | ACK, tls.clientFinished()), 100)
  }
}

/**
 * One data segment from the server, an acknowledgment after every second; a pause of a round trip after a
 * burst.
 */
function transfer(t: Transfer, connection: number, time: number): number {
  const { traffic } = t,
    agent = 2 * connection
  const sent = (t.sent[connection] = t.sent[connection]! + 1)
  traffic.step[connection] = sent === SEGMENTS ? 7 : 6
  const secret = (connection & 1) === 1
  traffic.send(time, agent + 1, ACK, secret ? recordSegment(t, connection) : t.opaque(SEGMENT))
  if (sent % 2 === 0) traffic.send(time + 3, agent, ACK)
  return sent % BURST === 0 ? 170_000 : WIRE_TIME
}

function advance(t: Transfer, connection: number, time: number): number {
  const { traffic } = t,
    agent = 2 * connection,
    step = traffic.step[connection]!
  traffic.step[connection] = step + 1
  if (step < 6) return openUp(t, connection, time, step)
  switch (step) {
    case 6:
      return transfer(t, connection, time)
    case 7:
      return (traffic.send(time, agent + 1, FIN | ACK), ROUND_TRIP)
    case 8:
      return (traffic.send(time, agent, FIN | ACK), ROUND_TRIP)
    default:
      return (traffic.send(time, agent + 1, ACK), -1)
  }
}

export function generateLarge(path: string): Traffic['counts'] {
  const random = createRandom(2),
    agenda = createAgenda(CONNECTIONS),
    traffic = new Traffic(path, CONNECTIONS)
  const t: Transfer = {
    traffic,
    tls: createTls(random, 'content.example.com'),
    opaque: createOpaque(random),
    framed: { bytes: new Uint8Array(SEGMENT), start: 0, length: SEGMENT, sum: -1 },
    sent: new Uint16Array(CONNECTIONS),
    inRecord: new Uint32Array(CONNECTIONS),
  }
  placeHosts(traffic, CONNECTIONS, AGENTS, SERVERS, 10_443)
  for (let who = 0; who < CONNECTIONS; who++) agenda.add(START + random.between(0, 570_000_000), who)
  for (let who = agenda.take(); who >= 0; who = agenda.take()) {
    const wait = advance(t, who, agenda.now)
    if (wait >= 0) agenda.add(agenda.now + wait, who)
  }
  traffic.close()
  return traffic.counts
}
