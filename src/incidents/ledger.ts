/**
 * Findings become occurrences, and occurrences of one cause become one incident: the same type, service, path
 * and actor.
 */
import { groupOf, isOfAgent } from '../model/incident.ts'
import type { Actor, Finding, Incident, IncidentType, Severity } from '../model/incident.ts'
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { Occurrences, type SavedOccurrences } from './occurrences.ts'

/** How an incident of a type reads; written by its detector. */
export type Describe = (findings: readonly [Finding, ...Finding[]]) => {
  readonly title: string
  readonly summary: string
  readonly remedy: string
  readonly filter: string
  readonly details: Incident['details']
}

/** Occurrences kept whole per incident; further ones count, the first and the latest stay. */
export const OCCURRENCES_MAX = 10_000
/** Causes told apart; findings of further ones are counted only. More incidents than this nobody reads. */
export const CAUSES_MAX = 1 << 14
/** Agents told apart per incident; further ones do not count. */
export const AGENTS_MAX = 1 << 17
/** Views of one event at several taps lie this close together. */
const SAME_EVENT: Micros = 2 * SECOND

interface Case {
  readonly id: string
  readonly findings: Occurrences
  readonly agents: Set<string>
  /** Agents of the largest group that a finding is about as a whole: of none in particular. */
  group: number
  /** The findings that are kept, for views of one event to meet; null while all are from one tap. */
  views: Views | null
  count: number
  start: Micros
  end: Micros
}

export interface SavedLedger {
  readonly cases: readonly (Omit<Case, 'agents' | 'views' | 'findings'> & {
    readonly key: string
    readonly findings: SavedOccurrences
    readonly agents: readonly string[]
    readonly hasViews: boolean
  })[]
  readonly unfiled: number
}

export class Ledger {
  private readonly cases = new Map<string, Case>()
  private readonly byId = new Map<string, Case>()
  private readonly occurrencesMax: number
  /** Findings of causes that were too many. */
  unfiled = 0

  constructor(occurrencesMax = OCCURRENCES_MAX) {
    this.occurrencesMax = occurrencesMax
  }

  /** All cases, for a checkpoint: plain data. */
  save(): SavedLedger {
    const cases = [...this.cases].map(([key, { views, agents, findings, ...its }]) => ({
      ...its,
      key,
      findings: findings.save(),
      agents: [...agents],
      hasViews: views !== null,
    }))
    return { cases, unfiled: this.unfiled }
  }

  /** In place of what it holds. */
  load({ cases, unfiled }: SavedLedger): void {
    this.unfiled = unfiled
    this.cases.clear()
    this.byId.clear()
    for (const { key, agents, hasViews, ...its } of cases) {
      const findings = new Occurrences(its.findings)
      const views = hasViews ? new Views(findings.all()) : null
      const known: Case = { ...its, findings, agents: new Set(agents), views }
      this.cases.set(key, known)
      this.byId.set(known.id, known)
    }
  }

  /** Takes a finding in; the id of its incident, or null if it is a known event seen again from another
   * tap, or its cause is one too many. */
  add(finding: Finding): string | null {
    const key = `${finding.type}|${finding.cause}`
    const known = this.cases.get(key)
    if (known === undefined) {
      if (this.cases.size >= CAUSES_MAX) {
        this.unfiled++
        return null
      }
      const fresh: Case = {
        id: `I${this.cases.size + 1}`,
        findings: new Occurrences({ packed: [], latest: [finding], first: finding, count: 1 }),
        agents: new Set(),
        group: 0,
        views: null,
        count: 1,
        start: finding.at,
        end: finding.at,
      }
      noteAgents(fresh, finding)
      this.cases.set(key, fresh)
      this.byId.set(fresh.id, fresh)
      return fresh.id
    }
    if (known.views === null && finding.tap !== known.findings.first.tap)
      known.views = new Views(known.findings.all())
    if (finding.amends === true && amended(known, finding)) return known.id
    if (known.views?.has(finding) === true) return null
    known.count++
    noteAgents(known, finding)
    known.start = Math.min(known.start, finding.at)
    known.end = Math.max(known.end, finding.at)
    this.keep(known, finding)
    return known.id
  }

  /** Every incident with its occurrences in order of time. */
  *incidents(
    describe: (type: IncidentType) => Describe,
  ): Generator<{ incident: Incident; findings: readonly Finding[] }> {
    for (const known of this.cases.values()) yield told(known, describe)
  }

  /** One incident, as far as it is known by now; null if there is none of that id. */
  incident(id: string, describe: (type: IncidentType) => Describe): Incident | null {
    const known = this.byId.get(id)
    return known === undefined ? null : told(known, describe).incident
  }

  /** What is told apart by now. */
  causes(): { readonly id: string; readonly type: IncidentType; readonly cause: string }[] {
    return [...this.cases.values()].map(({ id, findings: { first } }) => {
      return { id, type: first.type, cause: first.cause }
    })
  }

  private keep({ findings, views }: Case, finding: Finding): void {
    if (findings.count < this.occurrencesMax) findings.add(finding)
    else {
      const last = findings.replaceLast(finding)
      views?.delete(last)
    }
    views?.add(finding)
  }
}

/** Puts a finding in the place of the one that it says more of; false if that is not kept. */
function amended({ findings, views }: Case, finding: Finding): boolean {
  const before = findings.amend(finding)
  if (before === null) return false
  views?.delete(before)
  views?.add(finding)
  return true
}

function told(
  known: Case,
  describe: (type: IncidentType) => Describe,
): { incident: Incident; findings: readonly Finding[] } {
  const findings = known.findings.all()
  findings.sort((a, b) => a.at - b.at)
  const [first, ...others] = findings.filter(({ withdrawn }) => withdrawn !== true)
  // What holds is told; what was taken back is only where nothing does.
  const holding: [Finding, ...Finding[]] = first === undefined ? findings : [first, ...others]
  const incident = incidentOf(known, holding, describe(holding[0].type)(holding))
  return { incident: first === undefined ? takenBack(incident) : incident, findings: holding }
}

const takenBack = (incident: Incident): Incident => ({
  ...incident,
  severity: 'info',
  title: `Taken back: ${incident.title}`,
  summary: `${incident.summary} More observations since do not bear it out: chance explains it.`,
  confidence: 0,
  withdrawn: true,
})

/** What tells whether two findings are views of one event. */
interface View {
  readonly tap: Tap
  readonly agent: string
  readonly at: Micros
}

/** Findings by agent and time: a look at three short lists, however many findings there are. */
class Views {
  private readonly byMoment = new Map<string, View[]>()

  constructor(findings: readonly Finding[]) {
    for (const finding of findings) this.add(finding)
  }

  add({ tap, agent, at }: Finding): void {
    if (agent === null) return
    const view = { tap, agent: agent.id, at }
    const key = momentOf(view)
    const list = this.byMoment.get(key)
    if (list === undefined) this.byMoment.set(key, [view])
    else list.push(view)
  }

  delete({ tap, agent, at }: Finding): void {
    if (agent === null) return
    const key = momentOf({ tap, agent: agent.id, at })
    const rest = [...(this.byMoment.get(key) ?? [])]
    const place = rest.findIndex((view) => view.tap === tap && view.at === at)
    if (place >= 0) rest.splice(place, 1)
    if (rest.length === 0) this.byMoment.delete(key)
    else this.byMoment.set(key, rest)
  }

  /** The same event was told from another tap. */
  has({ tap, agent, at }: Finding): boolean {
    if (agent === null) return false
    const view = { tap, agent: agent.id, at }
    for (const apart of [-1, 0, 1]) {
      const list = this.byMoment.get(momentOf(view, apart))
      if (list?.some((other) => isSameEvent(other, view)) === true) return true
    }
    return false
  }
}

/** Events no further apart than SAME_EVENT have the same moment, or neighbouring ones. */
const momentOf = ({ agent, at }: View, apart = 0): string => `${agent}|${Math.floor(at / SAME_EVENT) + apart}`

function incidentOf(
  known: Case,
  findings: readonly [Finding, ...Finding[]],
  words: ReturnType<Describe>,
): Incident {
  const [first] = findings
  const decided = findings.filter(({ needs }) => needs === undefined)
  // What is undecided of an incident that happened breaks nothing either.
  const telling = decided.length > 0 ? decided : findings
  return {
    id: known.id,
    type: first.type,
    severity: findings.map((f) => f.severity).reduce(worse),
    service: first.service,
    title: words.title,
    summary: words.summary,
    start: known.start,
    end: known.end,
    occurrences: known.count,
    agents: Math.max(known.agents.size, known.group),
    actor: actorOf(findings),
    requirements: [...new Set(telling.flatMap((f) => f.requirements))].sort(),
    remedy: words.remedy,
    filter: words.filter,
    confidence: Math.max(...findings.map((f) => f.confidence)),
    details: words.details,
    ...(findings.every(({ suggested }) => suggested === true) ? { suggested: true } : {}),
    ...(first.needs !== undefined && decided.length === 0 ? { needs: first.needs } : {}),
  }
}

/** The surest; of several servers that each did the same none is named. */
function actorOf(findings: readonly [Finding, ...Finding[]]): Actor {
  const { actor } = findings.reduce((a, b) => (b.actor.confidence > a.actor.confidence ? b : a))
  const isOther = (other: Actor): boolean => other.role === 'server' && other.address !== actor.address
  return actor.role === 'server' && findings.some((f) => isOther(f.actor))
    ? { ...actor, address: null }
    : actor
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }
const worse = (a: Severity, b: Severity): Severity => (RANK[b] > RANK[a] ? b : a)

/** Whom it hit: its agent, whoever has its connection, or a group of so many. */
function noteAgents(known: Case, finding: Finding): void {
  const { agent, tap, connection } = finding
  known.group = Math.max(known.group, groupOf(finding) ?? 0)
  if (!isOfAgent(finding) || (agent === null && connection === null)) return
  if (known.agents.size < AGENTS_MAX) known.agents.add(agent?.id ?? `${tap}|${connection}`)
}

/** The same agent, at another tap, at the same time: seen twice, happened once. */
const isSameEvent = (a: View, b: View): boolean =>
  a.tap !== b.tap && a.agent === b.agent && Math.abs(a.at - b.at) <= SAME_EVENT
