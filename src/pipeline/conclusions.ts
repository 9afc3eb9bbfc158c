/**
 * The upper half: observations of all taps, in order of time, become events, findings and incidents. It wires
 * sessions, detectors and ledger and decides nothing; where the observations come from is nobody's concern
 * here.
 */
import { DETECTORS } from '../detectors/index.ts'
import { type Describe, Ledger } from '../incidents/ledger.ts'
import { namedFor } from '../incidents/named.ts'
import { verdicts, type VerdictOptions } from '../incidents/verdicts.ts'
import type { DetectorEvent, EventKind, World } from '../model/event.ts'
import type { Finding, Incident, IncidentType } from '../model/incident.ts'
import type { AgentRecord, RequirementRecord, ServerRecord } from '../model/record.ts'
import { agentRecord, serverRecord } from '../sessions/records.ts'
import { Sessions, type SessionsOptions } from '../sessions/sessions.ts'
import { FileNumbers } from './file-numbers.ts'
import { asShown, type ExporterName, suggestedText } from './flow-findings.ts'
import { worldOf } from './world.ts'

const DETECTED: ReadonlySet<string> = new Set(DETECTORS.map(({ type }) => type))

export interface ConclusionsOptions extends Omit<SessionsOptions, 'tell'> {
  /** Is told of every finding as it is raised, with the id of its incident; null: seen before, or one too
   * many. */
  readonly found?: (finding: Finding, incident: string | null) => void
  /** What is raised meanwhile was raised before: it is filed, and nobody is told. Absent: never. */
  readonly isMuted?: () => boolean
  /** Occurrences kept whole per incident. Absent: as many as an analysis of captures keeps. */
  readonly occurrencesMax?: number
  /** Who exported a flow record. Absent: there are none. */
  readonly exporterName?: ExporterName
  /** The numbers of packets in their files, where several captures are one tap. Absent: none are. */
  readonly fileNumbers?: FileNumbers
}

/** What is said at the end of an incident that what was captured does not decide. */
const undecidedText = (needs: string): string => ` To decide it takes ${needs}.`

export class Conclusions {
  readonly sessions: Sessions
  readonly ledger: Ledger
  private readonly fileNumbers: FileNumbers
  private readonly handlers = new Map<EventKind, ((event: DetectorEvent) => void)[]>()

  constructor(asked: ConclusionsOptions) {
    const { found, occurrencesMax, isMuted, exporterName = () => null, fileNumbers, ...options } = asked
    this.fileNumbers = fileNumbers ?? new FileNumbers()
    this.ledger = new Ledger(occurrencesMax)
    const tell = (event: DetectorEvent): void =>
      this.handlers.get(event.kind)?.forEach((handle) => handle(event))
    this.sessions = new Sessions({ ...options, tell })
    const world = this.world()
    for (const detector of DETECTORS) {
      const raise = (raised: Finding): void => {
        const finding = asShown(this.byFiles(raised), detector.flows, exporterName)
        // Its requirements are not observed, and say what would show it.
        if (finding === null) return
        const incident = this.ledger.add(finding)
        if (isMuted?.() !== true) found?.(finding, incident)
      }
      for (const [kind, handle] of Object.entries(detector.watch(world, raise))) {
        const list = this.handlers.get(kind as EventKind) ?? []
        this.handlers.set(kind as EventKind, [...list, handle as (event: DetectorEvent) => void])
      }
    }
  }

  private world(): World {
    return worldOf(this.sessions, this.fileNumbers.ofItsFile)
  }

  /** The finding with its evidence by the numbers of the files. */
  private byFiles(finding: Finding): Finding {
    const evidence = finding.evidence.map(this.fileNumbers.ofItsFile)
    if (evidence.every((item, i) => item === finding.evidence[i])) return finding
    return { ...finding, evidence: evidence as unknown as Finding['evidence'] }
  }

  /** Every incident with its occurrences; once nothing more comes. What was taken back before anybody was
   * told is none. */
  *incidents(): Generator<{ readonly incident: Incident; readonly findings: readonly Finding[] }> {
    for (const { incident, findings } of this.ledger.incidents(this.describe))
      if (incident.withdrawn !== true) yield { incident: this.named(incident), findings }
  }

  /** One of them, as far as it is known by now. */
  incident(id: string): Incident | null {
    const incident = this.ledger.incident(id, this.describe)
    return incident === null ? null : this.named(incident)
  }

  /** Who was seen: agents with an address or at a server, and servers. */
  who(): { readonly agents: AgentRecord[]; readonly servers: ServerRecord[] } {
    const { agents, stays } = this.sessions
    const seen = [...agents.all()].filter((agent) => agent.addresses.length > 0 || agent.wasAtServer)
    return { agents: seen.map(agentRecord), servers: [...stays.servers].map(serverRecord) }
  }

  /** What requirements come to, by all that was seen so far. */
  verdicts(asked: Omit<VerdictOptions, 'services' | 'detected'>): RequirementRecord[] {
    const services = this.sessions.followers.basis.counts()
    return [...verdicts({ ...asked, services, detected: DETECTED })]
  }

  /** With the requirements that hold for its service. */
  private named(incident: Incident): Incident {
    const { service, severity, needs } = incident
    const weighs = severity !== 'info' || needs !== undefined
    const profile = service === null ? null : (this.sessions.serviceNamed(service)?.profile ?? null)
    return { ...incident, requirements: namedFor({ ...incident, weighs }, profile) }
  }

  private readonly describe = (type: IncidentType): Describe => {
    const detector = DETECTORS.find((d) => d.type === type)!
    return (findings: readonly [Finding, ...Finding[]]) => {
      const words = detector.describe(findings, this.world())
      const { needs } = findings[0]
      const open = needs !== undefined && findings.every((f) => f.needs !== undefined)
      const isSuggested = findings.every(({ suggested }) => suggested === true)
      const summary =
        words.summary + (isSuggested ? suggestedText(detector.flows) : open ? undecidedText(needs) : '')
      return { ...words, summary }
    }
  }
}
