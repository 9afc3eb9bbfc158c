/**
 * A network's exports as they are sent, in NetFlow v5 messages of 30 records that bear the present time. Two
 * of them are of the configured service, a record for each direction: at 150,000 records/s that is 50,000
 * agents each of which holds a connection, of which a slice is told every 15 s, and opens one every 30 s. The
 * others are TCP of other ports and UDP.
 */
import { RECORDS } from './generate.ts'

const AGENTS_COUNT = 50_000
/** How often a slice of a held connection is told at 150,000 records/s. */
export const ACTIVE_SECONDS = 15
const SERVICE_PORT = 10_443
const SERVER = 0xc0a8_0101
const SERVERS = 16
const AGENTS = 0x0a00_0000
const OTHER_HOSTS = 0x0a80_0000
const OTHER_HOSTS_COUNT = 50_000
/** Of so many messages, one tells of a new connection, the others of held ones. */
const VISIT_EVERY = 3
/** Records of a message: of the service, of other TCP; the rest is UDP. */
const SERVICE_RECORDS = 2
const TCP_RECORDS = 21

const HEADER = 24
const RECORD = 48
const UPTIME = 2 ** 30
const [SYN_TO_FIN, ACK_PSH] = [0x1b, 0x18]
const [TCP, UDP] = [6, 17]

export const NETWORK_CONFIG = `services:
  - name: dlp
    ports: [${SERVICE_PORT}]
    persistence: sticky
    servers: [${Array.from({ length: SERVERS }, (_, i) => `{ name: dlp${i + 1}, addresses: [192.168.1.${i + 1}] }`).join(', ')}]
`

interface Record {
  readonly source: number
  readonly destination: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly first: number
  readonly last: number
  readonly flags: number
  readonly protocol: number
}

export interface Network {
  /** The next message, sent at `now` in milliseconds; valid until the next call. */
  next(now: number): Buffer
}

export function network(): Network {
  const message = Buffer.alloc(HEADER + RECORD * RECORDS)
  message.writeUInt16BE(5, 0)
  message.writeUInt16BE(RECORDS, 2)
  const begun = Date.now()
  let n = 0
  return {
    next(now) {
      const uptime = UPTIME + now - begun
      message.writeUInt32BE(uptime, 4)
      message.writeUInt32BE(Math.floor(now / 1000), 8)
      message.writeUInt32BE((now % 1000) * 1e6, 12)
      message.writeUInt32BE((n * RECORDS) % 2 ** 32, 16)
      for (let i = 0; i < RECORDS; i++) put(message, HEADER + RECORD * i, recordOf(n, i, uptime))
      n++
      return message
    },
  }
}

function recordOf(n: number, i: number, uptime: number): Record {
  if (i >= SERVICE_RECORDS) return otherRecord(n, i, uptime)
  const turn = Math.floor(n / VISIT_EVERY)
  if (n % VISIT_EVERY === 0) return visitRecord(turn, i, uptime)
  return heldRecord(((VISIT_EVERY - 1) * turn + (n % VISIT_EVERY) - 1) % AGENTS_COUNT, i, uptime)
}

/** A connection's direction: 0 from the agent, 1 back. */
function between(agent: number, port: number, direction: number) {
  const server = SERVER + (agent % SERVERS)
  return direction === 0
    ? { source: agent, destination: server, sourcePort: port, destinationPort: SERVICE_PORT }
    : { source: server, destination: agent, sourcePort: SERVICE_PORT, destinationPort: port }
}

function heldRecord(connection: number, direction: number, uptime: number): Record {
  const last = uptime - 500 + direction
  const first = last - 1000 * (ACTIVE_SECONDS - 1)
  return { ...between(AGENTS + connection, 40_000, direction), first, last, flags: ACK_PSH, protocol: TCP }
}

function visitRecord(n: number, direction: number, uptime: number): Record {
  const agent = AGENTS + ((Math.imul(n, 7919) >>> 0) % AGENTS_COUNT)
  const first = uptime - 1500 + direction
  return {
    ...between(agent, 20_000 + (n % 19_000), direction),
    first,
    last: first + 900,
    flags: SYN_TO_FIN,
    protocol: TCP,
  }
}

function otherRecord(n: number, i: number, uptime: number): Record {
  const word = Math.imul(n * RECORDS + i, 0x9e37_79b1) >>> 0
  const isTcp = i < SERVICE_RECORDS + TCP_RECORDS
  return {
    source: OTHER_HOSTS + (word % OTHER_HOSTS_COUNT),
    destination: OTHER_HOSTS + ((word >>> 8) % OTHER_HOSTS_COUNT),
    sourcePort: 20_000 + (word % 40_000),
    destinationPort: isTcp ? 443 : 53,
    first: uptime - 4000,
    last: uptime - 1000,
    flags: isTcp ? SYN_TO_FIN : 0,
    protocol: isTcp ? TCP : UDP,
  }
}

function put(b: Buffer, at: number, r: Record): void {
  b.writeUInt32BE(r.source, at)
  b.writeUInt32BE(r.destination, at + 4)
  b.writeUInt32BE(12, at + 16)
  b.writeUInt32BE(4000, at + 20)
  b.writeUInt32BE(r.first, at + 24)
  b.writeUInt32BE(r.last, at + 28)
  b.writeUInt16BE(r.sourcePort, at + 32)
  b.writeUInt16BE(r.destinationPort, at + 34)
  b[at + 37] = r.flags
  b[at + 38] = r.protocol
}
