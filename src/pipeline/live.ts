/**
 * An analysis that goes on: batches and ticks of one live capture, or of flow records that are received, go
 * in, findings come out as they are raised, and whoever asks is told how matters stand.
 *
 * Contract: time moves with batches and ticks only; nothing here asks the clock. What happened is told within
 * the call that brought the packet or tick that proves it. Nothing is ever "the end of the capture" until
 * `end` says so.
 */
import { TAPS_MAX } from '../connections/tap-state.ts'
import type { SavedLedger } from '../incidents/ledger.ts'
import { isFlawed } from '../incidents/verdicts.ts'
import type { Deployment } from '../model/deployment.ts'
import type { FlowBatch } from '../model/flow-record.ts'
import type { Finding, IncidentType } from '../model/incident.ts'
import type { Observation } from '../model/observation.ts'
import type { Tap } from '../model/packet.ts'
import type {
  AgentRecord,
  CaptureRecord,
  ConnectionRecord,
  IncidentRecord,
  LastingSession,
  RequirementRecord,
  ServerRecord,
  SessionRecord,
} from '../model/record.ts'
import type { TlsSecrets } from '../model/stream.ts'
import { type Micros, seconds } from '../model/time.ts'
import { revive } from '../protocols/http/message.ts'
import { connectionRecord } from '../sessions/records.ts'
import type { Follower } from '../sessions/follower.ts'
import { followMisfits, type MisfitsFollower } from '../sessions/misfits.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { Conclusions } from './conclusions.ts'
import { type LiveFlowInput, LiveFlowRun } from './flow-live.ts'
import { shownByFlows } from './flow-findings.ts'
import type { LiveRun, SavedRun } from './live-run.ts'
import type { TapInput, TapRunOptions } from './run.ts'
import { serviceTraffic } from './service-traffic.ts'
import { TapRun } from './tap-run.ts'
import { silenceMinOf, wantsOfParsers } from './wants.ts'

/**
 * How long views of one event at several interfaces of a live capture are waited for. They have one clock,
 * and what they captured waits in buffers for some tens of milliseconds.
 */
export const LIVE_SETTLE: Micros = 200_000
/** Silent connections are looked at so often. */
const LOOK_EVERY: Micros = seconds(60)
/** Occurrences kept whole per incident: the others are in the database. */
const OCCURRENCES_MAX = 1_000

export type LiveRecord = ConnectionRecord | SessionRecord

export interface LiveOptions {
  readonly deployment: Deployment
  readonly secrets: TlsSecrets | null
  /** A finding was raised; `incident` is the id of its incident within this analysis. */
  found(finding: Finding, incident: string): void
  /** A connection or a session is over. */
  write(record: LiveRecord): void
  /** Connections held at once. Absent: 4 Mi. */
  readonly connectionsMax?: number
  /** Follow the observations besides those that every analysis has. Absent: none. */
  readonly followers?: readonly Follower[]
  /** Is handed all that the upper half lives on, to be replayed after a restart. Absent: nobody is. */
  readonly journal?: (entry: JournalEntry) => void
}

/** What was observed, or a time that came without anything. */
export type JournalEntry = Observation | { readonly kind: 'tick'; readonly time: Micros }

/** What is kept over a restart besides the journal. */
export interface SavedAnalysis {
  readonly run: SavedRun
  /** Null: it is not to be had, and is made anew of what is replayed. */
  readonly ledger: SavedLedger | null
  /** Connections that are over. */
  readonly connections: number
}

/** How matters stand. */
export interface Standing {
  /** Incidents so far: verdicts name them by these ids. */
  readonly causes: readonly { readonly id: string; readonly type: IncidentType; readonly cause: string }[]
  readonly capture: CaptureRecord
  readonly agents: readonly AgentRecord[]
  readonly servers: readonly ServerRecord[]
  /** Those that last. */
  readonly sessions: readonly LastingSession[]
  readonly requirements: readonly RequirementRecord[]
}

export class LiveAnalysis {
  readonly run: LiveRun
  /** What its packets go through; null: it has flow records. */
  readonly packets: TapRun | null
  /** What its flow records go through; null: it has packets. */
  readonly flows: LiveFlowRun | null
  /** Null: no service is stated. */
  readonly misfits: MisfitsFollower | null
  private readonly conclusions: Conclusions
  private readonly sessions: Sessions
  private readonly deployment: Deployment
  private readonly tap: Tap
  private taps = 0
  private readonly journal: LiveOptions['journal']
  /** What is replayed was told already. */
  private isReplaying = false
  /** Connections that are over. */
  connections = 0

  constructor(input: TapInput | LiveFlowInput, options: LiveOptions) {
    const { deployment, found } = options
    this.deployment = deployment
    this.tap = input.tap
    this.journal = options.journal
    const write = (record: LiveRecord): void => {
      if (!this.isReplaying) options.write(record)
    }
    this.conclusions = new Conclusions({
      deployment,
      settle: LIVE_SETTLE,
      isUrgent: true,
      occurrencesMax: OCCURRENCES_MAX,
      severalTaps: () => this.taps > 1,
      accounted: (sighting, summary) => write(connectionRecord(sighting, summary, false)),
      found: (finding, incident) => void (incident !== null && found(finding, incident)),
      isMuted: () => this.isReplaying,
      exporterName: (_tap, exporter) => this.flows?.flows.exporterName(exporter) ?? null,
    })
    this.sessions = this.conclusions.sessions
    this.misfits = deployment.services.length > 0 ? followMisfits(deployment, this.sessions.services) : null
    if (this.misfits !== null) this.sessions.followers.add(this.misfits)
    for (const follower of options.followers ?? []) this.sessions.followers.add(follower)
    this.sessions.stays.reportTo(write)
    const its = this.runOptions(options)
    this.packets = 'reader' in input ? new TapRun(input, its) : null
    this.flows = 'reader' in input ? null : this.flowRun(input, its)
    this.run = (this.packets ?? this.flows)!
  }

  /** Takes the batch of packets that `packets.read` brought. */
  process(): void {
    this.packets!.process()
    this.timeCame(this.run.now)
  }

  /** Takes flow records. */
  take(batch: FlowBatch): void {
    this.flows!.take(batch)
    this.timeCame(this.run.now)
  }

  /** Time has come to `now` without a packet or record. */
  tick(now: Micros): void {
    this.timeCame(this.run.idle(now))
  }

  /** So much was lost between two moments that what nobody saw may have happened. */
  unseen(start: Micros, end: Micros): void {
    this.observe({ kind: 'capture-blind', time: this.sessions.now, tap: this.tap, start, end })
  }

  /** For a checkpoint; the columns in it are the live ones. */
  save(): SavedAnalysis {
    const { run, conclusions, connections } = this
    return { run: run.save(), ledger: conclusions.ledger.save(), connections }
  }

  /**
   * Into an analysis that was just made: what was saved, and what the journal says happened until then. Null:
   * nobody can say any more; who is who is learned from what comes, of connections that are open from when
   * they opened. Throws where the journal is no journal of this version's: the analysis is of no use then.
   */
  load({ run, ledger, connections }: SavedAnalysis, journal: Iterable<JournalEntry> | null): void {
    this.run.load(run)
    this.connections = connections
    this.isReplaying = true
    if (journal === null) this.learnAnew()
    else this.replay(journal)
    this.isReplaying = false
    if (ledger !== null) this.conclusions.ledger.load(ledger)
  }

  private replay(journal: Iterable<JournalEntry>): void {
    for (const entry of journal) {
      if (entry.kind === 'tick') this.sessions.tick(entry.time)
      else this.sessions.observe(revived(entry))
    }
  }

  /** Of the time since the first of them opened, nothing else is known: what rests on that nothing happened
   * then is not said. */
  private learnAnew(): void {
    const { now: end } = this.run
    let isFirst = true
    for (const observation of this.run.retold()) {
      const { time } = observation
      if (isFirst) this.observe({ kind: 'capture-blind', time, tap: this.tap, start: time, end })
      isFirst = false
      this.observe(observation)
    }
    this.timeCame(end)
  }

  /** Nothing more will come: what is open is accounted for. */
  end(): void {
    this.run.finish()
    this.sessions.ended()
  }

  /** An incident as far as it is known by now. */
  incident(id: string): IncidentRecord | null {
    const incident = this.conclusions.incident(id)
    return incident === null ? null : { kind: 'incident', ...incident }
  }

  standing(): Standing {
    const causes = this.conclusions.ledger.causes()
    const incidents = causes.flatMap(({ id }) => this.incident(id) ?? [])
    const flawed = isFlawed(this.run.quality(), this.connections, this.run.framesRead)
    return {
      causes,
      capture: this.run.record(null),
      ...this.conclusions.who(),
      sessions: [...this.sessions.stays.lasting(this.sessions.now)],
      requirements: this.conclusions.verdicts({ incidents, isFlawed: flawed, ...shownByFlows([this.run]) }),
    }
  }

  private runOptions({ secrets, connectionsMax }: LiveOptions): TapRunOptions {
    const { deployment } = this
    return {
      silenceMin: silenceMinOf(deployment),
      servicePorts: new Set(deployment.services.flatMap((s) => s.ports)),
      secrets: () => secrets,
      // What interfaces a live capture has is known when their first packets pass.
      wants: wantsOfParsers(deployment, { isAlone: false, fingerprints: true }),
      from: null,
      to: null,
      nextTapIndex: () => this.nextTapIndex(),
      ...(connectionsMax === undefined ? {} : { connectionsMax }),
      listener: { every: LOOK_EVERY, isAwaited: (connection) => this.sessions.isAwaited(connection) },
      emit: (observation) => this.observe(observation),
    }
  }

  private flowRun(input: LiveFlowInput, its: TapRunOptions): LiveFlowRun {
    return new LiveFlowRun(input, its, input.allTraffic ? null : serviceTraffic(this.deployment))
  }

  private timeCame(now: Micros): void {
    if (now <= this.sessions.now) return
    this.journal?.({ kind: 'tick', time: now })
    this.sessions.tick(now)
  }

  private observe(observation: Observation): void {
    this.journal?.(observation)
    if (observation.kind === 'connection-closed') this.connections++
    this.sessions.observe(observation)
  }

  private nextTapIndex(): number {
    if (this.taps === TAPS_MAX) throw new Error(`more than ${TAPS_MAX} taps: capture at fewer interfaces`)
    return this.taps++
  }
}

/** As it was before it was written down: what the messages of HTTP hold is read when it is asked for. */
function revived(o: Observation): Observation {
  if (o.kind === 'http-request') revive(o.request)
  if (o.kind === 'http-transaction')
    for (const message of [o.request, o.response, ...o.interim]) if (message !== null) revive(message)
  return o
}
