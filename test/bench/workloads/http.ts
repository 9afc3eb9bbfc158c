/**
 * Workload `http`: a million packets of HTTP/1.1 on 20,000 keep-alive connections: requests with cookies and
 * an agent's header, responses of 200 to 1,400 octets of which one in four sets one or two cookies.
 */
import { createAgenda } from '../agenda.ts'
import { createRandom } from '../../scenario/random.ts'
import type { Random } from '../../scenario/random.ts'
import { ACK, FIN, PSH, SYN, Traffic } from '../traffic.ts'
import type { Payload } from '../traffic.ts'
import { placeHosts, START } from './hosts.ts'

const CONNECTIONS = 20_000,
  AGENTS = 2_000,
  SERVERS = 4
const SECOND = 1e6,
  MILLISECOND = 1e3
const TEMPLATES = 64 // of each kind: enough that no two neighbours on the wire are alike

const HEX = '0123456789abcdef'
const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.pick([...HEX])).join('')

/** What goes around the messages of all connections: nothing, or TLS. */
export interface Dress {
  /** Flights between the handshake of TCP and the first request: the client's, the server's, in turn. */
  readonly flights: number
  flight(connection: number, number: number): Payload
  /** What stands on the wire instead of a message that `half` sends. */
  seal(half: number, message: Payload): Payload
}

/** A message with places for hexadecimal digits that are written afresh each time it is sent. */
interface Message extends Payload {
  readonly fresh: readonly number[]
}

const FRESH = '????????' // eight digits

function message(text: string): Message {
  const fresh = [...text.matchAll(/\?{8}/g)].map((match) => match.index)
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  return { bytes, start: 0, length: bytes.length, sum: -1, fresh }
}

function refresh(m: Message, random: Random): Payload {
  for (const at of m.fresh) {
    const bits = random.bits()
    for (let i = 0; i < 8; i++) m.bytes[at + i] = HEX.charCodeAt((bits >>> (4 * i)) & 15)
  }
  return m
}

function requests(random: Random): Message[] {
  return Array.from({ length: TEMPLATES }, (_, i) =>
    message(
      [
        i % 4 === 0
          ? `GET /omc/policy?rev=${FRESH} HTTP/1.1`
          : `GET /webmail/folder/${hex(random, 6)}?page=${i} HTTP/1.1`,
        'Host: keys.example.com',
        'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) Agent/10.5',
        'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
        'Accept-Encoding: gzip, deflate',
        `Cookie: JSESSIONID=${FRESH}${FRESH}; BIGipServerpool_keys=${random.between(1e8, 4e9)}.20480.0000`,
        `X-Agent-Id: ${FRESH}`,
        'Connection: keep-alive',
        '',
        '',
      ].join('\r\n'),
    ),
  )
}

function setCookies(i: number): string[] {
  if (i % 4 !== 0) return []
  const session = `Set-Cookie: JSESSIONID=${FRESH}${FRESH}; Path=/; Secure; HttpOnly`
  return i % 8 === 0 ? [session, `Set-Cookie: SERVERID=node${i % 3}; path=/`] : [session]
}

function responses(random: Random): Message[] {
  return Array.from({ length: TEMPLATES }, (_, i) => {
    const body = `${FRESH}${hex(random, random.between(0, 900))}`
    return message(
      [
        i % 16 === 5 ? 'HTTP/1.1 302 Found' : 'HTTP/1.1 200 OK',
        'Date: Sat, 21 Nov 2026 02:00:00 GMT',
        'Server: Apache-Coyote/1.1',
        ...setCookies(i),
        'Cache-Control: no-cache',
        'Content-Type: text/html;charset=UTF-8',
        `Content-Length: ${body.length}`,
        'Connection: keep-alive',
        '',
        body,
      ].join('\r\n'),
    )
  })
}

interface Life {
  traffic: Traffic
  random: Random
  requests: Message[]
  responses: Message[]
  left: Uint8Array
  dress: Dress | null
}

/** A request; now and then a pause before it. */
function afterExchange(life: Life, connection: number): number {
  const left = (life.left[connection] = life.left[connection]! - 1)
  life.traffic.step[connection] = (left === 0 ? 6 : 3) + (life.dress?.flights ?? 0)
  return life.random.between(50, 40_000) * MILLISECOND
}

function advance(life: Life, connection: number, time: number): number {
  const { traffic, random } = life,
    agent = 2 * connection,
    server = agent + 1,
    step = traffic.step[connection]!
  const { dress } = life,
    flight = step - 3,
    flights = dress?.flights ?? 0
  traffic.step[connection] = step + 1
  if (dress !== null && flight >= 0 && flight < flights) {
    traffic.send(time, flight % 2 === 0 ? agent : server, PSH | ACK, dress.flight(connection, flight))
    return 12_000
  }
  const say = (half: number, message: Payload): void =>
    traffic.send(time, half, PSH | ACK, dress === null ? message : dress.seal(half, message))
  switch (step < 3 ? step : step - flights) {
    case 0:
      return (traffic.send(time, agent, SYN), 12_000)
    case 1:
      return (traffic.send(time, server, SYN | ACK), 100)
    case 2:
      return (traffic.send(time, agent, ACK), 300)
    case 3:
      return (say(agent, refresh(random.pick(life.requests), random)), 15_000)
    case 4:
      return (say(server, refresh(random.pick(life.responses), random)), 40_000)
    case 5:
      return (traffic.send(time, agent, ACK), afterExchange(life, connection))
    case 6:
      return (traffic.send(time, server, FIN | ACK), 12_000)
    case 7:
      return (traffic.send(time, agent, FIN | ACK), 12_000)
    default:
      return (traffic.send(time, server, ACK), -1)
  }
}

/** The workload; `dressed` makes what goes around the messages. */
export function generateHttp(
  path: string,
  dressed: ((connections: number) => Dress) | null = null,
): Traffic['counts'] {
  const random = createRandom(4),
    agenda = createAgenda(CONNECTIONS),
    traffic = new Traffic(path, CONNECTIONS)
  const life: Life = {
    traffic,
    random,
    requests: requests(random),
    responses: responses(random),
    left: new Uint8Array(CONNECTIONS),
    dress: dressed === null ? null : dressed(CONNECTIONS),
  }
  placeHosts(traffic, CONNECTIONS, AGENTS, SERVERS, dressed === null ? 80 : 443)
  for (let who = 0; who < CONNECTIONS; who++) {
    life.left[who] = random.between(10, 20)
    agenda.add(START + random.between(0, 3_000 * SECOND), who)
  }
  for (let who = agenda.take(); who >= 0; who = agenda.take()) {
    const wait = advance(life, who, agenda.now)
    if (wait >= 0) agenda.add(agenda.now + wait, who)
  }
  traffic.close()
  return traffic.counts
}
