/**
 * Which listening endpoints are one service: those of one product, those that clients call by one name, those
 * behind one relay, and those on one port of one network that the same clients use.
 */
import { networkOf } from '../../model/address.ts'
import type { ProfileName } from '../../model/deployment.ts'
import { endpointText } from '../../model/packet.ts'
import { listed } from '../../model/listed.ts'
import type { ListenerFacts, NameSource, RelayedFacts, SurveyFacts } from './suggest-survey.ts'

export interface ListenerGroup {
  readonly profile: ProfileName
  /** The name of the product; that of one endpoint where none was recognised. */
  readonly product: string
  readonly vips: readonly ListenerFacts[]
  readonly servers: readonly ListenerFacts[]
  /** Of those that clients call. */
  readonly ports: readonly number[]
  readonly names: ReadonlyMap<string, ReadonlyMap<NameSource, number>>
  readonly clients: number
  /** As clients see them: those of a relay count once. */
  readonly connections: number
  readonly identifiedBy: ReadonlySet<string>
  /** Who stands before its servers, where only their side shows it. */
  readonly relay: string | null
  /** What joins the two sides of its relay, with counts. */
  readonly joins: string
  /** Why several endpoints are one; empty for one alone. */
  readonly grouped: string
}

/** A name that so many call an endpoint by, of those that name it, makes it one with others of that name. */
const NAME_SHARE = 0.5
/** Clients that two nameless endpoints must have in common. */
const SHARED_MIN = 2
/** Ports below are those of well-known services: two of them in one network need not be one. */
const OWN_PORT_MIN = 1024
/** Pairs that show a relay. One alone may be chance where nothing but first octets joins it. */
const RELAYED_MIN = 2
/** Addresses that one relay uses towards a server. */
const RELAYS_MAX = 4

/** Relays that enough connections show, or that stand to reason. */
export function sureRelays(facts: SurveyFacts): readonly RelayedFacts[] {
  const both = Map.groupBy(facts.relayed, (one) => `${endpointText(one.vip)} ${ownAddress(one, facts)}`)
  const shown = [...both.values()].filter((some) => totalOf(some) >= RELAYED_MIN).flat()
  const known = new Set(shown.map(({ server }) => endpointText(server)))
  return [...shown, ...inferredRelays(facts).filter(({ server }) => !known.has(endpointText(server)))]
}

/** Addresses of all relays, on their servers' side. */
export const relaysOf = (facts: SurveyFacts): ReadonlySet<string> =>
  new Set([...sureRelays(facts), ...facts.oneSided].map(({ relay }) => relay))

/** Under which address a relay goes on to the servers, where it has one of its own. */
const ownAddress = (relayed: RelayedFacts, facts: SurveyFacts): string =>
  keepsAddress(relayed, facts) ? 'the clients’ own' : relayed.relay

/** The relay goes on under the address of its client. */
export const keepsAddress = ({ vip, relay }: RelayedFacts, { listeners }: SurveyFacts): boolean =>
  [...listeners.values()].some(
    ({ endpoint, clients }) => endpoint.address === vip.address && clients.has(relay),
  )

const totalOf = (relayed: readonly RelayedFacts[]): number =>
  relayed.flatMap(({ seen }) => [...seen.values()]).reduce((sum, n) => sum + n, 0)

/**
 * One name, or one product, is called by many clients at one tap, and by few others at another: who ends
 * connections and makes new ones leaves nothing else that joins the two sides.
 */
function inferredRelays({ listeners }: SurveyFacts): RelayedFacts[] {
  const named = Map.groupBy([...listeners.values()], (one) => bestName(one) ?? productKey(one))
  named.delete(null)
  return [...named.values()].flatMap((same) =>
    same.flatMap((server) =>
      frontsOf(
        server,
        same.filter((front) => isBehind(front, server)),
      ).flatMap((front) => relayedBy(front, server)),
    ),
  )
}

/** Those on the server's own port, if any is, may stand before it. One name may lead to several services: if
 * several addresses are left, nothing tells them apart. */
function frontsOf({ endpoint }: ListenerFacts, all: readonly ListenerFacts[]): readonly ListenerFacts[] {
  const alike = all.filter((front) => front.endpoint.port === endpoint.port)
  const fronts = alike.length > 0 ? alike : all
  return new Set(fronts.map((front) => front.endpoint.address)).size === 1 ? fronts : []
}

function isBehind(front: ListenerFacts, server: ListenerFacts): boolean {
  const isElsewhere = [...server.taps].every((tap) => !front.taps.has(tap))
  const isStranger = [...server.clients].every((client) => !front.clients.has(client))
  const isFew = server.clients.size < front.clients.size && server.clients.size <= RELAYS_MAX
  return isElsewhere && isStranger && isFew
}

const relayedBy = (front: ListenerFacts, server: ListenerFacts): RelayedFacts[] =>
  [...server.clients].map((relay) => ({
    vip: front.endpoint,
    relay,
    server: server.endpoint,
    seen: new Map([['one name at two taps', Math.min(front.connections, server.connections)]]),
  }))

export function groupsOf(facts: SurveyFacts): ListenerGroup[] {
  const relayed = sureRelays(facts)
  const all = [...facts.listeners.values()].filter(({ isCertain }) => isCertain)
  const parent = new Map(all.map(({ text }) => [text, text]))
  const why = new Map<string, Set<string>>()
  const root = (text: string): string => {
    let at = text
    while (parent.get(at) !== at) at = parent.get(at)!
    return at
  }
  const unite = (a: string, b: string, reason: string): void => {
    if (!parent.has(a) || !parent.has(b)) return
    const [into, from] = [root(a), root(b)]
    if (into === from) return
    parent.set(from, into)
    why.set(into, new Set([...(why.get(into) ?? []), ...(why.get(from) ?? []), reason]))
  }
  for (const { vip, server } of relayed) unite(endpointText(vip), endpointText(server), 'behind one relay')
  for (const { relay, servers } of facts.oneSided)
    for (const server of servers) unite(endpointText(servers[0]!), endpointText(server), `behind ${relay}`)
  for (const [a, b] of pairsOf(all, productKey)) unite(a.text, b.text, 'one product')
  for (const [a, b] of pairsOf(all, nameKey)) unite(a.text, b.text, 'called by one name')
  for (const [a, b] of pairsOf(all, networkKey))
    if (sharesClients(a, b)) unite(a.text, b.text, 'one port of one network, used by the same clients')
  const isVip = new Set(relayed.map(({ vip }) => endpointText(vip)))
  const relays = relaysOf(facts)
  const groups = [...Map.groupBy(all, ({ text }) => root(text))]
  return groups
    .map(([text, members]) =>
      groupOf(members, {
        relayed,
        oneSided: facts.oneSided,
        relays,
        isVip,
        reasons: [...(why.get(text) ?? [])],
      }),
    )
    .toSorted((a, b) => b.clients - a.clients || b.connections - a.connections)
}

/** Neighbours that have a key in common: enough to unite all that do. */
function pairsOf(
  all: readonly ListenerFacts[],
  keyOf: (one: ListenerFacts) => string | null,
): (readonly [ListenerFacts, ListenerFacts])[] {
  const keyed = Map.groupBy(all, keyOf)
  keyed.delete(null)
  return [...keyed.values()].flatMap((same) => same.slice(1).map((one, i) => [same[i]!, one] as const))
}

const productKey = ({ profile, service }: ListenerFacts): string | null =>
  profile === 'generic' ? null : service

function nameKey(listener: ListenerFacts): string | null {
  const name = bestName(listener)
  return name === null ? null : `${name}:${listener.endpoint.port}`
}

/** What those of its clients call it that name it at all. */
function bestName({ names }: ListenerFacts): string | null {
  const counts = [...names].map(([name, sources]) => [name, Math.max(...sources.values())] as const)
  const [most] = counts.toSorted((a, b) => b[1] - a[1])
  const total = counts.reduce((sum, [, n]) => sum + n, 0)
  return most === undefined || most[1] < NAME_SHARE * total ? null : most[0]
}

function networkKey({ endpoint: { address, port }, profile, names }: ListenerFacts): string | null {
  if (port < OWN_PORT_MIN || profile !== 'generic' || names.size > 0) return null
  return `${networkOf(address)}|${port}`
}

const sharesClients = (a: ListenerFacts, b: ListenerFacts): boolean =>
  [...a.clients].filter((client) => b.clients.has(client)).length >= SHARED_MIN

function groupOf(
  members: readonly ListenerFacts[],
  {
    relayed,
    oneSided,
    relays,
    isVip,
    reasons,
  }: {
    relayed: readonly RelayedFacts[]
    oneSided: SurveyFacts['oneSided']
    relays: ReadonlySet<string>
    isVip: ReadonlySet<string>
    reasons: readonly string[]
  },
): ListenerGroup {
  const vips = members.filter(({ text }) => isVip.has(text))
  const servers = members.filter(({ text }) => !isVip.has(text))
  const front = vips.length > 0 ? vips : members
  const clients = new Set(front.flatMap((one) => [...one.clients].filter((client) => !relays.has(client))))
  const product = members.find(({ profile }) => profile !== 'generic') ?? members[0]!
  const own = new Set(members.map(({ text }) => text))
  return {
    profile: product.profile,
    product: product.service,
    vips,
    servers,
    ports: [...new Set(members.map(({ endpoint }) => endpoint.port))].toSorted((a, b) => a - b),
    names: namesOf(front),
    clients: clients.size,
    connections: front.reduce((sum, { connections }) => sum + connections, 0),
    identifiedBy: new Set(members.flatMap((one) => [...one.identifiedBy])),
    relay: oneSided.find(({ servers: its }) => its.some((one) => own.has(endpointText(one))))?.relay ?? null,
    joins: joinsOf(relayed.filter(({ vip }) => own.has(endpointText(vip)))),
    grouped: members.length === 1 ? '' : `${members.length} endpoints: ${listed(reasons)}`,
  }
}

function namesOf(members: readonly ListenerFacts[]): Map<string, Map<NameSource, number>> {
  const names = new Map<string, Map<NameSource, number>>()
  for (const member of members)
    for (const [name, sources] of member.names) {
      const sum = names.get(name) ?? new Map<NameSource, number>()
      for (const [source, n] of sources) sum.set(source, (sum.get(source) ?? 0) + n)
      names.set(name, sum)
    }
  return names
}

export function joinsOf(relayed: readonly RelayedFacts[]): string {
  const sums = new Map<string, number>()
  for (const { seen } of relayed) for (const [why, n] of seen) sums.set(why, (sums.get(why) ?? 0) + n)
  return listed([...sums].map(([why, n]) => `${why} (${n} times)`))
}
