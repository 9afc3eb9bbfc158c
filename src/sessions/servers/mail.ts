/**
 * Checks that a load balancer makes of its servers, and the mail servers that those pass mail to.
 *
 * A check of SMTP wants 220 (article 156803); a proxy says it only once it has reached its next hop, so that
 * the port is open and the check fails all the same. What a relay opens at an SMTP port counts, mail or
 * check: both meet the same greeting.
 */
import type { Shortcoming } from '../../model/cluster-events.ts'
import type { ConfiguredService } from '../../model/deployment.ts'
import type * as O from '../../model/observation.ts'
import { type Endpoint, packetOf } from '../../model/packet.ts'
import type { Server } from '../../model/party.ts'
import { isRecordReference } from '../../model/record-reference.ts'
import { MAIL_PORTS, type SmtpReply } from '../../model/smtp.ts'
import { SECOND, seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { contains } from '../../model/address.ts'
import { FailureRows, NextHops } from './next-hops.ts'
import type { TrackedSighting } from '../sighting.ts'

/**
 * Checks that failed in a row before a server counts as down: HAProxy's default, `fall 3`; NetScaler's 3
 * retries, F5's 16 s at one in 5 s.
 */
const FALL = 3
/** Who waits this long without a word waits for a greeting; a check of the port alone ends at once. Time-outs
 * of checks are 2 s and more (HAProxy, NetScaler; F5 16 s). */
const WAITED: Micros = SECOND
/** A server waits for the next command for so long at least (RFC 5321 §4.5.3.2.7). */
const WAITS: Micros = seconds(300)
/** Connections of which it is known at once that the client spoke. */
const ASKED_MAX = 1 << 16
/** A next hop that failed this shortly before a check explains it. */
const EXPLAINS: Micros = seconds(60)

export function followMail(around: Surroundings): Follower {
  return new Mail(around).follower
}

class Mail {
  private readonly around: Surroundings
  private readonly rows: FailureRows
  private readonly nextHops: NextHops
  /** Connections of flow records on which a client of a mail server has spoken. */
  private readonly asked = new Set<number>()
  private readonly mailers: readonly ConfiguredService[]

  constructor(around: Surroundings) {
    this.around = around
    this.rows = new FailureRows(around.settle)
    this.nextHops = new NextHops(around)
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
        opening: (o, sighting) => {
          if (sighting === null || o.side !== 0 || !isRecordReference(o.packet)) return
          if (this.asked.size < ASKED_MAX && this.isMail(sighting.responder.port))
            this.asked.add(o.connection)
        },
        'connection-failed': (o) => this.failed(o),
        'connection-closed': ({ connection }) => void this.asked.delete(connection),
        'connection-opened': ({ connection }) => this.nextHops.opened(connection),
      },
    }
  }

  private greeted(sighting: TrackedSighting, o: SmtpReply): void {
    const { connection, code, text } = o
    const isWell = code >= 200 && code < 300
    const proof = packetOf(sighting, o.packet, o.time)
    this.heard(sighting, isWell ? null : { ...proof, connection, manner: 'reply', code, text })
  }

  /** A side ends a connection on which nobody greeted. */
  private ended(sighting: TrackedSighting, o: O.Finished | O.Reset): void {
    const { connection, packet, bytes, from } = o
    // Flow records do not hold the greeting; that the server said something is nearly all that they show.
    if (isRecordReference(packet) && this.isMail(sighting.responder.port)) {
      const hasAsked = this.asked.delete(connection) || bytes[0] > 0
      if (bytes[1] > 0 || hasAsked)
        return this.heard(sighting, !hasAsked && isDismissal(sighting, o) ? dismissal(o) : null)
    }
    if (bytes[1] > 0 || sighting.handshake !== 'complete' || !this.isMail(sighting.responder.port)) return
    const waited = o.time - sighting.start >= WAITED
    // A record tells when the check began, and not when within it who gave up.
    const at = isRecordReference(packet) ? sighting.start : o.time
    if (!waited && from === 0) return
    const manner = from === 1 && !waited ? 'closed' : 'silent'
    const proof = packetOf(sighting, packet, at)
    this.heard(sighting, { ...proof, connection, manner, code: null, text: '' })
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
      return this.nextHops.tried({
        service,
        tap,
        from: originator,
        nextHop: responder,
        failure,
        attempts: 1,
      })
    }
    const { service: own, server } = sighting
    if (own.configured?.smtp?.ports.includes(responder.port) !== true || server === null) return
    if (!this.around.inventory.rolesOf(originator.address).relays) return
    this.check('smtp', sighting, server, failure)
  }

  private checked(sighting: TrackedSighting, o: O.HttpTransaction, response: { status: number }): void {
    const { connection } = o
    const { status: code } = response
    const server = sighting.server ?? sighting.listener
    if (server === null || server.service.configured === null) return
    const { packet, time } = o.response!
    const proof = packetOf(sighting, packet, time)
    const failure: Shortcoming = { ...proof, connection, manner: 'reply', code, text: '' }
    this.check('http', sighting, server, code >= 400 ? failure : null)
  }

  private check(
    check: 'smtp' | 'http',
    sighting: TrackedSighting,
    server: Server,
    failure: Shortcoming | null,
  ): void {
    const by = sighting.originator.address
    const row = this.rows.note(`${check}|${sighting.tap}|${by}|${server.id}`, failure)
    if (row === null || row.isTold || row.failures.length < FALL) return
    row.isTold = true
    if (this.rows.isKnown(`${check}|${by}|${server.id}`, row)) return
    const failures = [...row.failures]
    // What the server could not reach meanwhile may be told a little later.
    this.around.later(failure!.at + this.around.settle, () => {
      const known = this.nextHops.latestOf(server.service.name, server)
      const from = failures[0]!.at - EXPLAINS
      const nextHop = known !== undefined && known.failures.at(-1)!.at >= from ? known : null
      this.around.tell({ kind: 'health-check-failing', check, server, by, sighting, failures, nextHop })
    })
  }

  private failed(o: O.ConnectionFailed): void {
    const { manner, originator, responder, connection, tap, attempts } = o
    if (manner === 'aborted') return
    const service = this.nextHopOf(responder)
    if (service === null) return
    const proof = packetOf(o, o.packet, o.start)
    const failure: Shortcoming = { ...proof, connection, manner, code: null, text: '' }
    this.nextHops.tried({ service, tap, from: originator, nextHop: responder, failure, attempts })
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

/** A server that greeted waits for a command; one that closes before is not at service (421; RFC 5321
 * §3.8). */
const isDismissal = ({ start }: TrackedSighting, o: O.Finished | O.Reset): boolean =>
  o.from === 1 && o.orderKnown !== false && o.time - start < WAITS

const dismissal = (o: O.Finished | O.Reset): Shortcoming => ({
  ...packetOf(o, o.packet, o.time),
  connection: o.connection,
  manner: 'dismissed',
  code: null,
  text: '',
})
