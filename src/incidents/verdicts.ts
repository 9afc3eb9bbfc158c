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
import type { Requirement, ServiceSeen } from '../model/requirement.ts'
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

/** A capture that lost packets, or whole directions, cannot show that nothing went wrong. */
export const isFlawed = (quality: CaptureQuality, connections: number): boolean =>
  quality.interfaceDrops > 0 ||
  quality.readError !== null ||
  quality.evictedConnections > 0 ||
  (quality.blindSeconds ?? 0) > 0 ||
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
      const breaking = incidents.filter((other) => isBreaking(other, requirement, incident.service))
      others.set(key, recordOf(requirement, incident.service, breaking, brokenStatus(breaking), 0))
    }
  return [...judged, ...others.values()]
}

function verdict(
  requirement: Requirement,
  { service, seen }: ServiceSeen,
  { incidents, detected, isFlawed: flawed, flows, isSampled = false }: VerdictOptions,
): RequirementRecord {
  const { brokenBy, basis, atLeast } = requirement
  const observations = seen[basis]
  const breaking = incidents.filter((incident) => isBreaking(incident, requirement, service.name))
  const told = (status: RequirementRecord['status'], needs: string | null = null): RequirementRecord => ({
    ...recordOf(requirement, service.name, breaking, status, observations),
    needs,
  })
  const unshown = flows === undefined ? null : unshownBy(brokenBy, flows)
  if (breaking.length > 0) {
    const status = brokenStatus(breaking)
    const isSuggested = status === 'at-risk' && breaking.some(({ suggested }) => suggested === true)
    return told(status, isSuggested ? packetsFor(unshown, 'suggest it, and do not show') : null)
  }
  if (brokenBy.length === 0) return told('not-applicable')
  if (!brokenBy.some((type) => detected.has(type))) return told('not-observed', NOT_JUDGED)
  const undecided = incidents.filter((one) => isUndecided(one) && concerns(one, requirement, service.name))
  if (undecided.length > 0)
    return {
      ...recordOf(requirement, service.name, undecided, 'not-observed', observations),
      needs: undecided[0]!.needs!,
    }
  if (unshown !== null) return told('not-observed', packetsFor(unshown, 'do not show'))
  if (observations < atLeast) return told('not-observed', needsOf(requirement, observations))
  if (isSampled) return told('not-observed', UNSAMPLED)
  return flawed ? told('not-observed', WHOLE) : told('met')
}

/** What was seen too seldom must be seen more often; what was not seen at all needs another capture. */
const needsOf = ({ atLeast, needs }: Requirement, observations: number): string =>
  observations === 0 ? needs : `more of the same: ${atLeast} observations, where ${observations} were made`

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
const WHOLE = 'a capture that lost no packets and holds both directions'

const concerns = (
  { type, service, requirements }: Incident,
  { id, brokenBy, byName }: Requirement,
  at: string | null,
): boolean => service === at && (requirements.includes(id) || (!byName && brokenBy.includes(type)))

const isBreaking = (incident: Incident, requirement: Requirement, at: string | null): boolean =>
  incident.severity !== 'info' && concerns(incident, requirement, at)

const isUndecided = ({ needs }: Incident): boolean => needs !== undefined

function recordOf(
  { id, title }: Requirement,
  service: string | null,
  breaking: readonly Incident[],
  status: RequirementRecord['status'],
  seen: number,
): RequirementRecord {
  const occurrences = breaking.reduce((sum, incident) => sum + incident.occurrences, 0)
  return {
    kind: 'requirement',
    id,
    title,
    status,
    service,
    observations: Math.max(seen, occurrences),
    incidents: breaking.map((incident) => incident.id),
    needs: null,
  }
}
