/**
 * What of a configuration no traffic fits. A port or an address that is mistyped raises no error: what the
 * operator stated of the service is silently not judged, and what there is goes as a service of its own. So
 * it is said: services that nobody came to, and names of agents that no request bears.
 */
import type { ConfiguredService, Deployment, IdentityRule } from '../model/deployment.ts'
import { count } from '../model/count.ts'
import { firstFew, listed } from '../model/listed.ts'
import { type Endpoint, endpointText } from '../model/packet.ts'
import { PROFILES } from '../model/profiles.data.ts'
import { shortName } from '../model/short-name.ts'
import type { Follower } from './follower.ts'
import type { Services } from './servers/services.ts'
import type { TrackedSighting } from './sighting.ts'

/** Endpoints of no stated service whose connections are counted, while no stated one was seen; those of
 * further ones are not. */
const ENDPOINTS_MAX = 1024
/** Services, addresses and rules that a sentence names. */
const NAMED_MAX = 3

export interface MisfitsFollower extends Follower {
  /** Of services that nobody came to by now. */
  unseen(): readonly string[]
  /** A sentence each; none where all fits. True once all captures have ended. */
  sentences(): readonly string[]
}

export function followMisfits(deployment: Deployment, services: Services): MisfitsFollower {
  const stated = deployment.services.filter(isStated)
  const seen = new Set<ConfiguredService>()
  const elsewhere = new Map<string, number>()
  /** Requests of agents, where what is stated to name them stands in requests. */
  const nameless = new Map<ConfiguredService, number>()
  const named = new Set<ConfiguredService>()

  function opened({ service: { configured }, responder }: TrackedSighting): void {
    if (configured !== null && isStated(configured)) seen.add(configured)
    else if (seen.size === 0) countAt(responder)
  }

  function closed({ service: { configured }, leg, requests, speaker }: TrackedSighting): void {
    if (configured === null || !isStated(configured)) return
    seen.add(configured)
    if (speaker !== null) named.add(configured)
    else if (requests > 0 && leg !== 'probe' && leg !== 'internal')
      nameless.set(configured, (nameless.get(configured) ?? 0) + requests)
  }

  function countAt(responder: Endpoint): void {
    const endpoint = endpointText(responder)
    if (elsewhere.size < ENDPOINTS_MAX || elsewhere.has(endpoint))
      elsewhere.set(endpoint, (elsewhere.get(endpoint) ?? 0) + 1)
  }

  const unseen = (): string[] =>
    unseenSentences(
      stated.filter((service) => !seen.has(service)),
      { isAnySeen: seen.size > 0, elsewhere },
    )

  return {
    observe: {
      'connection-opened': (_o, sighting) => {
        if (sighting !== null) opened(sighting)
      },
      // A server that answers nobody was asked all the same.
      'connection-failed': ({ responder }) => {
        const configured = services.triedAt(responder)?.configured ?? null
        if (configured !== null && isStated(configured)) seen.add(configured)
      },
    },
    closed,
    unseen,
    sentences: () => [
      ...unseen(),
      ...[...nameless].flatMap(([service, requests]) =>
        named.has(service) || !isNamedInRequests(service) ? [] : [namelessSentence(service, requests)],
      ),
    ],
  }
}

const isStated = ({ isSeen }: ConfiguredService): boolean => isSeen !== true

function unseenSentences(
  unseen: readonly ConfiguredService[],
  { isAnySeen, elsewhere }: { isAnySeen: boolean; elsewhere: ReadonlyMap<string, number> },
): string[] {
  if (unseen.length === 0) return []
  const which = firstFew(
    unseen.map((service) => `${shortName(service.name)}${whereOf(service)}`),
    NAMED_MAX,
  )
  // Of a capture of one service, the others of a whole site are no mistake.
  if (isAnySeen) return [`Of the configuration, nothing was seen of ${which}.`]
  const [most] = [...elsewhere].toSorted((a, b) => b[1] - a[1])
  // That there is no connection at all is said anyway.
  if (most === undefined) return []
  const [endpoint, connections] = most
  const counted = connections === 1 ? '1 connection' : `${count(connections)} connections`
  const instead = `${counted} went to ${endpoint}: check ports, vips and servers.`
  return [`No connection is of a service of the configuration: ${which}. ${instead}`]
}

/** As the configuration says who listens: ` (port 10443 of 10.10.2.10 and 10.10.3.11)`. */
function whereOf({ ports, vips, servers }: ConfiguredService): string {
  const addresses = [...vips, ...servers.flatMap((server) => server.addresses)].map(({ text }) => text)
  const port = ports.length === 0 ? '' : `port ${listed(ports.map(String))}`
  if (port === '' && addresses.length === 0) return ''
  if (addresses.length === 0) return ` (${port})`
  return ` (${port === '' ? '' : `${port} of `}${firstFew(addresses, NAMED_MAX)})`
}

/** What a profile brings along, nobody stated. */
const isNamedInRequests = ({ identity, profile }: ConfiguredService): boolean =>
  identity.length > 0 &&
  identity !== PROFILES[profile].identity &&
  identity.every(({ kind }) => kind in IN_REQUESTS)

const IN_REQUESTS = { 'http-header': 'header', 'url-parameter': 'parameter', cookie: 'cookie' } as const

function namelessSentence({ name, identity }: ConfiguredService, requests: number): string {
  const what = firstFew(identity.flatMap(ruleText), NAMED_MAX)
  const those = requests === 1 ? 'The one request' : `None of ${count(requests)} requests`
  const verb = requests === 1 ? 'does not bear' : 'bears'
  return `${those} of ${shortName(name)} ${verb} what the configuration names agents by (identity: ${what}).`
}

const ruleText = (rule: IdentityRule): string[] =>
  'name' in rule && rule.kind in IN_REQUESTS ? [`${IN_REQUESTS[rule.kind]} ${shortName(rule.name)}`] : []
