/**
 * Batches of connections into their table. Several rows go with one statement: that halves the cost of a
 * row, of which most is the four indexes.
 */
import { addressNumber } from '../model/address.ts'
import { SECOND } from '../model/time.ts'
import { AT, type ConnectionBatch, NONE, WIDTH } from './connection-batch.ts'
import { END_REASONS, HANDSHAKES } from './codes.data.ts'
import type { Counters } from './counters.ts'
import type { Names } from './names.ts'
import { prepared, type Store } from './store.ts'

/** Rows of one statement. */
const ROWS_AT_ONCE = 32
const OPEN = END_REASONS.indexOf('open')

const COLUMNS = [
  'analysis, input, number, service, agent, server, client_address, client_port, server_address, server_port',
  'start, "end", end_reason, client_bytes, server_bytes, max_idle, idle_before_end, survived, tap, stream, rest',
].join(', ')
/** Of each row: analysis, input and tap are those of the statement. */
const VALUES = 18

/** Binding is most of the cost in JavaScript: what rows have in common is bound once. */
function insertOf(rows: number): string {
  const row = '($analysis,$input,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,$tap,?,?)'
  return `INSERT OR FAIL INTO connection (${COLUMNS}) VALUES ${new Array<string>(rows).fill(row).join(',')}`
}

/** What the texts of the dictionary mean here, by their numbers. */
interface Meanings {
  readonly texts: string[]
  readonly addresses: (Buffer | undefined)[]
  readonly services: (number | undefined)[]
  readonly agents: (number | undefined)[]
  /** By service. */
  readonly servers: Map<number, (number | undefined)[]>
  readonly inputs: (number | undefined)[]
}

const meanings = (): Meanings => ({
  texts: [],
  addresses: [],
  services: [],
  agents: [],
  servers: new Map(),
  inputs: [],
})

export interface ConnectionRows {
  /** Within the caller's transaction. */
  insert(batch: ConnectionBatch): void
}

/** `inputOf`: the place of a tap's capture among the inputs. */
export function connectionRows(
  store: Store,
  analysis: number,
  { names, counters, inputOf }: { names: Names; counters: Counters; inputOf: (tap: string) => number },
): ConnectionRows {
  const many = prepared(store, insertOf(ROWS_AT_ONCE))
  const one = prepared(store, insertOf(1))
  let known = meanings()
  return {
    insert({ rows, numbers, fresh, texts }) {
      if (fresh) known = meanings()
      for (const text of texts) known.texts.push(text)
      let values: unknown[] = []
      let tap = NONE
      const write = (): void => {
        const input = (known.inputs[tap] ??= inputOf(known.texts[tap]!))
        const shared = { analysis, input, tap: known.texts[tap]! }
        if (values.length === ROWS_AT_ONCE * VALUES) many.run(...values, shared)
        else
          for (let at = 0; at < values.length; at += VALUES) one.run(...values.slice(at, at + VALUES), shared)
        values = []
      }
      for (let row = 0; row < rows; row++) {
        const its = numbers[row * WIDTH + AT.tap]!
        if (values.length > 0 && (its !== tap || values.length === ROWS_AT_ONCE * VALUES)) write()
        tap = its
        pushRow(values, numbers, row * WIDTH, { known, names, counters })
      }
      if (values.length > 0) write()
    },
  }
}

/** Appends the values of a row, and counts it. */
function pushRow(
  values: unknown[],
  n: Float64Array,
  at: number,
  { known, names, counters }: { known: Meanings; names: Names; counters: Counters },
): void {
  const start = n[at + AT.start]!
  const end = n[at + AT.end]!
  const service = serviceOf(known, names, n[at + AT.service]!, start)
  const server = service === null ? null : serverOf(known, names, service, n, at)
  const endReason = n[at + AT.endReason]!
  const clientBytes = n[at + AT.clientBytes]!
  const serverBytes = n[at + AT.serverBytes]!
  const survived = n[at + AT.survived]!
  const stream = n[at + AT.stream]!
  values.push(
    n[at + AT.number]!,
    service,
    agentOf(known, names, n[at + AT.agent]!, start),
    server,
    addressOf(known, n[at + AT.clientAddress]!),
    n[at + AT.clientPort]!,
    addressOf(known, n[at + AT.serverAddress]!),
    n[at + AT.serverPort]!,
    start,
    end,
    endReason,
    clientBytes,
    serverBytes,
    n[at + AT.maxIdle]!,
    n[at + AT.idleBeforeEnd]!,
    survived,
    stream === NONE ? null : stream,
    restOf(n, at, known),
  )
  const bytes = clientBytes + serverBytes
  const rtt = n[at + AT.handshakeRtt]!
  counters.connection(service ?? 0, server ?? 0, start, end, endReason === OPEN, bytes, rtt, survived)
}

function serviceOf(known: Meanings, names: Names, text: number, seen: number): number | null {
  if (text === NONE) return null
  return (known.services[text] ??= names.service(known.texts[text]!, seen))
}

function agentOf(known: Meanings, names: Names, text: number, seen: number): number | null {
  if (text === NONE) return null
  return (known.agents[text] ??= names.agent(known.texts[text]!, seen))
}

function serverOf(
  known: Meanings,
  names: Names,
  service: number,
  n: Float64Array,
  at: number,
): number | null {
  const text = n[at + AT.server]!
  if (text === NONE) return null
  let servers = known.servers.get(service)
  if (servers === undefined) known.servers.set(service, (servers = []))
  const address = known.texts[n[at + AT.serverAddress]!]!
  return (servers[text] ??= names.server(service, known.texts[text]!, address, n[at + AT.serverPort]!))
}

const addressOf = (known: Meanings, text: number): Buffer =>
  (known.addresses[text] ??= addressBytes(known.texts[text]!))

/** 4 or 16 octets; none for what is no address. */
export function addressBytes(address: string): Buffer {
  const number = addressNumber(address)
  if (number === null) return Buffer.alloc(0)
  return Buffer.from(number.value.toString(16).padStart(number.version === 4 ? 8 : 32, '0'), 'hex')
}

/** The members of `REST_MEMBERS`, the path if there is one. The Community ID follows from the addresses. */
function restOf(n: Float64Array, at: number, known: Meanings): string {
  const rtt = n[at + AT.handshakeRtt]!
  const tls = n[at + AT.tls]!
  const path = n[at + AT.path]!
  const requests = n[at + AT.requests]!
  const http = requests === NONE ? 'null' : `{"requests":${requests},"responses":${n[at + AT.responses]!}}`
  return `[null,"${HANDSHAKES[n[at + AT.handshake]!]!}",${rtt === NONE ? 'null' : rtt / SECOND},${
    n[at + AT.clientPackets]!
  },${n[at + AT.serverPackets]!},${n[at + AT.clientUniqueBytes]!},${n[at + AT.serverUniqueBytes]!},${
    n[at + AT.retransmissions]!
  },${n[at + AT.outOfOrder]!},${n[at + AT.keepAlives]!},${n[at + AT.captureDuplicates]!},${
    tls === NONE ? 'null' : known.texts[tls]!
  },${http}${path === NONE ? '' : `,${known.texts[path]!}`}]`
}
