/**
 * Relays that captures show, put into a deployment that names none, or not under which address they ask the
 * servers: who stands before whom is what a verdict about a connection through a load balancer rests on, and
 * not everybody who has the captures knows the addresses.
 *
 * What the operator stated is left as it is; only where nothing is stated, what was seen takes its place.
 */
import {
  type ConfiguredDevice,
  type ConfiguredService,
  type Deployment,
  passesOn,
  type ProfileName,
} from '../../model/deployment.ts'
import { addressAlone, contains } from '../../model/address.ts'
import { type Endpoint, endpointText } from '../../model/packet.ts'
import { MAIL_PORTS } from '../../model/smtp.ts'
import { listed } from '../../model/listed.ts'
import { deploymentOf } from './deployment.ts'
import { ownAddresses } from './suggest-devices.ts'
import { joinsOf, sureRelays } from './suggest-groups.ts'
import { type OneSidedPool, poolText } from '../analyze/one-sided-relays.ts'
import { identityOf } from './suggest-plan.ts'
import {
  type ListenerFacts,
  type RelayedFacts,
  type Survey,
  survey,
  type SurveyFacts,
} from './suggest-survey.ts'

export interface SeenRelays {
  readonly deployment: Deployment
  /** A sentence for each relay that was put in. */
  readonly notes: readonly string[]
}

/** `read` lets a survey see an analysis of the captures with that deployment. */
export async function relaysPutInto(
  deployment: Deployment,
  read: (survey: Survey) => Promise<unknown>,
): Promise<SeenRelays> {
  const surveyor = survey()
  await read(surveyor)
  return putIn(deployment, surveyor.facts())
}

export function putIn(deployment: Deployment, facts: SurveyFacts): SeenRelays {
  const relayed = sureRelays(facts)
  const known = new Set(deployment.devices.flatMap(({ addresses }) => addresses.map(({ text }) => text)))
  const pools = [...poolsOf(relayed), ...oneSidedPools(facts, relayed)].filter((pool) =>
    ownOf(pool, facts).some((address) => !known.has(address)),
  )
  if (pools.length === 0) return { deployment, notes: [] }
  const services = [...deployment.services]
  const stated = services.length
  for (const pool of pools) {
    const found = serviceOf(pool, facts)
    const at = services.findIndex((s, i) => s.name === found.name || (i < stated && isFor(s, pool)))
    const service = services[at]
    if (service === undefined) services.push(found)
    else if (service.servers.every(({ isSeen }) => isSeen)) services[at] = completed(service, found)
    else if (isBefore(pool, service)) services[at] = { ...service, vips: found.vips }
  }
  const own = [...new Set(pools.flatMap((pool) => ownOf(pool, facts)))]
  return {
    deployment: { ...deployment, services, devices: withRelay(deployment.devices, own) },
    notes: pools.map((pool) => noteOf(pool, own)),
  }
}

/** The relay's own addresses, on both sides. */
const ownOf = ({ relayed, oneSided }: Pool, facts: SurveyFacts): readonly string[] =>
  oneSided === null ? ownAddresses(facts, relayed) : [oneSided.relay]

/** The addresses are those of the relay that is stated with one of them, or else alone; or one more. */
function withRelay(
  devices: readonly ConfiguredDevice[],
  own: readonly string[],
): readonly ConfiguredDevice[] {
  const relays = devices.filter(passesOn)
  const relay =
    relays.find(({ addresses }) => addresses.some(({ text }) => own.includes(text))) ??
    (relays.length === 1 ? relays[0] : undefined)
  const stated = relay?.addresses ?? []
  const isStated = (address: string): boolean => stated.some(({ text }) => text === address)
  const added = own.filter((address) => !isStated(address)).flatMap((address) => addressAlone(address) ?? [])
  const grown = {
    role: 'load-balancer' as const,
    name: null,
    idleTimeout: null,
    ...relay,
    addresses: [...stated, ...added],
  }
  return [...devices.filter((device) => device !== relay), grown]
}

/** The pool stands before servers that are stated, and nobody says what agents call. */
const isBefore = ({ vips, servers }: Pool, service: ConfiguredService): boolean =>
  vips.length > 0 &&
  service.vips.length === 0 &&
  servers.every(({ address }) => service.servers.some(({ addresses }) => contains(addresses, address)))

/** It listens on a port that clients call. */
const isFor = ({ ports }: ConfiguredService, { vips }: Pool): boolean =>
  vips.some(({ port }) => ports.includes(port))

/** Several pools may serve what is one service by its port, or its product. */
const completed = (known: ConfiguredService, found: ConfiguredService): ConfiguredService => ({
  ...known,
  ports: [...new Set([...known.ports, ...found.ports])],
  vips: [...known.vips, ...found.vips.filter(({ text }) => known.vips.every((vip) => vip.text !== text))],
  servers: [...known.servers, ...found.servers],
  identity: known.identity.length > 0 ? known.identity : found.identity,
})

/** What clients call, and the servers that are asked for them. */
interface Pool {
  /** None: its clients' side was not captured. */
  readonly vips: readonly Endpoint[]
  readonly servers: readonly Endpoint[]
  readonly relayed: readonly RelayedFacts[]
  /** Its servers' side alone shows it; null: its connections on both do. */
  readonly oneSided: OneSidedPool | null
}

/** Pools of which nothing but their own side tells. */
function oneSidedPools({ oneSided }: SurveyFacts, relayed: readonly RelayedFacts[]): Pool[] {
  const known = new Set(relayed.flatMap(({ relay, server }) => [relay, endpointText(server)]))
  return oneSided
    .filter(({ relay, servers }) => !known.has(relay) && !servers.some((one) => known.has(endpointText(one))))
    .map((pool) => ({ vips: [], servers: pool.servers, relayed: [], oneSided: pool }))
}

/** Endpoints that lead to the same servers are one pool's. */
function poolsOf(relayed: readonly RelayedFacts[]): Pool[] {
  const pools: RelayedFacts[][] = []
  for (const facts of relayed) {
    const same = pools.filter((pool) => pool.some((other) => isSamePool(facts, other)))
    const merged = [...same.flat(), facts]
    for (const pool of same) pools.splice(pools.indexOf(pool), 1)
    pools.push(merged)
  }
  return pools.map((pool) => ({
    vips: endpointsOf(pool.map(({ vip }) => vip)),
    servers: endpointsOf(pool.map(({ server }) => server)),
    relayed: pool,
    oneSided: null,
  }))
}

const isSamePool = (a: RelayedFacts, b: RelayedFacts): boolean =>
  endpointText(a.vip) === endpointText(b.vip) || endpointText(a.server) === endpointText(b.server)

const endpointsOf = (all: readonly Endpoint[]): Endpoint[] => [
  ...new Map(all.map((endpoint) => [endpointText(endpoint), endpoint])).values(),
]

function serviceOf(pool: Pool, facts: SurveyFacts): ConfiguredService {
  const { vips, servers } = pool
  const members = [...vips, ...servers].flatMap((one) => facts.listeners.get(endpointText(one)) ?? [])
  const known = members.find(({ profile }) => profile !== 'generic')
  const profile = known?.profile ?? 'generic'
  const identity = namingOf(pool, members, profile, facts)
  const ports = [...new Set([...vips, ...servers].map(({ port }) => port))]
  const [service] = deploymentOf({
    services: [
      {
        name: known?.service ?? nameOf(pool),
        profile,
        ...(identity.length > 0 ? { identity } : {}),
        ...(ports.every((port) => MAIL_PORTS.has(port)) ? { smtp: { ports } } : {}),
        ports,
        vips: vips.flatMap(({ address }) => addressAlone(address) ?? []),
        servers: servers.map((server) => ({
          name: endpointText(server),
          addresses: [addressAlone(server.address) ?? []].flat(),
        })),
      },
    ],
  }).services
  const seen = service!.servers.map((server) => ({ ...server, isSeen: true }))
  return { ...service!, isSeen: true, servers: seen }
}

/** What clients call; or else who asks the servers for them. */
const nameOf = ({ vips: [first], servers: [server], oneSided }: Pool): string =>
  first === undefined ? `port ${server!.port} behind ${oneSided!.relay}` : endpointText(first)

/** What names the agents in what they send, where hardly anything else could be meant by it. */
function namingOf(
  { relayed, oneSided }: Pool,
  members: readonly ListenerFacts[],
  profile: ProfileName,
  { identity }: SurveyFacts,
): Readonly<Record<string, string>>[] {
  const listeners = new Set(members.map(({ text }) => text))
  const relays = new Set([...relayed, ...(oneSided === null ? [] : [oneSided])].map(({ relay }) => relay))
  const identifiedBy = new Set(members.flatMap((one) => [...one.identifiedBy]))
  return identityOf({ identifiedBy, profile }, identity.candidates(listeners, relays))
    .filter(({ isThin }) => !isThin)
    .map(({ value }) => value)
}

function noteOf({ vips, servers, relayed, oneSided }: Pool, own: readonly string[]): string {
  if (oneSided !== null) return poolText({ ...oneSided, servers })
  const behind = [...new Set(relayed.map(({ relay }) => relay))].filter((relay) => own.includes(relay))
  const inner = behind.length === 0 ? '' : ` (${listed(behind)} towards the servers)`
  return `${listed(vips.map(endpointText))}${inner} stands before ${listed(servers.map(endpointText))}: ${joinsOf(relayed)}`
}
