/**
 * Devices between agents and servers, and translations of addresses, as far as both of their sides were seen.
 */
import { networkOf } from '../../model/address.ts'
import type { IncidentRecord } from '../../model/record.ts'
import type { TimerEstimate } from '../../model/incident.ts'
import { count, counted } from '../output/quantities.ts'
import { joinsOf, keepsAddress, sureRelays } from './suggest-groups.ts'
import type { RelayedFacts, SurveyFacts, TranslatedFacts } from './suggest-survey.ts'

export interface SuggestedDevice {
  readonly role: string
  readonly addresses: readonly string[]
  readonly why: string
  readonly isThin: boolean
  /** What was measured; what is set, an operator knows. */
  readonly idleTimeout: { readonly value: string; readonly why: string } | null
}

export interface SuggestedNat {
  readonly inside: readonly string[]
  readonly outside: readonly string[]
  readonly mapping: 'static' | 'shared' | 'pool'
  readonly why: string
  /** Outside addresses that change are what a static translation must not do: which it is, a person says. */
  readonly isThin: boolean
}

const ADDRESSES_MAX = 32
/** A cause is certain enough to be written down. */
const CONFIDENT = 0.8

export function devicesOf(facts: SurveyFacts, incidents: readonly IncidentRecord[]): SuggestedDevice[] {
  const relayed = sureRelays(facts)
  const joined = ownAddresses(facts, relayed)
  const lone = facts.oneSided.filter(({ relay }) => !joined.includes(relay))
  const own = [...joined, ...new Set(lone.map(({ relay }) => relay))]
  const balancer: SuggestedDevice[] =
    own.length === 0
      ? []
      : [
          {
            role: 'load-balancer',
            addresses: own.slice(0, ADDRESSES_MAX),
            why: [
              ...(joined.length === 0 ? [] : [joinedText(relayed)]),
              ...lone.map(
                ({ relay, servers, why }) =>
                  `${relay} stands before ${counted(servers.length, 'server')}: ${why}`,
              ),
            ].join('; '),
            isThin: false,
            idleTimeout: measured(
              incidents,
              (actor) => actor.role === 'load-balancer' && own.includes(actor.address ?? ''),
            ),
          },
        ]
  const firewalls = Map.groupBy(
    incidents.filter(({ actor }) => actor.role === 'firewall' && actor.address !== null),
    ({ actor }) => actor.address!,
  )
  return [
    ...balancer,
    ...[...firewalls].map(([address, of]) => ({
      role: 'firewall',
      addresses: [address],
      why: `named by ${counted(of.length, 'incident')}, confidence up to ${Math.max(...of.map(({ actor }) => actor.confidence)).toFixed(2)}`,
      isThin: of.every(({ actor }) => actor.confidence < CONFIDENT),
      idleTimeout: measured(of, () => true),
    })),
  ]
}

const joinedText = (relayed: readonly RelayedFacts[]): string =>
  `connections to it were seen again on the way to ${counted(new Set(relayed.map(({ server }) => server.address)).size, 'server')}: ${joinsOf(relayed)}`

/** Those of relays, on both of their sides. One that keeps the agents' addresses has none of its own behind
 * it. */
export function ownAddresses(facts: SurveyFacts, relayed: readonly RelayedFacts[]): string[] {
  const addresses = [...new Set(relayed.flatMap(({ vip, relay }) => [vip.address, relay]))]
  return addresses.filter(
    (address) => relayed.some(({ vip }) => vip.address === address) || isRelay(relayed, facts, address),
  )
}

/** It stands for several clients: one that keeps their addresses is seen under theirs. */
function isRelay(relayed: readonly RelayedFacts[], facts: SurveyFacts, address: string): boolean {
  const behind = relayed.filter(({ relay }) => relay === address)
  return behind.length > 0 && !behind.some((one) => keepsAddress(one, facts))
}

function measured(
  incidents: readonly IncidentRecord[],
  isOurs: (actor: IncidentRecord['actor']) => boolean,
): SuggestedDevice['idleTimeout'] {
  for (const { type, actor, details, needs } of incidents) {
    const timer = details['timer'] as TimerEstimate | undefined
    if (type !== 'severed-idle' || needs !== undefined || !isOurs(actor) || timer?.upperSeconds == null)
      continue
    const { lowerSeconds, upperSeconds, severed } = timer
    const from = lowerSeconds === null ? '' : `, longer than ${lowerSeconds} s`
    return {
      value: `${Math.round(upperSeconds)}s`,
      why: `measured: ${counted(severed, 'silence')} cut at ${upperSeconds} s or before${from}; state what is set`,
    }
  }
  return null
}

/** Addresses that stand together as their network, of 256 (RFC 4632 §5.1) or as one subnet of IPv6. */
const NETWORK_FROM = 3

export function natOf({ translated }: SurveyFacts): SuggestedNat[] {
  const groups = Map.groupBy(translated, ({ inside }) => networkOf(inside))
  return [...groups].map(([network, pairs]) => {
    const insides = [...new Set(pairs.map(({ inside }) => inside))]
    const outsides = [...new Set(pairs.map(({ outside }) => outside))]
    const connections = pairs.reduce((sum, pair) => sum + pair.connections, 0)
    return {
      inside: insides.length >= NETWORK_FROM ? [network] : insides,
      outside: outsides.slice(0, ADDRESSES_MAX),
      mapping: mappingOf(pairs),
      isThin: mappingOf(pairs) === 'pool',
      why: `${counted(connections, 'connection')} of ${counted(insides.length, 'address', 'addresses')} seen as ${count(outsides.length)} behind it`,
    }
  })
}

/** Static: each has one outside address of its own. Shared: all have one. Pool: anything else. */
function mappingOf(pairs: readonly TranslatedFacts[]): SuggestedNat['mapping'] {
  const outsides = new Set(pairs.map(({ outside }) => outside)).size
  const insides = new Set(pairs.map(({ inside }) => inside)).size
  if (pairs.length === outsides && pairs.length === insides) return 'static'
  return outsides === 1 ? 'shared' : 'pool'
}
