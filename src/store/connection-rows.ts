/**
 * Batches of connections into their table. Several rows go with one statement: that halves the cost of a
 * row, of which most is the four indexes.
 */
import { addressNumber } from '../model/address.ts'
import { AT, type ConnectionBatch, NONE, WIDTH } from './connection-batch.ts'
import { END_REASONS } from './codes.data.ts'
import { type FactsPacker, factsPacker, FLOW_NUMBERS, NUMBERS, OPTIONAL_NUMBERS } from './connection-facts.ts'
import type { Counters } from './counters.ts'
import type { Names } from './names.ts'
import { prepared, type Store } from './store.ts'

/** Rows of one statement. */
const ROWS_AT_ONCE = 32
const OPEN = END_REASONS.indexOf('open')

const COLUMNS =
  'analysis, input, number, service, agent, server, start, "end", end_reason, survived, tap, facts'
/** Of each row: analysis, input and tap are those of the statement. */
const VALUES = 9

/** Binding is most of the cost in JavaScript: what rows have in common is bound once. */
function insertOf(rows: number): string {
  const row = '($analysis,$input,?,?,?,?,?,?,?,?,$tap,?)'
  return `INSERT OR FAIL INTO connection (${COLUMNS}) VALUES ${new Array<string>(rows).fill(row).join(',')}`
}

/** An agent at a service whose server is hidden; where it has a session, that tells more. */
const PLACE = `INSERT OR IGNORE INTO placement (agent, service, server, session, "end") VALUES (?, ?, '', 0, 0)`
/** Agents remembered as placed, over all services; beyond it, they are placed again, which changes
 * nothing. */
const PLACED_MAX = 1 << 18

/** Places each agent of a service once, as far as it is remembered. */
function hiddenPlaces(store: Store): (agent: number, service: number) => void {
  const place = prepared(store, PLACE)
  const placed = new Map<number, Set<number>>()
  let size = 0
  return (agent, service) => {
    let agents = placed.get(service)
    if (agents === undefined) placed.set(service, (agents = new Set()))
    if (agents.has(agent)) return
    if (size >= PLACED_MAX) {
      for (const others of placed.values()) others.clear()
      size = 0
    }
    agents.add(agent)
    size++
    place.run(agent, service)
  }
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
  readonly packer: FactsPacker
}

const meanings = (): Meanings => ({
  texts: [],
  addresses: [],
  services: [],
  agents: [],
  servers: new Map(),
  inputs: [],
  packer: factsPacker(),
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
  const place = hiddenPlaces(store)
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
        pushRow(values, numbers, row * WIDTH, { known, names, counters, place })
      }
      if (values.length > 0) write()
    },
  }
}

interface RowParts {
  readonly known: Meanings
  readonly names: Names
  readonly counters: Counters
  place(agent: number, service: number): void
}

/** Appends the values of a row, and counts it. */
function pushRow(
  values: unknown[],
  n: Float64Array,
  at: number,
  { known, names, counters, place }: RowParts,
): void {
  const start = n[at + AT.start]!
  const end = n[at + AT.end]!
  const service = serviceOf(known, names, n[at + AT.service]!, start)
  const server = service === null ? null : serverOf(known, names, service, n, at)
  const agent = agentOf(known, names, n[at + AT.agent]!, start)
  if (agent !== null && service !== null && server === null) place(agent, service)
  const endReason = n[at + AT.endReason]!
  const clientBytes = n[at + AT.clientBytes]!
  const serverBytes = n[at + AT.serverBytes]!
  const survived = n[at + AT.survived]!
  values.push(
    n[at + AT.number]!,
    service,
    agent,
    server,
    start,
    end,
    endReason,
    survived,
    packed(known, n, at),
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

const NUMBER_COLUMNS = NUMBERS.map((name) => AT[name])
const OPTIONAL_COLUMNS = OPTIONAL_NUMBERS.map((name) => AT[name])
const FLOW_COLUMNS = FLOW_NUMBERS.map((name) => AT[name])

/** The Community ID follows from the addresses: it is not kept. */
function packed(known: Meanings, n: Float64Array, at: number): Buffer {
  const { packer } = known
  const tls = textOf(known, n[at + AT.tls]!)
  const path = textOf(known, n[at + AT.path]!)
  const name = textOf(known, n[at + AT.resolvedName]!)
  packer.begin(
    addressOf(known, n[at + AT.clientAddress]!),
    addressOf(known, n[at + AT.serverAddress]!),
    tls.length + path.length + name.length,
  )
  for (const column of NUMBER_COLUMNS) packer.number(n[at + column]!)
  for (const column of OPTIONAL_COLUMNS) packer.optional(n[at + column]!)
  packer.text(tls)
  packer.text(path)
  packer.text(name)
  if (n[at + AT.maxIdleAtMost]! !== NONE) for (const column of FLOW_COLUMNS) packer.optional(n[at + column]!)
  return packer.end()
}

const textOf = (known: Meanings, text: number): string => (text === NONE ? '' : known.texts[text]!)
