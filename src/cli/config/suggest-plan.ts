/**
 * From what a capture shows to what a first configuration says: pure. Every entry carries its reason; what
 * rests on little is marked, and written as a comment.
 *
 * Nothing is claimed that would change what an analysis without a configuration finds: an address that only
 * receives stays a server; a virtual address is one only where both sides of its relay were seen.
 */
import { isAtLeast } from '../../model/incident.ts'
import { addressNumber } from '../../model/address.ts'
import type { ProfileName } from '../../model/deployment.ts'
import { firstFew } from '../../model/listed.ts'
import type { IncidentRecord } from '../../model/record.ts'
import { count, counted, duration } from '../output/quantities.ts'
import { type IdentityCandidate } from './suggest-identity.ts'
import { devicesOf, natOf, type SuggestedDevice, type SuggestedNat } from './suggest-devices.ts'
import { groupsOf, type ListenerGroup, relaysOf } from './suggest-groups.ts'
import type { Learned, RhythmFacts } from './suggest-rhythm.ts'
import { CLIENTS_MAX, type SurveyFacts } from './suggest-survey.ts'

/** A value with its reason. Thin: the evidence is, and it becomes a comment. */
export interface Said<T> {
  readonly value: T
  readonly why: string
  readonly isThin: boolean
}

export interface SuggestedServer {
  readonly name: string
  readonly address: string
  readonly why: string
}

export interface SuggestedService {
  readonly name: Said<string>
  readonly profile: Said<ProfileName> | null
  readonly fqdn: Said<string> | null
  readonly ports: Said<readonly number[]>
  readonly vips: Said<readonly string[]> | null
  readonly connections: Said<string> | null
  readonly serverIdleTimeout: Said<string> | null
  readonly heartbeat: Said<string> | null
  readonly checkIn: Said<string> | null
  /** Thin where a server's own connections would be taken for traffic between servers. */
  readonly servers: readonly (SuggestedServer & { readonly isThin: boolean })[]
  readonly identity: readonly Said<Readonly<Record<string, string>>>[]
  readonly isThin: boolean
}

export interface Suggestion {
  readonly services: readonly SuggestedService[]
  /** Thin ones that are not written. */
  readonly servicesLeftOut: number
  readonly devices: readonly SuggestedDevice[]
  readonly nat: readonly SuggestedNat[]
}

/** Services that are written, and those of thin evidence among them. */
const SERVICES_MAX = 50
const THIN_MAX = 5
const SERVERS_MAX = 64
const VIPS_MAX = 16
const CANDIDATES_SHOWN = 3
/** A service that nobody recognises is one from so many clients and connections on. */
const CLIENTS_MIN = 2
const CONNECTIONS_MIN = 3
/** The analysis is as sure as that who closed a connection. */
const CONFIDENT = 0.8
/** The name that so many of the connections with a name bear is the service's. */
const NAME_SHARE = 0.8

export function suggestionOf(facts: SurveyFacts, incidents: readonly IncidentRecord[]): Suggestion {
  const groups = groupsOf(facts)
  const relays = relaysOf(facts)
  const taken = new Set<string>()
  const services = groups.map((group) => serviceOf(group, { facts, relays, taken, groups, incidents }))
  const [firm, thin] = [services.filter(({ isThin }) => !isThin), services.filter(({ isThin }) => isThin)]
  const shown = [...firm.slice(0, SERVICES_MAX), ...thin.slice(0, THIN_MAX)]
  return {
    services: shown,
    servicesLeftOut: services.length - shown.length,
    devices: devicesOf(facts, incidents),
    nat: natOf(facts),
  }
}

interface Around {
  readonly facts: SurveyFacts
  readonly relays: ReadonlySet<string>
  readonly taken: Set<string>
  readonly groups: readonly ListenerGroup[]
  readonly incidents: readonly IncidentRecord[]
}

function serviceOf(group: ListenerGroup, around: Around): SuggestedService {
  const { facts, relays, incidents } = around
  const listeners = new Set([...group.vips, ...group.servers].map(({ text }) => text))
  const fqdn = fqdnOf(group)
  const name = nameOf(group, fqdn, around.taken)
  const rhythm = facts.rhythm.of(listeners, relays)
  const isThin =
    group.profile === 'generic' &&
    group.relay === null &&
    (group.clients < CLIENTS_MIN || group.connections < CONNECTIONS_MIN)
  const known = new Set([...group.vips, ...group.servers].map(({ service }) => service))
  const isOwn = (incident: IncidentRecord): boolean =>
    incident.service !== null && known.has(incident.service)
  return {
    name: said(name, scopeOf(group)),
    profile:
      group.profile === 'generic' ? null : said(group.profile, 'recognised by its port or its requests'),
    fqdn,
    ports: portsOf(group),
    vips: vipsOf(group),
    connections: styleOf(rhythm, group.profile),
    serverIdleTimeout: idleCloseOf(incidents.filter(isOwn), group.vips.length > 0),
    heartbeat: heartbeatOf(rhythm, group.profile),
    checkIn: checkInOf(rhythm),
    servers: serversOf(group, name, around),
    identity: identityOf(group, facts.identity.candidates(listeners, relays)),
    isThin,
  }
}

const said = <T>(value: T, why: string, isThin = false): Said<T> => ({ value, why, isThin })

const some = (n: number): string => (n >= CLIENTS_MAX ? `${count(n)} or more` : count(n))

const scopeOf = ({ clients, connections, grouped, relay }: ListenerGroup): string => {
  const addresses = `${some(clients)} ${clients === 1 ? 'client address' : 'client addresses'}`
  const whose = relay !== null && clients === 0 ? `clients behind ${relay}` : addresses
  return `${whose}, ${counted(connections, 'connection')}${grouped === '' ? '' : `; ${grouped}`}`
}

function fqdnOf({ names }: ListenerGroup): Said<string> | null {
  const counts = [...names].map(([name, sources]) => ({
    name,
    total: [...sources.values()].reduce((sum, n) => sum + n, 0),
    sources: [...sources].map(([source, n]) => `${source} of ${counted(n, 'connection')}`),
  }))
  const [most, ...others] = counts.toSorted((a, b) => b.total - a.total)
  if (most === undefined) return null
  const total = counts.reduce((sum, one) => sum + one.total, 0)
  const also =
    others.length === 0
      ? ''
      : `; also ${firstFew(
          others.map(({ name }) => name),
          3,
        )}`
  return said(most.name, `${most.sources.join(', ')}${also}`, most.total < NAME_SHARE * total)
}

/** The product, the first label of its name, or its port; each once. */
function nameOf(
  { profile, product, ports }: ListenerGroup,
  fqdn: Said<string> | null,
  taken: Set<string>,
): string {
  const label = fqdn === null || fqdn.isThin ? null : fqdn.value.split('.')[0]!
  const base = profile === 'generic' ? (label ?? `service-${ports[0] ?? 0}`) : product
  let name = base
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`
  taken.add(name)
  return name
}

function portsOf({ ports, vips, servers, connections }: ListenerGroup): Said<readonly number[]> {
  const where = vips.length > 0 ? vips : servers
  return said(
    ports,
    `listens at ${counted(where.length, 'address', 'addresses')}; ${counted(connections, 'connection')}`,
  )
}

function vipsOf({ vips, joins }: ListenerGroup): Said<readonly string[]> | null {
  if (vips.length === 0) return null
  const addresses = [...new Set(vips.map(({ endpoint }) => endpoint.address))].slice(0, VIPS_MAX)
  return said(addresses, `its connections were seen again on the way to servers: ${joins}`)
}

/** Written only for a product that nobody recognised: a profile knows it better. */
function styleOf(rhythm: RhythmFacts, profile: ProfileName): Said<string> | null {
  const { style, median, perClient, connections } = rhythm
  if (style === null || profile !== 'generic') return null
  const each = `${perClient.toFixed(1)} connections for each client, half of them lasted ${duration(median / 1e6)} or more`
  return said(style, `${counted(connections, 'connection')}, ${each}`, true)
}

/**
 * What the analysis itself took for the server's own close. It is left to a person where a relay may have
 * closed, or where something severs as well: what is stated here is not reported any more.
 */
function idleCloseOf(incidents: readonly IncidentRecord[], isRelayed: boolean): Said<string> | null {
  const close = incidents.find(({ type }) => type === 'server-idle-close')
  const silence = close?.details['silenceSeconds']
  if (close === undefined || typeof silence !== 'number' || silence < 1 || isAtLeast(close.details))
    return null
  const { occurrences, agents, confidence } = close
  const isDoubtful =
    isRelayed || incidents.some(({ type }) => type === 'severed-idle') || confidence < CONFIDENT
  const who = isRelayed ? 'the server, or the relay before it,' : 'the server'
  const why = `${who} closed ${counted(occurrences, 'idle connection')} of ${counted(agents, 'agent')} after it`
  return said(`${Math.round(silence)}s`, why, isDoubtful || occurrences < CONNECTIONS_MIN)
}

function heartbeatOf({ heartbeat }: RhythmFacts, profile: ProfileName): Said<string> | null {
  if (heartbeat === null) return null
  const why = `the longest silence of ${count(heartbeat.agreeing)} of ${counted(heartbeat.of, 'connection')}`
  return said(spanOf(heartbeat), why, !heartbeat.isStrong || profile !== 'generic')
}

function checkInOf({ checkIn }: RhythmFacts): Said<string> | null {
  if (checkIn === null) return null
  const pairs = counted(checkIn.of, 'pair of client address and server', 'pairs of client address and server')
  const why = `${count(checkIn.agreeing)} of ${pairs} meet that often`
  return said(spanOf(checkIn), why, !checkIn.isStrong)
}

/** As a person would write it: `15m`, `270s`. */
function spanOf({ value }: Learned): string {
  const seconds = Math.round(value / 1e6)
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 && seconds >= 600 ? `${seconds / 60}m` : `${seconds}s`
}

function serversOf(
  { servers }: ListenerGroup,
  service: string,
  { facts, groups }: Around,
): SuggestedService['servers'] {
  const byAddress = Map.groupBy(servers, ({ endpoint }) => endpoint.address)
  const sorted = [...byAddress].toSorted(([a], [b]) => order(a, b)).slice(0, SERVERS_MAX)
  return sorted.map(([address, listeners], i) => {
    const total = listeners.reduce((sum, { connections }) => sum + connections, 0)
    const asks = facts.originators.has(address) && groups.length > 1
    const why = `${counted(total, 'connection')}${asks ? '; it opens connections itself: if it is their agent, leave it out' : ''}`
    return { name: `${service}-${i + 1}`, address, why, isThin: asks }
  })
}

function order(a: string, b: string): number {
  const [x, y] = [addressNumber(a)?.value ?? 0n, addressNumber(b)?.value ?? 0n]
  return x < y ? -1 : x > y ? 1 : 0
}

/** What names agents without a configuration goes on to: rules that are written take its place. */
export function identityOf(
  { identifiedBy, profile }: Pick<ListenerGroup, 'identifiedBy' | 'profile'>,
  candidates: readonly IdentityCandidate[],
): SuggestedService['identity'] {
  const isBuiltIn = ({ key, name }: IdentityCandidate): boolean =>
    key === 'urlParameter' && name.toLowerCase() === 'agentguid'
  const named = candidates.filter((one) => !isBuiltIn(one)).slice(0, CANDIDATES_SHOWN)
  const rules = named.map((one, i) =>
    said(
      { [one.key]: one.name },
      `${count(one.agents)} values${one.clients === 0 ? '' : ` for ${counted(one.clients, 'client address', 'client addresses')}`}, ${count(one.recurring)} of them on several connections`,
      i > 0 || !one.isStrong,
    ),
  )
  const known = [
    ...(identifiedBy.has('url-parameter') && profile !== 'mcafee-epo'
      ? [said({ urlParameter: 'AgentGuid' }, 'agents name themselves so')]
      : []),
    ...(identifiedBy.has('client-certificate')
      ? [said({ clientCertificate: 'subject' }, 'agents show certificates of their own')]
      : []),
  ]
  // A profile's own rules hold as long as no others are written.
  if (profile === 'mcafee-epo') return [...known, ...rules.map((rule) => ({ ...rule, isThin: true }))]
  return [...known, ...rules]
}
