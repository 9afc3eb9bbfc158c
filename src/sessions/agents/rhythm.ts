/** How often one agent comes to one service, and when somebody last heard of it. */
import type { Agent, Server, Service } from '../../model/party.ts'
import { type Endpoint, type Ends, endsBetween, type PacketReference, type Tap } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'

export interface Interval {
  readonly interval: Micros
  readonly basis: 'configured' | 'learned'
}

// What a row holds, side by side: one cache line.
const WORDS = 8
const PACKET = 0
const AT = 1
const COUNT = 2
const TRIES = 3
const LIFE_SINCE = 4
const LIFE_AT = 5
const SAMPLED = 6
const CHANCE = 7

const ROWS_AT_START = 64
const GROWTH = 1.25

/** The numbers of all rhythms. As fields they would be objects, each anywhere in memory, and some are asked
 * for with every connection of an agent. */
export class RhythmTable {
  values = new Float64Array(ROWS_AT_START * WORDS)
  private rows = 0

  /** Where the numbers of another one stand. */
  begin(): number {
    const at = this.rows++ * WORDS
    if (at === this.values.length) {
      const larger = new Float64Array(WORDS * Math.ceil((GROWTH * at) / WORDS))
      larger.set(this.values)
      this.values = larger
    }
    return at
  }

  get length(): number {
    return this.rows
  }
}

export class Rhythm {
  readonly agent: Agent
  readonly service: Service
  /** The agent's rhythm at another service. */
  readonly next: Rhythm | null
  server: Server
  tap: Tap
  /** Of the last check-in's connection: who reached whom; null: not known. */
  private from: string | null = null
  private to: Endpoint | null = null
  address: string | null = null
  isTold = false
  /** The row of its intervals, where something is to be learned from them; -1: nothing is. */
  readonly samples: number
  /** What follows from the intervals; undefined: not asked for since the last one that differed. */
  interval: Interval | null | undefined = undefined
  private readonly table: RhythmTable
  private readonly row: number

  constructor(
    table: RhythmTable,
    agent: Agent,
    service: Service,
    server: Server,
    tap: Tap,
    next: Rhythm | null,
    samples: number,
  ) {
    this.table = table
    this.row = table.begin()
    this.agent = agent
    this.service = service
    this.server = server
    this.tap = tap
    this.next = next
    this.samples = samples
    this.chance = -1
  }

  /** The last check-in's. */
  get packet(): number {
    return this.table.values[this.row + PACKET]!
  }

  /** The last check-in. */
  get at(): Micros {
    return this.table.values[this.row + AT]!
  }

  /** Check-ins of the service by then. */
  get count(): number {
    return this.table.values[this.row + COUNT]!
  }

  /** Of the last check-in's connection, as far as they are kept. */
  get ends(): Ends | null {
    return this.from === null || this.to === null ? null : endsBetween(this.from, this.to)
  }

  /** The agent checked in. */
  came(server: Server, { tap, packet, at, ends }: PacketReference, count: number): void {
    const { table, row } = this
    const { values } = table
    this.server = server
    this.tap = tap
    // Kept for each agent: of the servers there are few.
    const [from, to] = ends ?? [null, null]
    this.from = from?.address ?? null
    this.to = to?.address === server.address && to.port === server.port ? server : to
    this.isTold = false
    values[row + PACKET] = packet
    values[row + AT] = at
    values[row + COUNT] = count
    values[row + TRIES] = 0
    const life = Math.max(at, values[row + LIFE_AT]!)
    values[row + LIFE_SINCE] = life
    values[row + LIFE_AT] = life
  }

  /** Tries that failed since. */
  get tries(): number {
    return this.table.values[this.row + TRIES]!
  }

  set tries(count: number) {
    this.table.values[this.row + TRIES] = count
  }

  /** Since when the host shows signs of life without a pause of an interval. */
  get lifeSince(): Micros {
    return this.table.values[this.row + LIFE_SINCE]!
  }

  set lifeSince(time: Micros) {
    this.table.values[this.row + LIFE_SINCE] = time
  }

  /** The last of them. */
  get lifeAt(): Micros {
    return this.table.values[this.row + LIFE_AT]!
  }

  set lifeAt(time: Micros) {
    this.table.values[this.row + LIFE_AT] = time
  }

  /** Intervals seen, up to INTERVALS_MAX. */
  get sampled(): number {
    return this.table.values[this.row + SAMPLED]!
  }

  set sampled(count: number) {
    this.table.values[this.row + SAMPLED] = count
  }

  /** The probability that chance made the intervals so alike; -1: not asked for since the last one. */
  get chance(): number {
    return this.table.values[this.row + CHANCE]!
  }

  set chance(probability: number) {
    this.table.values[this.row + CHANCE] = probability
  }
}
