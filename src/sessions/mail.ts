/**
 * Checks that a load balancer makes of its servers, and the mail servers that those pass mail to.
 *
 * A check of SMTP wants 220 (article 156803); a proxy says it only once it has reached its next hop, so that
 * the port is open and the check fails all the same. What a relay opens at an SMTP port counts, mail or
 * check: both meet the same greeting.
 */
import type { NextHopFailing, Shortcoming } from '../model/cluster-events.ts'
import type { ConfiguredService } from '../model/deployment.ts'
import type * as O from '../model/observation.ts'
import { type Endpoint, endpointText, type Tap } from '../model/packet.ts'
import type { Server } from '../model/party.ts'
import { isRecordReference } from '../model/record-reference.ts'
import type { SmtpReply } from '../model/smtp.ts'
import { SECOND, seconds, type Micros } from '../model/time.ts'
import type { Follower, Surroundings } from './follower.ts'
import { contains } from './inventory.ts'
import type { TrackedSighting } from './sighting.ts'

/**
 * Checks that failed in a row before a server counts as down: HAProxy's default, `fall 3`; NetScaler's 3
 * retries, F5's 16 s at one in 5 s.
 */
const FALL = 3
/** Tries of a next hop in a row that failed; one is enough that stays without an answer for so long: three
 * more SYNs (RFC 6298: after 1, 2 and 4 s). */
const TRIES = 2
const UNANSWERED: Micros = seconds(8)
/** Who waits this long without a word waits for a greeting; a check of the port alone ends at once. Time-outs
 * of checks are 2 s and more (HAProxy, NetScaler; F5 16 s). */
const WAITED: Micros = SECOND
/** Failures remembered of one row. */
const KEPT = 16
/** Rows remembered: of servers and who checks them, of next hops and who tries them. */
const ROWS_MAX = 4096
/** A next hop that failed this shortly before a check explains it. */
const EXPLAINS: Micros = seconds(60)

/** Somebody turned to a next hop; `failure` is null if it greeted. */
interface Try {
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

export function followMail(around: Surroundings): Follower {
  return new Mail(around).follower
}

class Mail {
  private readonly around: Surroundings
  private readonly rows = new Map<string, Row>()
  /** Tries of next hops that nobody answered yet: their rows, by connection. */
  private readonly unanswered = new Map<number, string>()
  /** When the row began that was told last, whichever tap saw it. */
  private readonly toldOf = new Map<string, Micros>()
  /** By service: the latest next hop that failed. */
  private readonly failing = new Map<string, NextHopFailing>()
  private readonly mailers: readonly ConfiguredService[]

  constructor(around: Surroundings) {
    this.around = around
    this.mailers = around.inventory.deployment.services.filter(({ smtp }) => smtp !== null)
  }

  get follower(): Follower {
    const checks: Follower['observe'] = {
      'http-transaction': (o, sighting) => {
        if (sighting?.leg === 'probe' && o.response !== null) this.checked(sighting, o, o.response)
      },
    }
    if (this.mailers.length === 0) return { observe: checks }
    return {
      observe: {
        ...checks,
        'smtp-reply': (o, sighting) => {
          if (sighting !== null && o.command === 'banner') this.greeted(sighting, o)
        },
        finished: (o, sighting) => {
          if (sighting !== null && o.first) this.ended(sighting, o)
        },
        reset: (o, sighting) => {
          if (sighting !== null && !o.afterFin) this.ended(sighting, o)
        },
        'connection-failed': (o) => this.failed(o),
        'connection-opened': ({ connection }) => {
          const key = this.unanswered.get(connection)
          // The answer came late.
          if (key !== undefined) this.rows.delete(key)
        },
      },
    }
  }

  private greeted(sighting: TrackedSighting, o: SmtpReply): void {
    const { connection, time: at, tap, packet, code, text } = o
    const isWell = code >= 200 && code < 300
    this.heard(sighting, isWell ? null : { connection, tap, packet, at, manner: 'reply', code, text })
  }

  /** A side ends a connection on which nobody greeted. */
  private ended(sighting: TrackedSighting, o: O.Finished | O.Reset): void {
    const { connection, tap, packet, bytes, from } = o
    // Flow records do not hold the greeting; that the server said something is all that they show.
    if (bytes[1] > 0 && isRecordReference(packet) && this.isMail(sighting.responder.port))
      return this.heard(sighting, null)
    if (bytes[1] > 0 || sighting.handshake !== 'complete' || !this.isMail(sighting.responder.port)) return
    const waited = o.time - sighting.start >= WAITED
    // A record tells when the check began, and not when within it who gave up.
    const at = isRecordReference(packet) ? sighting.start : o.time
    if (!waited && from === 0) return
    const manner = from === 1 && !waited ? 'closed' : 'silent'
    this.heard(sighting, { connection, tap, packet, at, manner, code: null, text: '' })
  }

  private isMail(port: number): boolean {
    return MAIL_PORTS.has(port) || this.mailers.some(({ smtp }) => smtp!.ports.includes(port))
  }

  /** Who listens at an SMTP port greeted (null), or failed to. */
  private heard(sighting: TrackedSighting, failure: Shortcoming | null): void {
    const { originator, responder } = sighting
    const service = this.nextHopOf(responder)
    if (service !== null) {
      const { tap } = sighting
      return this.nextHop({ service, tap, from: originator, nextHop: responder, failure, attempts: 1 })
    }
    const { service: own, server } = sighting
    if (own.configured?.smtp?.ports.includes(responder.port) !== true || server === null) return
    if (!this.around.inventory.rolesOf(originator.address).relays) return
    this.check('smtp', sighting, server, failure)
  }

  private checked(sighting: TrackedSighting, o: O.HttpTransaction, response: { status: number }): void {
    const { connection, tap, time: at } = o
    const { status: code } = response
    const server = sighting.server ?? sighting.listener
    if (server === null || server.service.configured === null) return
    const { packet } = o.response!
    const failure: Shortcoming = { connection, tap, packet, at, manner: 'reply', code, text: '' }
    this.check('http', sighting, server, code >= 400 ? failure : null)
  }

  private check(
    check: 'smtp' | 'http',
    sighting: TrackedSighting,
    server: Server,
    failure: Shortcoming | null,
  ): void {
    const by = sighting.originator.address
    const row = this.row(`${check}|${sighting.tap}|${by}|${server.id}`, failure)
    if (row === null || row.isTold || row.failures.length < FALL) return
    row.isTold = true
    if (this.isToldOf(`${check}|${by}|${server.id}`, row)) return
    const failures = [...row.failures]
    // What the server could not reach meanwhile may be told a little later.
    this.around.later(failure!.at + this.around.settle, () => {
      const known = this.failing.get(server.service.name)
      const from = failures[0]!.at - EXPLAINS
      const nextHop = known !== undefined && known.failures.at(-1)!.at >= from ? known : null
      this.around.tell({ kind: 'health-check-failing', check, server, by, sighting, failures, nextHop })
    })
  }

  private failed(o: O.ConnectionFailed): void {
    const { manner, originator, responder, connection, tap, packet, start: at, attempts } = o
    if (manner === 'aborted') return
    const service = this.nextHopOf(responder)
    if (service === null) return
    const failure: Shortcoming = { connection, tap, packet, at, manner, code: null, text: '' }
    this.nextHop({ service, tap, from: originator, nextHop: responder, failure, attempts })
  }

  private nextHop({ service, tap, from, nextHop, failure, attempts }: Try): void {
    const what = `${service.name}|${from.address}|${endpointText(nextHop)}`
    const key = `next|${tap}|${what}`
    const row = this.row(key, failure)
    if (row === null || failure === null) return
    const { inventory, services, later } = this.around
    const name = inventory.rolesOf(from.address).serverOf[0]?.server.name ?? null
    const tell = (): void => {
      const event: NextHopFailing = {
        kind: 'next-hop-failing',
        service: services.configured(service.name),
        nextHop,
        from,
        name,
        failures: [...row.failures],
        attempts,
      }
      this.failing.set(service.name, event)
      if (row.isTold) return
      row.isTold = true
      if (!this.isToldOf(what, row)) this.around.tell(event)
    }
    if (row.failures.length >= TRIES) tell()
    else if (failure.manner === 'unanswered') {
      if (this.unanswered.size < ROWS_MAX) this.unanswered.set(failure.connection, key)
      later(failure.at + UNANSWERED, () => {
        this.unanswered.delete(failure.connection)
        if (this.rows.get(key) === row) tell()
      })
    }
  }

  /** Another tap saw the same row begin, and it was told. */
  private isToldOf(what: string, { failures }: Row): boolean {
    const { at } = failures[0]!
    const before = this.toldOf.get(what)
    if (before !== undefined && Math.abs(at - before) <= this.around.settle) return true
    if (this.toldOf.size < ROWS_MAX) this.toldOf.set(what, at)
    return false
  }

  /** The failures in a row; null once one succeeded. */
  private row(key: string, failure: Shortcoming | null): Row | null {
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

  /** The service whose servers pass mail on to this address. */
  private nextHopOf({ address, port }: Endpoint): ConfiguredService | null {
    return (
      this.mailers.find(
        ({ smtp }) =>
          contains(smtp!.nextHops, address) && (smtp!.ports.includes(port) || MAIL_PORTS.has(port)),
      ) ?? null
    )
  }
}

/** SMTP, submission, and submission over TLS (RFC 5321, RFC 6409, RFC 8314). */
const MAIL_PORTS: ReadonlySet<number> = new Set([25, 587, 465])
