/**
 * The front door of the session stage: observations of all taps come in, in order of time; who is who, which
 * sightings are one connection, and what happened to agents comes out as events for detectors and as records.
 * Facts first, opinions never: it says that an agent reached another server, not that it should not have.
 */
import type { DetectorEvent } from '../model/event.ts'
import type { HttpRequest } from '../model/http.ts'
import type * as O from '../model/observation.ts'
import { packetOf } from '../model/packet.ts'
import type { ConnectionId, ConnectionSummary } from '../model/connection.ts'
import type { Deployment } from '../model/deployment.ts'
import { isBehindOnly, type Leg, type Server, type Service } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'
import { AddressMoves } from './agents/address-moves.ts'
import { Agenda } from './agenda.ts'
import { Agents } from './agents/agents.ts'
import { BlindTimes } from './blind-times.ts'
import { Endings } from './ends/endings.ts'
import { Exchanges } from './web/exchanges.ts'
import { Followers } from './followers.ts'
import { Health, servedUntil } from './servers/health.ts'
import { HiddenServers, shareServer } from './relays/hidden-servers.ts'
import {
  forwardedClient,
  identityForwarded,
  identityInCertificate,
  identityInOpening,
  identityInRequest,
  type IdentityClaim,
} from './agents/identity.ts'
import { Inventory, triesFor } from './servers/inventory.ts'
import { Names } from './servers/names.ts'
import { agentOf, isClientOf, nameSighting, shareAgent } from './agents/path-agent.ts'
import { Paths } from './paths.ts'
import { Policy } from './servers/policy.ts'
import { Pools } from './relays/pools.ts'
import { becomeProbe, isProbeRequest, noteWakeUp } from './servers/probes.ts'
import { recogniseProduct } from './servers/products.ts'
import { ServerMoves } from './servers/server-moves.ts'
import { Services } from './servers/services.ts'
import { Sightings } from './sightings.ts'
import { type Beginning, type TrackedPath, TrackedSighting } from './sighting.ts'
import { Stays } from './stays.ts'
import { Visits } from './visits.ts'
import { TlsIdentity } from './agents/tls-identity.ts'
import { followWakings } from './relays/wakings.ts'

/** How long the other taps' views of an event are waited for: clocks of one network differ by less. */
export const SETTLE: Micros = seconds(2)

export interface SessionsOptions {
  readonly deployment: Deployment
  tell(event: DetectorEvent): void
  /** A connection is over, and all is known of it that will be; null where nobody asks. */
  readonly accounted: ((sighting: TrackedSighting, summary: ConnectionSummary) => void) | null
  /** More than one tap is read: connections may be seen twice. */
  severalTaps(): boolean
  /** How long other taps' views are waited for (absent: `SETTLE`); whether what is proven is told at once. */
  readonly settle?: Micros
  readonly isUrgent?: boolean
}

export class Sessions {
  readonly inventory: Inventory
  readonly services: Services
  readonly agents: Agents
  readonly health = new Health((a) => triesFor(this.inventory.rolesOf(a), this.relays.has(a)))
  readonly policy: Policy
  readonly stays: Stays
  readonly names = new Names()
  now: Micros = -Infinity
  private readonly agenda = new Agenda()
  private readonly paths: Paths
  private readonly endings: Endings
  private readonly exchanges: Exchanges
  private readonly hidden: HiddenServers
  private readonly moves: AddressMoves
  private readonly visits: Visits
  private readonly tls: TlsIdentity
  readonly followers: Followers
  private readonly sightings = new Sightings((sighting) => this.leftBehind(sighting))
  private readonly blind = new BlindTimes()
  private readonly pools = new Pools((event) => this.tell(event))
  private readonly relays = new Set<string>()
  private readonly tell: (event: DetectorEvent) => void
  private readonly accounted: SessionsOptions['accounted']
  private readonly severalTaps: () => boolean
  private readonly settle: Micros

  constructor(options: SessionsOptions) {
    this.inventory = new Inventory(options.deployment)
    this.services = new Services(this.inventory)
    this.agents = new Agents(this.inventory)
    this.tls = new TlsIdentity(this.agents)
    this.tell = options.tell
    this.accounted = options.accounted
    this.severalTaps = options.severalTaps
    this.settle = options.settle ?? SETTLE
    this.paths = new Paths(
      (path) => this.share(path),
      ({ service }) => this.severalTaps() && this.services.fronts.has(service),
    )
    this.policy = new Policy(this.inventory)
    const { tell, settle, pools, sightingOf } = this
    const wiring = { later: (at: Micros, act: () => void) => this.agenda.add(at, act), tell, settle, pools }
    const urgent = { ...wiring, isUrgent: options.isUrgent ?? false, blind: this.blind }
    this.stays = new Stays(new ServerMoves({ ...urgent, policy: this.policy, health: this.health }))
    this.endings = new Endings({ ...urgent, sightingOf, agentOf: (s) => agentOf(s, this.agents) })
    this.exchanges = new Exchanges(urgent)
    const { inventory, services, agents, health, blind, policy, stays, sightings, severalTaps } = this
    const shared = { ...wiring, inventory, services, agents, health, blind, policy, severalTaps }
    this.hidden = new HiddenServers({ ...shared, stays, sightings })
    this.moves = new AddressMoves(this.agents, wiring)
    this.followers = new Followers(shared)
    const { agenda, moves, followers, endings } = this
    this.visits = new Visits({ ...shared, agenda, moves, followers, endings, stays, sightings })
    this.followers.add({ timePassed: (now) => this.sightings.timePassed(now) })
    this.followers.add(followWakings({ ...wiring, join: (f, b) => this.paths.wokeTogether(f, b) }))
  }

  /** The sighting of a connection; undefined if nothing is known of it. */
  readonly sightingOf = (connection: number): TrackedSighting | undefined => this.sightings.get(connection)

  /** A service that was met, by its name. */
  readonly serviceNamed = (name: string): Service | undefined => this.services.named(name)

  /** Silences, in seconds, that connections of a service on one kind of leg survived. */
  survived(service: string, leg: Leg): readonly number[] {
    return this.endings.survivals.of(service, leg)
  }

  /** Whether to be told that a connection stays silent. */
  isAwaited(connection: ConnectionId): boolean {
    return this.endings.awaits(this.sightings.known(connection), this.now)
  }

  observe(o: O.Observation): void {
    if (!this.blind.isShown(o)) return
    if (o.time > this.now) this.now = o.time
    this.passTime()
    this.take(o)
    this.followers.observed(o, this.sightingOf)
  }

  /** Time has come to `now`, whether or not anything was observed. */
  tick(now: Micros): void {
    if (now < this.now) return
    this.now = now
    this.passTime()
  }

  /** Does what is due. Nearly always nothing is, and a time that is handed on has to be boxed. */
  private passTime(): void {
    if (this.agenda.isDue(this.now)) this.agenda.runUntil(this.now)
    if (this.followers.awaits(this.now)) this.followers.timeIs(this.now)
  }

  private take(o: O.Observation): void {
    switch (o.kind) {
      case 'connection-opened':
        return this.opened(o)
      case 'connection-failed':
        return this.failed(o)
      case 'opening':
        return this.opening(o)
      case 'proxy-header':
        return this.proxied(o)
      case 'agent-request':
        return noteWakeUp(this.sightings.get(o.connection), o.message)
      case 'http-request':
        return this.requested(o)
      case 'http-transaction':
        return this.exchanged(o)
      case 'tls-handshake':
        return this.handshake(o)
      case 'tls-ticket':
        return this.ticket(o)
      case 'silence':
        return this.silence(o)
      case 'reset':
        return this.endings.reset(this.sighted(o), o)
      case 'reset-challenged':
        return this.endings.challenged(this.sightings.known(o.connection), o)
      case 'finished':
        return this.endings.finished(this.sighted(o), o)
      case 'first-minute':
        return this.endings.minutePassed(this.sighted(o), o)
      case 'unanswered':
        return this.endings.unanswered(this.sighted(o), o)
      case 'connection-continued':
        return this.continued(o)
      case 'connection-closed':
        return this.closed(o)
      case 'connection-idle':
        return this.endings.stillSilent(this.sightings.known(o.connection), o.summary)
      case 'dns-answer':
      case 'dns-logged':
        return this.names.answered(o)
      case 'dns-unanswered':
      case 'smtp-reply':
      case 'smtp-session':
      case 'agent-answer':
      case 'agent-package':
      case 'tls-alert':
      case 'http-body':
      case 'http-upgrade':
      case 'http2-goaway':
      case 'http2-reset':
      case 'answering':
      case 'mapping-changed':
      case 'capture-blind':
      case 'capture-ended':
        return
    }
  }

  /** All captures are over: whatever is on the agenda is due. */
  ended(): void {
    this.exchanges.ended(this.now)
    this.agenda.runUntil(Infinity)
    this.stays.ended(this.now)
    this.followers.ended(this.now)
    this.tell({ kind: 'captures-ended' })
  }

  private opened(o: O.ConnectionOpened): void {
    const sighting = this.begin(o, o)
    if (o.handshake === 'complete')
      this.health.answered(this.responderOf(sighting), o.time, packetOf(o, o.packet, o.start), true)
  }

  private failed(o: O.ConnectionFailed): void {
    const { originator, responder, manner } = o
    const { address } = originator
    const leg = this.inventory.legOf(address, responder.address, this.relays.has(address))
    const tried = this.services.triedAt(responder, leg === 'back')
    // Who is let in, and does not stay, was seen to be listened to.
    const service = tried ?? (manner === 'aborted' ? this.services.serviceAt(responder) : null)
    if (service !== null) this.health.tried(this.services.serverAt(service, responder), o)
  }

  /** The sighting of an observation that names its endpoints: one that is not known begins now. */
  private sighted(o: Omit<Beginning, 'start' | 'packet'> & { time: Micros }): TrackedSighting {
    return this.sightings.get(o.connection) ?? this.begin({ ...o, start: o.time, packet: 0 }, null)
  }

  private begin(o: Beginning, opened: O.ConnectionOpened | null): TrackedSighting {
    const sighting = this.made(o, opened)
    this.sightings.add(sighting)
    if (opened !== null && (sighting.leg !== 'direct' || this.severalTaps()))
      this.paths.opened(sighting, opened.initialSequence, this.severalTaps())
    return sighting
  }

  private made(o: Beginning, opened: O.ConnectionOpened | null): TrackedSighting {
    const { address: from } = o.originator
    const leg = this.inventory.legOf(from, o.responder.address, this.relays.has(from))
    const asked = this.names.nameOf(o.originator.address, o.responder.address, o.start)
    const resolvedName = asked ?? opened?.name ?? null
    const listener = this.services.listenerAt(o.responder, leg === 'back' ? null : resolvedName)
    const service = leg === 'back' ? this.services.serviceBehind(listener) : listener.service
    if (leg === 'front') this.services.fronts.add(service)
    // Of what opened it, little is kept: the whole observation is a thousand octets.
    return new TrackedSighting({
      connection: o.connection,
      tap: o.tap,
      originator: o.originator,
      responder: listener.endpoint,
      start: o.start,
      startPacket: o.packet,
      handshake: opened?.handshake ?? null,
      responderHopLimit: opened?.syn[1]?.hopLimit ?? null,
      leg,
      isBetweenRelays: leg === 'front' && this.inventory.rolesOf(o.originator.address).relays,
      service,
      resolvedName,
      outerAddress: opened?.outer?.address ?? null,
      server: leg === 'front' || leg === 'internal' ? null : this.services.serverOf(service, listener),
    })
  }

  private opening(o: O.Opening): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting === undefined || o.side !== 0) return
    const claim = identityInOpening(o.text, sighting.service)
    if (claim !== null) this.name(sighting, claim, o.time, o.packet)
    this.paths.opening(sighting, o.text)
    this.visits.plan(sighting, o.time, o.packet)
  }

  private proxied(o: O.ProxyHeader): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting === undefined || (o.source === null && !o.local)) return
    this.relays.add(sighting.originator.address)
    if (o.source === null) return becomeProbe(sighting)
    sighting.openedFor(o.source.address)
    nameSighting(sighting, this.agents.at('', o.source.address, 'proxy-header'))
    if (o.destination !== null) this.paths.proxied(sighting, o.source, o.destination)
  }

  private requested(o: O.HttpRequestSeen): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting === undefined || o.requestFrom !== 0) return
    sighting.requests++
    if (sighting.leg !== 'internal') recogniseProduct(sighting, o.request, this.services)
    if (sighting.requests === 1 && isProbeRequest(o.request)) becomeProbe(sighting)
    if (sighting.requests === 1 && this.severalTaps()) {
      const client = forwardedClient(o.request, this.inventory)
      this.paths.asked(sighting, client, `${o.request.method} ${o.request.target}`)
    }
    const claim = identityInRequest(o.request, sighting.service)
    if (claim !== null) this.name(sighting, claim, o.request.time, o.request.packet)
    else this.askedFor(sighting, o.request)
    this.exchanges.requested(sighting, o)
    this.visits.plan(sighting, o.time, o.request.packet)
  }

  /** A relay asks for a client. Other taps may show who that is, and by what name: its word is for those who
   * see nothing else. */
  private askedFor(sighting: TrackedSighting, request: HttpRequest): void {
    const claim = identityForwarded(sighting, request, this.inventory)
    if (claim === null) return
    const { time, packet } = request
    if (!this.severalTaps()) return this.name(sighting, claim, time, packet)
    this.agenda.add(time + this.settle, () => {
      if (isBehindOnly(sighting.path)) this.name(sighting, claim, time, packet)
    })
  }

  private exchanged(o: O.HttpTransaction): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting === undefined) return
    if (o.response !== null) {
      sighting.responses++
      this.health.responded(this.responderOf(sighting), o, sighting)
    }
    this.exchanges.answered(sighting, o)
    this.hidden.answered(sighting, o)
  }

  /** Who answers on a connection: the server, or the relay that stands for it. */
  private responderOf(sighting: TrackedSighting): Server {
    return (sighting.listener ??= this.services.serverAt(sighting.service, sighting.responder))
  }

  private handshake(o: O.TlsHandshake): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting === undefined) return
    sighting.tls = o
    if (o.client !== null && (sighting.leg !== 'direct' || this.severalTaps()))
      this.paths.hello(sighting, o.client.random)
    const subject = o.clientCertificates[0]?.subject
    const claim = subject === undefined ? null : identityInCertificate(subject, sighting.service)
    if (claim !== null) this.name(sighting, claim, o.time, o.packet)
    if (sighting.leg === 'back') this.agenda.add(o.time + this.settle, () => this.settleTls(sighting, o))
  }

  private ticket(o: O.TlsTicket): void {
    const sighting = this.sightings.get(o.connection)
    if (sighting?.leg === 'back') this.tls.ticket(sighting, o.ticketHash)
  }

  /** By now the other leg is known, if it was captured: who is left without a name goes by TLS session. */
  private settleTls(sighting: TrackedSighting, o: O.TlsHandshake): void {
    if (sighting.agent === null)
      for (const claim of this.tls.claims(sighting, o)) this.visits.claim(claim.sighting, claim.agent)
    this.tls.issued(sighting, o)
  }

  private name(sighting: TrackedSighting, claim: IdentityClaim, at: Micros, packet: number): void {
    if (sighting.leg === 'internal') return
    const agent = this.agents.named(claim)
    if (sighting.speaker !== agent) {
      this.pools.spoke(sighting, agent)
      sighting.speaker = agent
      this.paths.named(sighting, agent, at)
      if (sighting.leg !== 'back') this.moves.contact(sighting, agent, at, packet, null)
      if (sighting.agent !== agent && sighting.visited && sighting.leg === 'back')
        this.visits.planOf(sighting, agent, at, packet)
    } else if (sighting.leg !== 'back') this.agents.seen(agent, sighting, at, packet)
    nameSighting(sighting, agent)
  }

  private share(path: TrackedPath): void {
    shareAgent(path)
    shareServer(path)
    for (const s of path.sightings) {
      if (s.leg !== 'back') continue
      if (!isClientOf(path, s.originator.address)) this.relays.add(s.originator.address)
      this.visits.plan(s, s.start, s.startPacket)
    }
  }

  private silence(o: O.Silence): void {
    const sighting = this.sighted(o)
    sighting.lastAt = Math.max(sighting.lastAt, o.end)
    const { outcomePacket: answer, outcomeAt: at } = o
    if (o.outcome === 'answered' && o.brokenBy === 0 && answer !== null)
      this.health.answered(this.responderOf(sighting), o.time, packetOf(o, answer, at ?? o.time))
    this.endings.silence(sighting, o)
  }

  private continued(o: O.ConnectionContinued): void {
    const after = this.sighted(o)
    const before = this.sightings.get(o.previous) ?? null
    const agent = before === null ? null : agentOf(before, this.agents)
    if (agent !== null) {
      this.agents.seen(agent, before!, o.previousAt, o.previousPacket)
      after.agent = agent
      after.visited = true
      this.moves.contact(after, agent, o.time, o.packet, before)
    }
    this.tell({ kind: 'path-continued', observation: o, before, after })
  }

  private leftBehind(sighting: TrackedSighting): void {
    this.stays.letGo(sighting)
    this.followers.left(sighting)
  }

  private closed(o: O.ConnectionClosed): void {
    const { summary } = o
    const sighting =
      this.sightings.take(o.connection) ?? this.made({ ...summary, packet: summary.firstPacket }, null)
    sighting.closed = summary.endReason !== 'open'
    sighting.lastAt = summary.end
    const pause = summary.flows?.maxIdleAtMost ?? summary.maxIdle
    const answeredUntil = servedUntil(summary, pause)
    if (answeredUntil !== null && summary.halves[0].packets > 0) {
      const shown = packetOf(sighting, summary.lastPacket, summary.end)
      this.health.served(this.responderOf(sighting), summary.start, answeredUntil, pause, shown)
    }
    this.endings.closed(sighting, summary, o.time)
    this.stays.closed(sighting, summary)
    this.followers.closed(sighting, summary)
    const { accounted } = this
    // With one tap nobody has more to say; and a million connections may close at once, as the capture ends.
    if (!this.severalTaps()) {
      accounted?.(sighting, summary)
      this.endings.lighten(sighting, o.time)
    } else if (accounted !== null) this.agenda.add(o.time + this.settle, () => accounted(sighting, summary))
  }
}
