/**
 * The table of contents: captures go in, records come out. The one file that knows all stages; it wires them
 * and decides nothing.
 *
 *   capture -> frames -> connections -> streams -> protocols   (one lower half per capture: tap-run.ts)
 *           -> observations, merged over taps in order of time (merge.ts)
 *           -> sessions -> detectors -> incidents -> records
 */
import { TAPS_MAX } from '../connections/tap-state.ts'
import type { ConnectionId, ConnectionSummary } from '../model/connection.ts'
import type { Deployment } from '../model/deployment.ts'
import type { Incident } from '../model/incident.ts'
import { isFlawed } from '../incidents/verdicts.ts'
import { jointTap } from '../model/joint-tap.ts'
import type { Tap } from '../model/packet.ts'
import type { AnalysisRecord, Forgotten, RecordKind, RecordSink, SummaryRecord } from '../model/record.ts'
import type { TlsSecrets } from '../model/stream.ts'
import { type Micros, seconds, toSeconds } from '../model/time.ts'
import type { WhatIf } from '../model/what-if.ts'
import { OpensAhead, type StartHelper } from '../protocols/tls/ahead.ts'
import { connectionRecord } from '../sessions/records.ts'
import type { Follower } from '../sessions/follower.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { TrackedSighting } from '../sessions/sighting.ts'
import { followMisfits, type MisfitsFollower } from '../sessions/misfits.ts'
import { followWhatIfs, type WhatIfFollower } from '../sessions/ends/what-if.ts'
import { Conclusions } from './conclusions.ts'
import { ObservationMerge } from './merge.ts'
import { secretsOfAll } from './secrets.ts'
import { shownByFlows } from './flow-findings.ts'
import { FileNumbers } from './file-numbers.ts'
import { FlowRun } from './flow-run.ts'
import { JointRun, type Turn } from './joint-run.ts'
import type { FlowInput, Joint, Run, TapInput, TapRunOptions } from './run.ts'
import { TapRun } from './tap-run.ts'
import { silenceMinOf, wantsOfParsers } from './wants.ts'

export type { FlowInput, TapInput } from './run.ts'
/** What is analysed: packets or flow records. */
export type AnalysisInput = TapInput | FlowInput

/** How far one of the inputs was read. */
export interface InputProgress {
  readonly packets: number
  /** Packets that were lost in capturing, as far as the input says so; null if it does not. */
  readonly drops: number | null
}

const progressOf = ({ framesRead, input }: Run): InputProgress => {
  if ('records' in input || input.reader.format !== 'pcapng') return { packets: framesRead, drops: null }
  return { packets: framesRead, drops: input.reader.interfaces.reduce((sum, { drops }) => sum + drops, 0) }
}

export interface AnalysisOptions {
  readonly deployment: Deployment
  readonly secrets: TlsSecrets | null
  /** Packets outside are not looked at. */
  readonly from: Micros | null
  readonly to: Micros | null
  /** Connections held at once per tap; beyond it one is evicted for each new one. Absent: 4 Mi. */
  readonly connectionsMax?: number
  /** What is to be told of relays that were put into the deployment because captures show them. Absent: none
   * were. */
  readonly relays?: readonly string[]
  /** Other timers that are asked about. Absent: none. */
  readonly whatIfs?: readonly WhatIf[]
  /** Follow the observations besides those that every analysis has. Absent: none. */
  readonly followers?: readonly Follower[]
  /** Asked now and then, with the time that was reached and the packets by then: whether what was read will
   * do. Absent: all is read. */
  readonly isEnough?: (now: Micros, packets: number) => boolean
  /** Starts the thread that opens records of TLS before their turn. Absent: nobody does. */
  readonly startHelper?: StartHelper
  readonly onProgress:
    | ((fraction: number, packets: number, perInput: readonly InputProgress[]) => void)
    | null
}

const jointOf = (input: AnalysisInput): Joint | undefined => ('reader' in input ? input.joint : undefined)

/** The tap that an input is together with others; itself where it is one alone. */
function tapOf(input: AnalysisInput): Tap | AnalysisInput {
  const joint = jointOf(input)
  return joint === undefined ? input : jointTap(joint.joining, joint.taps)
}

/** The inputs by the taps that they are, those of one in their order. */
function byTaps(inputs: readonly AnalysisInput[]): readonly AnalysisInput[][] {
  const placeOf = (input: AnalysisInput): number => jointOf(input)?.place ?? 0
  return [...Map.groupBy(inputs, tapOf).values()].map((of) => of.toSorted((a, b) => placeOf(a) - placeOf(b)))
}

const EVERY_BATCHES = 16
/** Silent connections are looked at so often: what they show is judged at the end, unless that is far
 * away. */
const LOOK_EVERY: Micros = seconds(3600)

/** Analyses captures of one time together; the summary is also written to the sinks. Closes nothing that it
 * was handed. */
export async function analyze(
  inputs: readonly AnalysisInput[],
  options: AnalysisOptions,
  sinks: readonly RecordSink[],
): Promise<SummaryRecord> {
  const analysis = new Analysis(inputs, options, sinks)
  try {
    analysis.begin()
    await analysis.readAll()
    return await analysis.finish()
  } finally {
    analysis.close()
  }
}

class Analysis {
  private readonly ahead: OpensAhead | null
  private readonly inputs: readonly AnalysisInput[]
  private readonly options: AnalysisOptions
  private readonly sinks: readonly RecordSink[]
  private readonly merge: ObservationMerge
  private readonly sessions: Sessions
  private readonly conclusions: Conclusions
  private readonly whatIfs: WhatIfFollower | null
  /** Null: no service is stated. */
  private readonly misfits: MisfitsFollower | null
  private readonly oneFile: boolean
  /** No other tap shows what this one does. */
  private readonly isAlone: boolean
  private readonly secrets: () => TlsSecrets | null
  /** Of each input. */
  private runs: Run[] = []
  /** What is read, at its place in the merge: captures that are one tap are read together. */
  private readonly turns: Turn[] = []
  private readonly fileNumbers = new FileNumbers()
  private taps = 0
  private connections = 0
  private longestSilence: Micros = 0
  private longestSurvived: Micros = 0

  constructor(inputs: readonly AnalysisInput[], options: AnalysisOptions, sinks: readonly RecordSink[]) {
    this.inputs = inputs
    this.options = options
    this.ahead = options.startHelper === undefined ? null : new OpensAhead(options.startHelper)
    this.sinks = sinks
    const captures = byTaps(inputs).length
    this.secrets = secretsOfAll(
      options.secrets,
      inputs.filter((input) => 'reader' in input),
    )
    this.oneFile = inputs.length === 1
    this.isAlone = captures === 1
    this.conclusions = new Conclusions({
      deployment: options.deployment,
      severalTaps: () => captures > 1 || this.taps > 1,
      exporterName: (tap, exporter) => this.exporterName(tap, exporter),
      fileNumbers: this.fileNumbers,
      accounted: this.wants('connection') ? (sighting, summary) => this.accounted(sighting, summary) : null,
    })
    this.sessions = this.conclusions.sessions
    const { whatIfs = [], followers = [] } = options
    this.whatIfs = whatIfs.length > 0 && this.wants('what-if') ? followWhatIfs(whatIfs) : null
    if (this.whatIfs !== null) this.sessions.followers.add(this.whatIfs)
    const isStated = options.deployment.services.length > 0
    this.misfits = isStated ? followMisfits(options.deployment, this.sessions.services) : null
    if (this.misfits !== null) this.sessions.followers.add(this.misfits)
    for (const follower of followers) this.sessions.followers.add(follower)
    this.merge = new ObservationMerge(captures, (observation) => {
      if (observation.kind === 'connection-closed') this.count(observation.summary)
      this.sessions.observe(observation)
    })
    if (this.wants('session')) this.sessions.stays.reportTo((record) => this.write(record))
  }

  /** Makes ready what the inputs go through. */
  begin(): void {
    const runs = new Map<AnalysisInput, Run>()
    for (const [position, of] of byTaps(this.inputs).entries()) {
      const made = this.runsOf(of, this.runOptions(position))
      for (const run of made) runs.set(run.input, run)
      this.turns.push(this.turnOf(made))
    }
    this.runs = this.inputs.map((input) => runs.get(input)!)
  }

  private runsOf([first, ...more]: readonly AnalysisInput[], options: TapRunOptions): Run[] {
    if ('records' in first!) return [new FlowRun(first, options)]
    const run = new TapRun(first!, options)
    const captures = more.filter((input) => 'reader' in input)
    return [run, ...captures.map((input) => new TapRun(input, options, run))]
  }

  private turnOf(runs: readonly Run[]): Turn {
    const [first, ...more] = runs.filter((run) => run instanceof TapRun)
    if (first === undefined || more.length === 0) return runs[0]!
    const { joining, taps } = first.input.joint!
    return new JointRun([first, ...more], ({ input, numbersAfter }) =>
      this.fileNumbers.begins(jointTap(joining, taps), input.tap, numbersAfter),
    )
  }

  private runOptions(position: number): TapRunOptions {
    const { deployment, from, to, whatIfs = [] } = this.options
    const asked = whatIfs.filter(({ what }) => what !== 'persistence').map(({ value }) => value)
    return {
      silenceMin: silenceMinOf(deployment, asked),
      servicePorts: new Set(deployment.services.flatMap((s) => s.ports)),
      secrets: this.secrets,
      ...(this.ahead === null ? {} : { ahead: this.ahead }),
      wants: wantsOfParsers(deployment, { isAlone: this.isAlone, fingerprints: this.wants('connection') }),
      from,
      to,
      nextTapIndex: () => this.nextTapIndex(),
      listener: { every: LOOK_EVERY, isAwaited: (connection) => this.isAwaited(connection) },
      ...(this.options.connectionsMax === undefined ? {} : { connectionsMax: this.options.connectionsMax }),
      emit: this.merge.inlet(position),
    }
  }

  /** Nothing more will be analysed. */
  close(): void {
    this.ahead?.close()
  }

  /** Reads whichever capture lies furthest behind, so that all taps move through time together. */
  async readAll(): Promise<void> {
    const { turns } = this
    const reading = new Set<number>()
    for (const [i, turn] of turns.entries()) if (await this.readNext(turn, i)) reading.add(i)
    let batches = 0
    while (reading.size > 0) {
      let behind = -1
      for (const i of reading) if (behind < 0 || turns[i]!.position < turns[behind]!.position) behind = i
      const turn = turns[behind]!
      turn.process()
      this.merge.settle()
      if (++batches % EVERY_BATCHES === 0) this.progress()
      if (this.isEnough()) {
        for (const i of reading) this.over(turns[i]!, i)
        return
      }
      const more = turn.read()
      if (!(more === true || (more !== false && (await more)))) {
        reading.delete(behind)
        this.over(turn, behind)
      } else this.merge.advance(behind, turn.position)
    }
  }

  async finish(): Promise<SummaryRecord> {
    this.sessions.ended()
    const { runs } = this
    let packets = 0
    for (const run of runs) {
      packets += run.framesRead
      if (this.wants('capture')) this.write(run.record(await (run.input.sha256 ?? null)))
    }
    const { agents, servers } = this.conclusions.who()
    for (const record of [...agents, ...servers]) this.write(record)
    const incidents = this.writeIncidents()
    for (const record of this.whatIfs?.records() ?? []) this.write(record)
    const { relays = [] } = this.options
    const misfits = this.misfits?.sentences() ?? []
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
      ...(relays.length === 0 ? {} : { relays }),
      ...(misfits.length === 0 ? {} : { misfits }),
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
      findings: this.conclusions.ledger.unfiled,
    }
  }

  private writeIncidents(): SummaryRecord['incidents'] {
    const counts = { critical: 0, warning: 0, info: 0 }
    const told: Incident[] = []
    for (const { incident, findings } of this.conclusions.incidents()) {
      counts[incident.severity]++
      told.push(incident)
      this.write({ kind: 'incident', ...incident })
      for (const finding of findings) this.write({ kind: 'occurrence', incident: incident.id, finding })
    }
    if (this.wants('requirement')) this.writeVerdicts(told)
    return counts
  }

  private writeVerdicts(incidents: readonly Incident[]): void {
    const { runs } = this
    const flawed = runs.some((run) =>
      isFlawed(run.quality(), this.connections, this.framesAt(tapOf(run.input))),
    )
    const asked = { incidents, isFlawed: flawed, ...shownByFlows(runs) }
    for (const record of this.conclusions.verdicts(asked)) this.write(record)
  }

  /** What all captures of a tap hold: the first one tells of its connections for all. */
  private framesAt(tap: Tap | AnalysisInput): number {
    return this.runs.reduce((n, run) => (tapOf(run.input) === tap ? n + run.framesRead : n), 0)
  }

  /** The address of who exported a record at a tap. */
  private readonly exporterName = (tap: Tap, exporter: number): string | null =>
    this.runs.find(({ flows }) => flows?.tap === tap)?.flows?.exporterName(exporter) ?? null

  private async readNext(turn: Turn, position: number): Promise<boolean> {
    if (await turn.read()) {
      this.merge.advance(position, turn.position)
      return true
    }
    this.over(turn, position)
    return false
  }

  private over(turn: Turn, position: number): void {
    turn.finish()
    this.merge.advance(position, Infinity)
  }

  private isEnough(): boolean {
    const { runs } = this
    const { isEnough } = this.options
    if (isEnough === undefined) return false
    const packets = runs.reduce((n, run) => n + run.framesRead, 0)
    return isEnough(this.sessions.now, packets)
  }

  /** By all that was told until now. */
  private isAwaited(connection: ConnectionId): boolean {
    this.merge.settle()
    return this.sessions.isAwaited(connection)
  }

  private count(summary: ConnectionSummary): void {
    this.connections++
    const last = summary.endReason === 'open' ? summary.idleBeforeEnd : 0
    this.longestSilence = Math.max(this.longestSilence, summary.maxIdle, summary.longestSurvived, last)
    this.longestSurvived = Math.max(this.longestSurvived, summary.longestSurvived)
  }

  private accounted(sighting: TrackedSighting, summary: ConnectionSummary): void {
    this.write(connectionRecord(sighting, summary, this.oneFile))
  }

  private nextTapIndex(): number {
    if (this.taps === TAPS_MAX)
      throw new Error(`more than ${TAPS_MAX} taps: analyse fewer interfaces at once`)
    this.merge.settle() // by then there was one less
    return this.taps++
  }

  private progress(): void {
    const { runs } = this
    if (this.options.onProgress === null) return
    const packets = runs.reduce((n, run) => n + run.framesRead, 0)
    const fraction = runs.reduce((sum, run) => sum + run.progress, 0) / runs.length
    this.options.onProgress(fraction, packets, runs.map(progressOf))
  }

  private wants(kind: RecordKind): boolean {
    return this.sinks.some((sink) => sink.kinds.has(kind))
  }

  private write(record: AnalysisRecord): void {
    for (const sink of this.sinks) if (sink.kinds.has(record.kind)) sink.write(record)
  }
}
