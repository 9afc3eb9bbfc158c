/**
 * The table of contents: captures go in, records come out. The one file that knows all stages; it wires them
 * and decides nothing.
 *
 *   capture -> frames -> connections -> streams -> protocols   (one lower half per capture: tap-run.ts)
 *           -> observations, merged over taps in order of time (merge.ts)
 *           -> sessions -> detectors -> incidents -> records
 */
import { TAPS_MAX } from '../connections/tap-state.ts'
import { communityId } from '../model/community-id.ts'
import type { ConnectionSummary } from '../model/connection.ts'
import type { Deployment } from '../model/deployment.ts'
import { DETECTORS } from '../detectors/index.ts'
import type { DetectorEvent, EventKind } from '../model/event.ts'
import type { Finding, IncidentType } from '../model/incident.ts'
import { type Describe, Ledger } from '../incidents/ledger.ts'
import { IDLE_THRESHOLD } from '../model/profiles.data.ts'
import type { AnalysisRecord, Forgotten, RecordKind, RecordSink, SummaryRecord } from '../model/record.ts'
import type { TlsSecrets, Wants } from '../model/stream.ts'
import { type Micros, toSeconds } from '../model/time.ts'
import { agentRecord, connectionRecord, serverRecord } from '../sessions/records.ts'
import { Sessions } from '../sessions/sessions.ts'
import type { TrackedSighting } from '../sessions/sighting.ts'
import { ObservationMerge } from './merge.ts'
import { type TapInput, TapRun } from './tap-run.ts'
import { worldOf } from './world.ts'

export type { TapInput } from './tap-run.ts'

export interface AnalysisOptions {
  readonly deployment: Deployment
  readonly secrets: TlsSecrets | null
  /** Packets outside are not looked at. */
  readonly from: Micros | null
  readonly to: Micros | null
  /** Connections held at once per tap; beyond it one is evicted for each new one. Absent: 4 Mi. */
  readonly connectionsMax?: number
  readonly onProgress: ((fraction: number, packets: number) => void) | null
}

/** Silences shorter than this are nobody's concern, whatever a configuration says: retransmission timers live
 * below it. */
const SILENCE_MIN: Micros = 1_000_000
const EVERY_BATCHES = 16

/** Analyses captures of one time together; the summary is also written to the sinks. Closes nothing that it
 * was handed. */
export async function analyze(
  inputs: readonly TapInput[],
  options: AnalysisOptions,
  sinks: readonly RecordSink[],
): Promise<SummaryRecord> {
  const analysis = new Analysis(inputs.length, options, sinks)
  const runs = inputs.map((input, i) => analysis.tapRun(input, i))
  await analysis.readAll(runs)
  return analysis.finish(runs)
}

class Analysis {
  private readonly options: AnalysisOptions
  private readonly sinks: readonly RecordSink[]
  private readonly merge: ObservationMerge
  private readonly sessions: Sessions
  private readonly ledger = new Ledger()
  private readonly handlers = new Map<EventKind, ((event: DetectorEvent) => void)[]>()
  private readonly oneFile: boolean
  private taps = 0
  private connections = 0
  private longestSilence: Micros = 0
  private longestSurvived: Micros = 0

  constructor(captures: number, options: AnalysisOptions, sinks: readonly RecordSink[]) {
    this.options = options
    this.sinks = sinks
    this.oneFile = captures === 1
    this.sessions = new Sessions({
      deployment: options.deployment,
      tell: (event) => this.handlers.get(event.kind)?.forEach((handle) => handle(event)),
      severalTaps: () => captures > 1 || this.taps > 1,
      accounted: this.wants('connection') ? (sighting, summary) => this.accounted(sighting, summary) : null,
    })
    this.merge = new ObservationMerge(captures, (observation) => {
      if (observation.kind === 'connection-closed') this.count(observation.summary)
      this.sessions.observe(observation)
    })
    const world = worldOf(this.sessions)
    for (const detector of DETECTORS) {
      const handlers = detector.watch(world, (finding) => void this.ledger.add(finding))
      for (const [kind, handle] of Object.entries(handlers)) {
        const list = this.handlers.get(kind as EventKind) ?? []
        this.handlers.set(kind as EventKind, [...list, handle as (event: DetectorEvent) => void])
      }
    }
    if (this.wants('session')) this.sessions.stays.reportTo((record) => this.write(record))
  }

  tapRun(input: TapInput, position: number): TapRun {
    const { deployment, secrets, from, to } = this.options
    const thresholds = deployment.services.map((s) => s.idleThreshold ?? IDLE_THRESHOLD)
    return new TapRun(input, {
      silenceMin: Math.max(SILENCE_MIN, Math.min(IDLE_THRESHOLD, ...thresholds)),
      servicePorts: new Set(deployment.services.flatMap((s) => s.ports)),
      secrets,
      wants: this.wantsOfParsers(),
      from,
      to,
      nextTapIndex: () => this.nextTapIndex(),
      ...(this.options.connectionsMax === undefined ? {} : { connectionsMax: this.options.connectionsMax }),
      emit: this.merge.inlet(position),
    })
  }

  /** Reads whichever capture lies furthest behind, so that all taps move through time together. */
  async readAll(runs: readonly TapRun[]): Promise<void> {
    const reading = new Set<number>()
    for (const [i, run] of runs.entries()) if (await this.readNext(run, i)) reading.add(i)
    let batches = 0
    while (reading.size > 0) {
      let behind = -1
      for (const i of reading) if (behind < 0 || runs[i]!.position < runs[behind]!.position) behind = i
      const run = runs[behind]!
      run.process()
      if (++batches % EVERY_BATCHES === 0) this.progress(runs)
      const more = run.read()
      if (!(more === true || (more !== false && (await more)))) {
        reading.delete(behind)
        run.finish()
        this.merge.advance(behind, Infinity)
      } else this.merge.advance(behind, run.position)
    }
  }

  async finish(runs: readonly TapRun[]): Promise<SummaryRecord> {
    this.sessions.ended()
    let packets = 0
    for (const run of runs) {
      packets += run.framesRead
      if (this.wants('capture')) this.write(run.record(await (run.input.sha256 ?? null)))
    }
    const { stays } = this.sessions
    const agents = [...this.sessions.agents.all()].filter(
      (agent) => agent.addresses.length > 0 || stays.agents.has(agent),
    )
    for (const agent of agents) this.write(agentRecord(agent))
    const servers = [...stays.servers]
    for (const server of servers) this.write(serverRecord(server))
    const incidents = this.writeIncidents()
    const summary: SummaryRecord = {
      kind: 'summary',
      captures: runs.length,
      packets,
      connections: this.connections,
      agents: agents.length,
      servers: servers.length,
      incidents,
      longestSilenceSeconds: toSeconds(this.longestSilence),
      longestSurvivedSeconds: toSeconds(this.longestSurvived),
      forgotten: this.forgotten(),
      elapsedSeconds: 0,
    }
    this.write(summary)
    return summary
  }

  private forgotten(): Forgotten {
    const { agents, stays } = this.sessions
    const { agents: strangers, places } = agents.forgotten
    return {
      agents: strangers,
      addresses: places,
      visits: stays.unfollowed,
      findings: this.ledger.unfiled,
    }
  }

  private writeIncidents(): SummaryRecord['incidents'] {
    const counts = { critical: 0, warning: 0, info: 0 }
    const world = worldOf(this.sessions)
    const describe = (type: IncidentType): Describe => {
      const detector = DETECTORS.find((d) => d.type === type)!
      return (findings: readonly [Finding, ...Finding[]]) => detector.describe(findings, world)
    }
    for (const { incident, findings } of this.ledger.incidents(describe)) {
      counts[incident.severity]++
      this.write({ kind: 'incident', ...incident })
      for (const finding of findings) this.write({ kind: 'occurrence', incident: incident.id, finding })
    }
    return counts
  }

  private async readNext(run: TapRun, position: number): Promise<boolean> {
    if (await run.read()) {
      this.merge.advance(position, run.position)
      return true
    }
    run.finish()
    this.merge.advance(position, Infinity)
    return false
  }

  private count(summary: ConnectionSummary): void {
    this.connections++
    const last = summary.endReason === 'open' ? summary.idleBeforeEnd : 0
    this.longestSilence = Math.max(this.longestSilence, summary.maxIdle, summary.longestSurvived, last)
    this.longestSurvived = Math.max(this.longestSurvived, summary.longestSurvived)
  }

  private accounted(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const { originator, responder } = summary
    const named = (): string => communityId(originator, responder)
    this.write(connectionRecord(sighting, summary, named, this.oneFile))
  }

  private nextTapIndex(): number {
    if (this.taps === TAPS_MAX)
      throw new Error(`more than ${TAPS_MAX} taps: analyse fewer interfaces at once`)
    return this.taps++
  }

  private progress(runs: readonly TapRun[]): void {
    if (this.options.onProgress === null) return
    const packets = runs.reduce((n, run) => n + run.framesRead, 0)
    this.options.onProgress(runs.reduce((sum, run) => sum + run.progress, 0) / runs.length, packets)
  }

  /** What parsers need not make, because nobody looks at it: without relays and patterns, openings only say
   * that data passes. */
  private wantsOfParsers(): Wants {
    const { deployment } = this.options
    const relays = deployment.devices.length > 0 || deployment.services.some((s) => s.vips.length > 0)
    const patterns = deployment.services.some((s) =>
      s.identity.some((rule) => rule.kind === 'payload-pattern'),
    )
    const joined = relays || !this.oneFile
    const fingerprints = joined || this.wants('connection')
    return { openings: joined || patterns, fingerprints, alerts: false, responseHeads: false }
  }

  private wants(kind: RecordKind): boolean {
    return this.sinks.some((sink) => sink.kinds.has(kind))
  }

  private write(record: AnalysisRecord): void {
    for (const sink of this.sinks) if (sink.kinds.has(record.kind)) sink.write(record)
  }
}
