/**
 * What a relay chose, in columns: there may be two thousand choices of each relay and service, and each as an
 * object would take three times as much. Objects are made of them when somebody asks.
 */
import type { ConnectionId } from '../../model/connection.ts'
import type { Assignment } from '../../model/event.ts'
import type { Agent, Server } from '../../model/party.ts'
import type { Micros } from '../../model/time.ts'

/** What it is known by, and what it may have gone by, as it was made. */
export interface Chosen {
  readonly connection: ConnectionId
  readonly at: Micros
  readonly packet: number
  readonly server: Server
  readonly among: number
  readonly fewest: number
  readonly isFewest: boolean
  readonly open: number
}

/** Numbers of a row. */
const CONNECTION = 0
const AT = 1
const PACKET = 2
/** NaN for null. */
const SINCE_FIRST = 3
const SINCE_LAST = 4
const NUMBERS = 5
/** Small numbers of a row. */
const SERVER = 0
/** 0 for null, else one more than the server's place. */
const PREVIOUS = 1
const AMONG = 2
const FEWEST = 3
const OPEN = 4
const FLAGS = 5
const SMALL = 6

const IS_FEWEST = 1
const CARRIED = 2

const FIRST_ROOM = 16

export class ChoiceRows {
  length = 0
  private numbers = new Float64Array(FIRST_ROOM * NUMBERS)
  private small = new Uint32Array(FIRST_ROOM * SMALL)
  private readonly agents: (Agent | null)[] = []
  /** Most relays set none. */
  private readonly cookies = new Map<number, string>()
  private readonly servers: Server[] = []

  /** The number of the new row. */
  add({ connection, at, packet, server, among, fewest, isFewest, open }: Chosen): number {
    const row = this.length++
    if (row * NUMBERS === this.numbers.length) this.grow()
    const { numbers, small } = this
    const n = row * NUMBERS
    numbers[n + CONNECTION] = connection
    numbers[n + AT] = at
    numbers[n + PACKET] = packet
    numbers[n + SINCE_FIRST] = NaN
    numbers[n + SINCE_LAST] = NaN
    const s = row * SMALL
    small[s + SERVER] = this.placeOf(server)
    small[s + PREVIOUS] = 0
    small[s + AMONG] = among
    small[s + FEWEST] = fewest
    small[s + OPEN] = open
    small[s + FLAGS] = isFewest ? IS_FEWEST : 0
    this.agents.push(null)
    return row
  }

  /** When the last one was made; -Infinity without any. */
  get lastAt(): Micros {
    return this.length === 0 ? -Infinity : this.numbers[(this.length - 1) * NUMBERS + AT]!
  }

  /** In the order in which they were added. */
  *connections(): Generator<ConnectionId> {
    for (let row = 0; row < this.length; row++) yield this.numbers[row * NUMBERS + CONNECTION]!
  }

  atOf(row: number): Micros {
    return this.numbers[row * NUMBERS + AT]!
  }

  agentOf(row: number): Agent | null {
    return this.agents[row]!
  }

  setAgent(row: number, agent: Agent): void {
    this.agents[row] = agent
  }

  /** Where the agent was before, and for how long. */
  setPrevious(row: number, previous: Server, sinceFirst: Micros, sinceLast: Micros): void {
    this.small[row * SMALL + PREVIOUS] = this.placeOf(previous) + 1
    this.numbers[row * NUMBERS + SINCE_FIRST] = sinceFirst
    this.numbers[row * NUMBERS + SINCE_LAST] = sinceLast
  }

  setCookie(row: number, cookie: string | null): void {
    if (cookie !== null) this.cookies.set(row, cookie)
  }

  /** It carried data of an agent. */
  isCarried(row: number): boolean {
    return (this.small[row * SMALL + FLAGS]! & CARRIED) !== 0
  }

  setCarried(row: number, isCarried: boolean): void {
    const at = row * SMALL + FLAGS
    this.small[at] = isCarried ? this.small[at]! | CARRIED : this.small[at]! & ~CARRIED
  }

  /** Those that carried data, in order of time, made by `until`; the latest `most` of them. */
  inOrder(until: Micros = Infinity, most = Infinity): readonly Assignment[] {
    const rows: number[] = []
    for (let row = 0; row < this.length; row++)
      if (this.isCarried(row) && this.atOf(row) <= until) rows.push(row)
    rows.sort((a, b) => this.atOf(a) - this.atOf(b))
    return (rows.length > most ? rows.slice(-most) : rows).map((row) => this.assignment(row))
  }

  /** A copy of the latest of those that carried data. */
  latest(most: number): ChoiceRows {
    const copy = new ChoiceRows()
    for (const one of this.inOrder(Infinity, most)) {
      const { agent, previous, sinceFirst, sinceLast, cookie, open = 0 } = one
      const row = copy.add({ ...one, open })
      if (agent !== null) copy.setAgent(row, agent)
      if (previous !== null) copy.setPrevious(row, previous, sinceFirst!, sinceLast!)
      copy.setCookie(row, cookie)
      copy.setCarried(row, true)
    }
    return copy
  }

  private assignment(row: number): Assignment {
    const { numbers, small, servers } = this
    const n = row * NUMBERS
    const s = row * SMALL
    const previous = small[s + PREVIOUS]!
    return {
      connection: numbers[n + CONNECTION]!,
      at: numbers[n + AT]!,
      packet: numbers[n + PACKET]!,
      server: servers[small[s + SERVER]!]!,
      agent: this.agents[row]!,
      previous: previous === 0 ? null : servers[previous - 1]!,
      sinceFirst: previous === 0 ? null : numbers[n + SINCE_FIRST]!,
      sinceLast: previous === 0 ? null : numbers[n + SINCE_LAST]!,
      cookie: this.cookies.get(row) ?? null,
      among: small[s + AMONG]!,
      fewest: small[s + FEWEST]!,
      isFewest: (small[s + FLAGS]! & IS_FEWEST) !== 0,
      open: small[s + OPEN]!,
    }
  }

  /** A relay has few servers. */
  private placeOf(server: Server): number {
    const known = this.servers.indexOf(server)
    return known >= 0 ? known : this.servers.push(server) - 1
  }

  private grow(): void {
    const numbers = new Float64Array(this.numbers.length * 2)
    numbers.set(this.numbers)
    this.numbers = numbers
    const small = new Uint32Array(this.small.length * 2)
    small.set(this.small)
    this.small = small
  }
}
