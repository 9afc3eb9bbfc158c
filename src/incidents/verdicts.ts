/**
 * The verdict on each requirement, for each service whose product states any: what its incidents break, what
 * the traffic shows to be met, and what it cannot show.
 *
 * Contract: pure. Absence of incidents is no proof: a requirement is met only where enough of the traffic
 * that would have broken it was seen, and well enough captured, and nothing of it is undecided; otherwise it
 * was not observed, and the verdict says what would show it.
 */
import type { FlowShowing, Incident } from '../model/incident.ts'
import type { CaptureQuality } from '../model/quality.ts'
import type { RequirementRecord } from '../model/record.ts'
import type { Doubt, Requirement, ServiceSeen } from '../model/requirement.ts'
import { REQUIREMENTS } from '../model/requirements/index.ts'

export interface VerdictOptions {
  readonly incidents: readonly Incident[]
  readonly services: readonly ServiceSeen[]
  /** Detectors that there are: what none of them looks for is not judged. */
  readonly detected: ReadonlySet<string>
  /** Something of the captures is missing: see `isFlawed`. */
  readonly isFlawed: boolean
  /** What flow records can show, by type of incident, where no packets were captured. Absent: they were. */
  readonly flows?: ReadonlyMap<string, FlowShowing>
  /** Those records are of sampled packets. */
  readonly isSampled?: boolean
}

/** Incidents of these types say what may come, not what has happened. */
const RISKS: ReadonlySet<string> = new Set(['timer-risk', 'scan-at-risk', 'nat-shared'])

/**
 * Connections of which one direction only was captured, as a share of all, from which on silence proves
 * nothing (X-05 of the domain's catalogue: asymmetric capture).
 */
const ONE_WAY_SHARE = 0.05

/**
 * Segments missing in so many places, as a share of the packets, that it was no accident: packets were
 * sampled, or a filter kept them away (Zeek's misc/capture-loss warns from 10 % on).
 */
const MISSING_SHARE = 0.1

/** A capture that lost packets, or whole directions, or that was filtered, cannot show that nothing went
 * wrong. */
export const isFlawed = (quality: CaptureQuality, connections: number, packets: number): boolean =>
  quality.interfaceDrops > 0 ||
  quality.readError !== null ||
  quality.evictedConnections > 0 ||
  (quality.blindSeconds ?? 0) > 0 ||
  (quality.withoutAcknowledgments ?? 0) > 0 ||
  (quality.withoutData ?? 0) > 0 ||
  (quality.withoutHandshakes ?? 0) > 0 ||
  quality.missingSegments > MISSING_SHARE * packets ||
  quality.oneWayConnections > ONE_WAY_SHARE * connections

/** By service in the order given, requirements in the order of their documents. */
export function verdicts(options: VerdictOptions): RequirementRecord[] {
  const { services, incidents } = options
  const judged = services.flatMap((one) =>
    REQUIREMENTS.filter(({ profiles }) => profiles.includes(one.service.profile)).map((requirement) =>
      verdict(requirement, one, options),
    ),
  )
  const known = new Set(judged.map(({ id, service }) => JSON.stringify([id, service])))
  const others = new Map<string, RequirementRecord>()
  // What an incident names is broken, whatever the product of its service.
  for (const incident of incidents)
    for (const id of incident.requirements) {
      const key = JSON.stringify([id, incident.service])
      if (known.has(key) || incident.severity === 'info' || others.has(key)) continue
      const requirement = REQUIREMENTS.find((r) => r.id === id)
      if (requirement === undefined) continue
      const about = incidents.filter((other) => concerns(other, requirement, incident.service))
      others.set(key, recordOf(requirement, incident.service, about, brokenStatus(about.filter(isAlarm)), 0))
    }
  return [...judged, ...others.values()]
}

function verdict(
  requirement: Requirement,
  { service, seen }: ServiceSeen,
  { incidents, detected, isFlawed: flawed, flows, isSampled = false }: VerdictOptions,
): RequirementRecord {
  const { brokenBy, basis, atLeast, doubt } = requirement
  const about = incidents.filter((incident) => concerns(incident, requirement, service.name))
  const observations = (basis === null ? 0 : seen[basis]) + shownIn(about, requirement)
  const told = (status: RequirementRecord['status'], needs: string | null = null): RequirementRecord => ({
    ...recordOf(requirement, service.name, about, status, observations),
    needs,
  })
  const unshown = flows === undefined ? null : unshownBy(brokenBy, flows)
  const breaking = about.filter(isAlarm)
  if (breaking.length > 0) {
    const status = brokenStatus(breaking)
    const isSuggested = status === 'at-risk' && breaking.some(({ suggested }) => suggested === true)
    return told(status, isSuggested ? packetsFor(unshown, 'suggest it, and do not show') : null)
  }
  if (brokenBy.length === 0) return told('not-applicable')
  if (!brokenBy.some((type) => detected.has(type))) return told('not-observed', NOT_JUDGED)
  const undecided = about.find(({ needs }) => needs !== undefined)
  if (undecided !== undefined) return told('not-observed', undecided.needs)
  if (unshown !== null) return told('not-observed', packetsFor(unshown, 'do not show'))
  if (doubt !== null && isDoubted(doubt, incidents, { service, seen }))
    return told('not-observed', doubt.needs)
  if (observations < atLeast) return told('not-observed', needsOf(requirement, observations))
  if (isSampled) return told('not-observed', UNSAMPLED)
  return flawed ? told('not-observed', WHOLE) : told('met')
}

/** What only informs, and says that what is asked for was done. */
const shownIn = (about: readonly Incident[], { shownBy }: Requirement): number =>
  about
    .filter((one) => !isAlarm(one) && one.needs === undefined && shownBy.includes(one.type))
    .reduce((sum, { occurrences }) => sum + occurrences, 0)

const isDoubted = (
  { incidents: types, basis }: Doubt,
  incidents: readonly Incident[],
  { service, seen }: ServiceSeen,
): boolean =>
  (basis !== null && seen[basis] > 0) ||
  incidents.some((one) => one.service === service.name && types.includes(one.type))

/** What was seen too seldom must be seen more often; what was not seen at all needs another capture. */
const needsOf = ({ atLeast, needs }: Requirement, observations: number): string =>
  observations === 0
    ? needs
    : `more of the same: ${atLeast} observations, where ${observations} ${observations === 1 ? 'was' : 'were'} made`

/** A suspicion breaks nothing, as a risk does not. */
const brokenStatus = (breaking: readonly Incident[]): RequirementRecord['status'] =>
  breaking.some(({ type, suggested }) => !RISKS.has(type) && suggested !== true) ? 'violated' : 'at-risk'

/** The first way in which it can be broken that flow records do not prove; null: they prove all of them. */
function unshownBy(brokenBy: readonly string[], flows: ReadonlyMap<string, FlowShowing>): FlowShowing | null {
  const known = brokenBy.flatMap((type) => flows.get(type) ?? [])
  return known.find(({ can }) => can === 'not-show') ?? known.find(({ can }) => can === 'suggest') ?? null
}

const packetsFor = (unshown: FlowShowing | null, what: string): string =>
  `a packet capture: flow records ${what} ${unshown?.lack ?? 'who the agents are'}`

const UNSAMPLED = 'records of all packets: those of sampled ones show no single packet'
const NOT_JUDGED = 'a rule: Holdfast does not judge this requirement yet'
const WHOLE = 'a capture that lost no packets, was not filtered, and holds both directions'

/** Incidents name whatever they are about: see `namedFor`. */
const concerns = ({ service, requirements }: Incident, { id }: Requirement, at: string | null): boolean =>
  service === at && requirements.includes(id)

const isAlarm = ({ severity }: Incident): boolean => severity !== 'info'

/** `about`: incidents that name it; those that break it come first. */
function recordOf(
  { id, title }: Requirement,
  service: string | null,
  about: readonly Incident[],
  status: RequirementRecord['status'],
  seen: number,
): RequirementRecord {
  const breaking = about.filter(isAlarm)
  const occurrences = breaking.reduce((sum, incident) => sum + incident.occurrences, 0)
  return {
    kind: 'requirement',
    id,
    title,
    status,
    service,
    observations: Math.max(seen, occurrences),
    incidents: [...breaking, ...about.filter((one) => !isAlarm(one))].map((incident) => incident.id),
    needs: null,
  }
}
