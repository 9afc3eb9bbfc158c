/**
 * How much was seen of each service whose product is known: what verdicts on requirements rest on. Counts
 * only; whoever judges decides how much is enough.
 */
import type { ConnectionSummary } from '../model/connection.ts'
import type { ConfiguredService } from '../model/deployment.ts'
import type { DnsAnswer } from '../model/dns.ts'
import { headerValue } from '../model/http.ts'
import { tellingSilence } from '../model/longest-silence.ts'
import type { HttpTransaction } from '../model/observation.ts'
import { isAgentSide, isBehindOnly, type Server, type Service } from '../model/party.ts'
import { isEnrolment } from '../model/request-path.ts'
import { BASES, type Basis, type ServiceSeen } from '../model/requirement.ts'
import type { Micros } from '../model/time.ts'
import type { Endpoint } from '../model/packet.ts'
import type { Follower, Surroundings } from './follower.ts'
import { handlerLinkOf } from './servers/handler-links.ts'
import type { Inventory } from './servers/inventory.ts'
import type { Pools } from './relays/pools.ts'
import { KNOWN_AFTER } from './servers/server-moves.ts'
import type { Services } from './servers/services.ts'
import type { Stay, TrackedSighting } from './sighting.ts'
import { attachmentOf } from './agents/tracked-agent.ts'

export interface BasisFollower extends Follower {
  /** By service, in the order in which they were first seen. Complete once all captures have ended. */
  counts(): readonly ServiceSeen[]
}

/** Relays and services whose silences are counted for themselves; those of further ones count as agents'. */
const RELAYS_MAX = 1024
/** Servers of one service whose shares are counted; further ones count as one. */
const SERVERS_MAX = 256
/** Connections that other servers may have where one is to have all: an operator at work (domain 7.4,
 * S2-29). */
const SPREAD_SHARE = 0.01

const NONE = Object.fromEntries(BASES.map((basis) => [basis, 0])) as Record<Basis, number>

export function followBasis(around: Surroundings): BasisFollower {
  const { services, inventory, pools } = around
  const byService = new Map<Service, Record<Basis, number>>()
  const listed = listedServices(inventory)
  const shares = countShares()
  const idleBehind = countIdleBehind(pools)
  const see: See = (service, basis) => {
    if (!isJudged(service)) return
    let seen = byService.get(service)
    if (seen === undefined) byService.set(service, (seen = { ...NONE }))
    seen[basis]++
  }
  return {
    observe: heard(see, inventory, services),
    visited(sighting, agent, at) {
      const { service } = sighting
      see(service, 'visits')
      if (listed.has(service.name)) see(service, 'listed')
      const last = attachmentOf(agent, service)?.stay ?? null
      if (last === null) return
      see(service, 'returns')
      if (service.style === 'polling') see(service, 'check-ins')
      if (sighting.leg !== 'back') return
      see(service, 'relayed-returns')
      see(service, 'session-returns')
      if (last.server !== sighting.server) seeMove(around, see, { sighting, last, at })
    },
    closed(sighting, summary) {
      const { service, leg } = sighting
      if (!isJudged(service)) return
      seeWhere(see, sighting)
      if (leg === 'back') shares.add(sighting)
      if (leg === 'internal' && isReplication(sighting)) see(service, 'replications')
      if (sighting.speaker !== null) see(service, 'named')
      // What an address is translated to is known by who speaks behind it, or by its translator's own word.
      const isTold = sighting.outerAddress !== null
      if (isTold || (sighting.speaker !== null && isTranslated(sighting))) see(service, 'translated')
      if (wasIdle(summary, service) && !idleBehind.keeps(sighting)) see(service, 'idle')
      seePair(see, sighting)
    },
    counts: () =>
      [...byService].map(([service, seen]) => {
        const idle = seen.idle + idleBehind.of(service)
        return { service, seen: { ...seen, idle, spread: shares.spreadOf(service) } }
      }),
  }

  /** The configuration says that agents' addresses are translated to this one; or another tap saw another. */
  function isTranslated({ originator: { address }, path }: TrackedSighting): boolean {
    if (inventory.rolesOf(address).natOutside !== null) return true
    return path.isJoined && path.sightings.some((s) => isAgentSide(s) && s.originator.address !== address)
  }

  function isReplication({ service, responder }: TrackedSighting): boolean {
    const ports = service.configured?.replicationPorts ?? []
    return ports.includes(responder.port) || inventory.rolesOf(responder.address).replicationOf.length > 0
  }
}

/** Idle connections of relays towards servers: which are shared, and so nobody's own, is known later. */
function countIdleBehind(pools: Pools) {
  const byRelay = new Map<string, { readonly sighting: TrackedSighting; count: number }>()
  return {
    /** Whether it is a relay's, and counted here. */
    keeps(sighting: TrackedSighting): boolean {
      if (sighting.leg !== 'back') return false
      const key = `${sighting.service.name}|${sighting.originator.address}`
      const known = byRelay.get(key)
      if (known !== undefined) known.count++
      else if (byRelay.size < RELAYS_MAX) byRelay.set(key, { sighting, count: 1 })
      else return false
      return true
    },
    /** Those that relays do not share. */
    of(service: Service): number {
      let count = 0
      for (const known of byRelay.values())
        if (known.sighting.service === service && !pools.holds(known.sighting)) count += known.count
      return count
    },
  }
}

type See = (service: Service, basis: Basis) => void

interface Moved {
  readonly sighting: TrackedSighting
  readonly last: Stay
  readonly at: Micros
}

/** Whether the server before had failed, or the agent only returns from its failover, shows a little
 * later. */
function seeMove({ health, later }: Surroundings, see: See, { sighting, last, at }: Moved): void {
  const { service, server } = sighting
  const { server: before, end } = last
  later(at + KNOWN_AFTER, () => {
    const isDriven =
      health.failureOf(before, end, at) !== null || health.outages.at(before.id, at, KNOWN_AFTER) !== null
    if (!isDriven && !(last.arrivedBy === 'failover' && last.cameFrom === server)) see(service, 'moves')
  })
}

/** How many connections relays handed to each server. */
function countShares() {
  const shares = new Map<Service, Map<Server | null, number>>()
  return {
    add({ service, server }: TrackedSighting): void {
      const counts = shares.get(service) ?? new Map<Server | null, number>()
      shares.set(service, counts)
      const one = counts.has(server) || counts.size < SERVERS_MAX ? server : null
      counts.set(one, (counts.get(one) ?? 0) + 1)
    },
    /** Where an order of servers is stated, those who judge it know which failed, and when. */
    spreadOf(service: Service): number {
      const counts = [...(shares.get(service)?.values() ?? [])]
      const all = counts.reduce((a, b) => a + b, 0)
      const others = all - Math.max(0, ...counts)
      return service.persistence === 'ordered' || others <= SPREAD_SHARE * all ? 0 : others
    },
  }
}

/** Where a connection runs, and what the configuration says of the way. */
function seeWhere(see: See, sighting: TrackedSighting): void {
  const { service, leg, path } = sighting
  const { configured, persistence } = service
  const isBehind = leg === 'back'
  // An agent came by it, and no tap shows its own side of the relay.
  const isFirstSeen = isBehind && sighting.agent !== null && isBehindOnly(path)
  if (isAgentSide(sighting) || isFirstSeen) see(service, 'connections')
  if ((leg === 'front' || isBehind) && (configured?.vips.length ?? 0) > 0) see(service, 'via')
  const isAtServer = leg === 'direct' || isBehind
  const hasOwn = configured?.servers.some((one) => one.replicationAddresses.length > 0) === true
  if (isAtServer && hasOwn) see(service, 'apart')
  if (leg === 'probe') see(service, 'probes')
  if (!isBehind) return
  see(service, 'relayed')
  const isWeighted = configured?.servers.some(({ weight }) => weight !== null) === true
  if (persistence === 'weighted' && isWeighted) see(service, 'weighted')
}

/** What both sides of a relay show. */
function seePair(see: See, front: TrackedSighting): void {
  const { service, path, leg, tls } = front
  if (leg !== 'front' || !path.isJoined) return
  const backs = path.sightings.filter((other) => other.leg === 'back')
  if (backs.length === 0) return
  see(service, 'pairs')
  if (front.requests > 0 && backs.some(({ requests }) => requests > 0)) see(service, 'read-pairs')
  if (tls?.client == null || tls.server === null) return
  see(service, 'tls-pairs')
  const { random } = tls.client
  const isAnew = (other: TrackedSighting): boolean =>
    other.tls?.server != null && other.tls.client !== null && other.tls.client.random !== random
  if (backs.some(isAnew)) see(service, 're-encrypted')
}

/** What is said on connections, and of them. */
function heard(see: See, inventory: Inventory, services: Services): NonNullable<Follower['observe']> {
  const byName = new Map<string, Service>()
  for (const { name, fqdn } of inventory.deployment.services)
    if (fqdn !== null) byName.set(fqdn.toLowerCase(), services.configured(name))
  const wakeUps = new Set(inventory.deployment.services.flatMap(({ wakeUp }) => wakeUp?.port ?? []))
  const seeLink = (from: string, to: Endpoint): void => {
    const service = handlerLinkOf({ inventory }, from, to)
    if (service !== null) see(services.configured(service.name), 'back-ends')
  }
  return {
    'connection-opened'({ originator, responder }) {
      const { port } = responder
      seeLink(originator.address, responder)
      if (!wakeUps.has(port)) return
      for (const { service } of inventory.rolesOf(originator.address).serverOf)
        if (service.wakeUp?.port === port) see(services.configured(service.name), 'wake-ups')
    },
    'connection-failed'({ manner, originator, responder }) {
      seeLink(originator.address, responder)
      // A check of health ends so, too: who comes from a relay is no agent.
      if (manner === 'aborted' || inventory.rolesOf(originator.address).relays) return
      const service = services.triedAt(responder)
      if (service !== null) see(service, 'failures')
    },
    opening(o, sighting) {
      if (sighting !== null && o.side === 0 && isAgentSide(sighting)) see(sighting.service, 'payloads')
    },
    'tls-handshake'(o, sighting) {
      if (sighting === null || o.client === null || o.server === null) return
      see(sighting.service, 'handshakes')
      if (o.certificates.length > 0) see(sighting.service, 'certificates')
    },
    'http-transaction'(o, sighting) {
      if (sighting === null || o.response === null) return
      see(sighting.service, 'exchanges')
      if (isClear(o, sighting)) see(sighting.service, 'clear')
      if (o.request !== null && isEnrolment(sighting.service, o.request.target))
        see(sighting.service, 'enrolments')
      if (!hasSession(o, sighting.service)) return
      see(sighting.service, 'web-requests')
      if (sighting.leg === 'back') see(sighting.service, 'session-returns')
    },
    'agent-request'(o, sighting) {
      if (sighting !== null && o.message.purpose === 'wake-up') see(sighting.service, 'wake-ups')
    },
    'smtp-session'(_, sighting) {
      if (sighting !== null) see(sighting.service, 'mails')
    },
    'dns-answer'(o) {
      const service = byName.get(o.name.toLowerCase())
      if (service === undefined) return
      see(service, 'answers')
      if (leadsToRelay(o, service, inventory)) see(service, 'led')
    },
  }
}

/** Services of whose servers the configuration says which are an agent's, or in what order. */
function listedServices({ deployment }: Inventory): ReadonlySet<string> {
  const { services, groups, locations } = deployment
  const isOrdered = (one: ConfiguredService): boolean => one.servers.some(({ priority }) => priority !== null)
  const ordered = services.filter(isOrdered).map(({ name }) => name)
  return new Set([...ordered, ...[...groups, ...locations].flatMap(({ servers }) => [...servers.keys()])])
}

/** Requirements are stated by vendors, for their products. */
const isJudged = (service: Service): boolean => service.profile !== 'generic'

/** Silent for as long as matters, and the path bore it. A server that closes idle connections by design ends
 * the longest silence that there is. */
function wasIdle(summary: ConnectionSummary, service: Service): boolean {
  const { longestSurvived, maxIdle, idleBeforeEnd, endReason } = summary
  const isByDesign = service.serverIdleTimeout !== null && endReason === 'server-fin'
  const ended = isByDesign ? idleBeforeEnd : isTakenLeave(summary) ? maxIdle : 0
  return Math.max(longestSurvived, ended) >= tellingSilence(service)
}

/** Both sides closed it, the agent first: what came after the longest silence arrived, and nothing passed
 * unseen. */
const isTakenLeave = ({ endReason, halves }: ConnectionSummary): boolean =>
  endReason === 'client-fin' &&
  halves.every(({ finAt, missingBytes }) => finAt !== null && missingBytes === 0)

/** A redirect is what leads out of it, and checks of health are no agents. */
const isClear = ({ decrypted, response }: HttpTransaction, { tls, leg }: TrackedSighting): boolean =>
  !decrypted && tls === null && leg !== 'probe' && !(response!.status >= 300 && response!.status < 400)

/** All addresses of the answer are virtual ones of the service. */
const leadsToRelay = ({ addresses }: DnsAnswer, service: Service, inventory: Inventory): boolean =>
  addresses.length > 0 &&
  addresses.every(({ address }) => inventory.rolesOf(address).vipOf.some((one) => one === service.configured))

function hasSession({ request }: HttpTransaction, { configured }: Service): boolean {
  const names = configured?.web?.sessionCookies ?? []
  if (names.length === 0 || request === null) return false
  const cookies = headerValue(request, 'cookie') ?? ''
  return names.some((name) => cookies.split(/;\s*/).some((pair) => pair.startsWith(`${name}=`)))
}
