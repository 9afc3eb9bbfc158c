/**
 * How much was seen of each service whose product is known: what verdicts on requirements rest on. Counts
 * only; whoever judges decides how much is enough.
 */
import type { ConnectionSummary } from '../model/connection.ts'
import type { ConfiguredService } from '../model/deployment.ts'
import { headerValue } from '../model/http.ts'
import type { HttpTransaction } from '../model/observation.ts'
import type { Agent, Service } from '../model/party.ts'
import { BASES, type Basis, type ServiceSeen } from '../model/requirement.ts'
import type { Endpoint } from '../model/packet.ts'
import type { Follower, Surroundings } from './follower.ts'
import { handlerLinkOf } from './handler-links.ts'
import type { Inventory } from './inventory.ts'
import type { Services } from './services.ts'
import type { TrackedSighting } from './sighting.ts'
import { attachmentOf } from './tracked-agent.ts'

export interface BasisFollower extends Follower {
  /** By service, in the order in which they were first seen. Complete once all captures have ended. */
  counts(): readonly ServiceSeen[]
}

/** Relays and services whose silences are counted for themselves; those of further ones count as agents'. */
const RELAYS_MAX = 1024

const NONE = Object.fromEntries(BASES.map((basis) => [basis, 0])) as Record<Basis, number>

export function followBasis({ services, inventory, pools }: Surroundings): BasisFollower {
  const byService = new Map<Service, Record<Basis, number>>()
  const listed = listedServices(inventory)
  /** Those of relays that were idle: which are shared is known later. */
  const idleBehind = new Map<string, { readonly sighting: TrackedSighting; count: number }>()
  const see: See = (service, basis) => {
    if (!isJudged(service)) return
    let seen = byService.get(service)
    if (seen === undefined) byService.set(service, (seen = { ...NONE }))
    seen[basis]++
  }
  return {
    observe: heard(see, inventory, services),
    visited(sighting, agent) {
      see(sighting.service, 'visits')
      if (listed.has(sighting.service.name)) see(sighting.service, 'listed')
      if (!hasCome(agent, sighting.service)) return
      see(sighting.service, 'returns')
      if (sighting.service.style === 'polling') see(sighting.service, 'check-ins')
    },
    closed(sighting, summary) {
      const { service, leg } = sighting
      if (!isJudged(service)) return
      if (isAgents(sighting)) see(service, 'connections')
      if (leg === 'back') see(service, 'relayed')
      if (leg === 'probe') see(service, 'probes')
      if (leg === 'internal' && isReplication(sighting)) see(service, 'replications')
      if (sighting.speaker !== null) see(service, 'named')
      // What an address is translated to is known by who speaks behind it, or by its translator's own word.
      const isTold = sighting.outerAddress !== null
      if (isTold || (sighting.speaker !== null && isTranslated(sighting))) see(service, 'translated')
      if (wasIdle(summary, service) && !isKept(sighting)) see(service, 'idle')
      const { path } = sighting
      if (leg === 'front' && path.isJoined && path.sightings.some((other) => other.leg === 'back'))
        see(service, 'pairs')
    },
    counts: () => [...byService].map(([service, seen]) => ({ service, seen: withIdleBehind(service, seen) })),
  }

  /** A relay's own, whose silences are counted for themselves until it is known whether it shares them. */
  function isKept(sighting: TrackedSighting): boolean {
    if (sighting.leg !== 'back') return false
    const key = `${sighting.service.name}|${sighting.originator.address}`
    const known = idleBehind.get(key)
    if (known !== undefined) known.count++
    else if (idleBehind.size < RELAYS_MAX) idleBehind.set(key, { sighting, count: 1 })
    else return false
    return true
  }

  function withIdleBehind(service: Service, seen: Record<Basis, number>): Record<Basis, number> {
    let { idle } = seen
    for (const { sighting, count } of idleBehind.values())
      if (sighting.service === service && !pools.holds(sighting)) idle += count
    return { ...seen, idle }
  }

  /** The configuration says that agents' addresses are translated to this one; or another tap saw another. */
  function isTranslated({ originator: { address }, path }: TrackedSighting): boolean {
    if (inventory.rolesOf(address).natOutside !== null) return true
    return path.isJoined && path.sightings.some((s) => isAgents(s) && s.originator.address !== address)
  }

  function isReplication({ service, responder }: TrackedSighting): boolean {
    const ports = service.configured?.replicationPorts ?? []
    return ports.includes(responder.port) || inventory.rolesOf(responder.address).replicationOf.length > 0
  }
}

type See = (service: Service, basis: Basis) => void

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
      see(services.serviceAt(responder), 'failures')
    },
    opening(o, sighting) {
      if (sighting !== null && o.side === 0 && isAgents(sighting)) see(sighting.service, 'payloads')
    },
    'tls-handshake'(o, sighting) {
      if (sighting === null || o.client === null || o.server === null) return
      see(sighting.service, 'handshakes')
      if (o.certificates.length > 0) see(sighting.service, 'certificates')
    },
    'http-transaction'(o, sighting) {
      if (sighting === null || o.response === null) return
      see(sighting.service, 'exchanges')
      if (isEnrolment(o, sighting.service)) see(sighting.service, 'enrolments')
      if (hasSession(o, sighting.service)) see(sighting.service, 'web-requests')
    },
    'agent-request'(o, sighting) {
      if (sighting !== null && o.message.purpose === 'wake-up') see(sighting.service, 'wake-ups')
    },
    'smtp-session'(_, sighting) {
      if (sighting !== null) see(sighting.service, 'mails')
    },
    'dns-answer'({ name }) {
      const service = byName.get(name.toLowerCase())
      if (service !== undefined) see(service, 'answers')
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

/** It comes from an agent, as far as can be told. */
const isAgents = ({ leg }: TrackedSighting): boolean => leg === 'front' || leg === 'direct'

const hasCome = (agent: Agent, service: Service): boolean =>
  (attachmentOf(agent, service)?.stay ?? null) !== null

const wasIdle = (summary: ConnectionSummary, { idleThreshold }: Service): boolean =>
  summary.longestSurvived >= idleThreshold || summary.maxIdle >= idleThreshold

/** Most services have no enrolment to tell: then the target is left unread. */
function isEnrolment({ request }: HttpTransaction, { configured }: Service): boolean {
  const paths = configured?.enrolment?.paths ?? []
  return paths.length > 0 && request !== null && paths.includes(request.target.split('?', 1)[0]!)
}

function hasSession({ request }: HttpTransaction, { configured }: Service): boolean {
  const names = configured?.web?.sessionCookies ?? []
  if (names.length === 0 || request === null) return false
  const cookies = headerValue(request, 'cookie') ?? ''
  return names.some((name) => cookies.split(/;\s*/).some((pair) => pair.startsWith(`${name}=`)))
}
