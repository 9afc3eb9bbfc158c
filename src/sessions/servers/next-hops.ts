/**
 * Whom servers themselves rely on (the mail server that mail is handed on to, the database): failures in a
 * row, and telling of them once for a row, whichever tap sees it.
 */
import type { NextHopFailing, Shortcoming } from '../../model/cluster-events.ts'
import type { ConfiguredService } from '../../model/deployment.ts'
import { type Endpoint, endpointText, type Tap } from '../../model/packet.ts'
import type { Server } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Surroundings } from '../follower.ts'

/** Tries of a next hop in a row that failed; one is enough that stays without an answer for so long: three
 * more SYNs (RFC 6298: after 1, 2 and 4 s). */
const TRIES = 2
const UNANSWERED: Micros = seconds(8)
/** Failures remembered of one row. */
const KEPT = 16
/** Rows remembered: of who is asked, and who asks. */
const ROWS_MAX = 4096

/** Somebody turned to a next hop; `failure` is null if it answered as it should. */
export interface Try {
  readonly service: ConfiguredService
  readonly tap: Tap
  readonly from: Endpoint
  readonly nextHop: Endpoint
  readonly failure: Shortcoming | null
  readonly attempts: number
}

interface Row {
  readonly failures: Shortcoming[]
  isTold: boolean
}

export class FailureRows {
  private readonly rows = new Map<string, Row>()
  /** When the row began that was told last, whichever tap saw it. */
  private readonly toldOf = new Map<string, Micros>()
  private readonly settle: Micros

  constructor(settle: Micros) {
    this.settle = settle
  }

  /** The failures in a row; null once one succeeded. */
  note(key: string, failure: Shortcoming | null): Row | null {
    if (failure === null) {
      this.rows.delete(key)
      return null
    }
    let row = this.rows.get(key)
    if (row === undefined) {
      row = { failures: [], isTold: false }
      if (this.rows.size < ROWS_MAX) this.rows.set(key, row)
    }
    // The first tell when it began, the last that it goes on.
    if (row.failures.length === KEPT) row.failures.pop()
    row.failures.push(failure)
    return row
  }

  goesOn(key: string, row: Row): boolean {
    return this.rows.get(key) === row
  }

  forget(key: string): void {
    this.rows.delete(key)
  }

  /** Another tap saw the same row begin, and it was told. */
  isKnown(what: string, { failures }: Row): boolean {
    const { at } = failures[0]!
    const before = this.toldOf.get(what)
    if (before !== undefined && Math.abs(at - before) <= this.settle) return true
    if (this.toldOf.size < ROWS_MAX) this.toldOf.set(what, at)
    return false
  }
}

export class NextHops {
  private readonly around: Surroundings
  private readonly rows: FailureRows
  /** Tries that nobody answered yet: their rows, by connection. */
  private readonly unanswered = new Map<number, string>()
  /** By service and who tried, a server's name or an address: the latest next hop that failed. */
  private readonly failing = new Map<string, NextHopFailing>()

  constructor(around: Surroundings) {
    this.around = around
    this.rows = new FailureRows(around.settle)
  }

  /** The next hop of a service, by its name, that failed last for one of its servers. */
  latestOf(service: string, server: Pick<Server, 'name' | 'address'>): NextHopFailing | undefined {
    return (
      this.failing.get(failingKey(service, server.name)) ??
      this.failing.get(failingKey(service, server.address))
    )
  }

  /** A connection opened: if it was tried in vain, the answer came late. */
  opened(connection: number): void {
    const key = this.unanswered.get(connection)
    if (key !== undefined) this.rows.forget(key)
  }

  tried({ service, tap, from, nextHop, failure, attempts }: Try): void {
    const what = `${service.name}|${from.address}|${endpointText(nextHop)}`
    const key = `${tap}|${what}`
    const row = this.rows.note(key, failure)
    if (row === null || failure === null) return
    const { inventory, services, later, tell } = this.around
    const name = inventory.rolesOf(from.address).serverOf[0]?.server.name ?? null
    const told = (): void => {
      const event: NextHopFailing = {
        kind: 'next-hop-failing',
        service: services.configured(service.name),
        nextHop,
        from,
        name,
        failures: [...row.failures],
        attempts,
      }
      const whose = failingKey(service.name, name ?? from.address)
      if (this.failing.has(whose) || this.failing.size < ROWS_MAX) this.failing.set(whose, event)
      if (row.isTold) return
      row.isTold = true
      if (!this.rows.isKnown(what, row)) tell(event)
    }
    if (row.failures.length >= TRIES) told()
    else if (failure.manner === 'unanswered') {
      if (this.unanswered.size < ROWS_MAX) this.unanswered.set(failure.connection, key)
      later(failure.at + UNANSWERED, () => {
        this.unanswered.delete(failure.connection)
        if (this.rows.goesOn(key, row)) told()
      })
    }
  }
}

const failingKey = (service: string, who: string): string => `${service}|${who}`
