/**
 * Counters of one analysis, so that charts need not count connections: per minute, per server, and the
 * lengths of silence. Kept in memory between two commits, and written with the rows that they count.
 */
import { SECOND, type Micros } from '../model/time.ts'
import type { Severity } from '../model/incident.ts'
import { HANDSHAKE_STEPS_PER_DECADE, SILENCE_STEPS_PER_DECADE } from './codes.data.ts'
import { prepared, type Store } from './store.ts'

const MINUTE: Micros = 60 * SECOND

interface Minute {
  opened: number
  closed: number
  bytes: number
  readonly severities: { critical: number; warning: number; info: number }
}

/** What is counted for one server of a service. `server` 0: not known, or all. */
interface Lane {
  readonly service: number
  readonly server: number
  /** Since the last write. */
  readonly minutes: Map<number, Minute>
  /** In all. */
  connections: number
  open: number
  seen: Micros
  readonly handshakes: Map<number, number>
}

interface Silences {
  readonly survived: Map<number, number>
  readonly severed: Map<number, number>
  seen: Micros
  first: Micros
}

interface StoredTally {
  readonly service: number
  readonly server: number
  readonly connections: number
  readonly open: number
  readonly handshakes: string
}

interface StoredSilence {
  readonly service: number
  readonly step: number
  readonly survived: number
  readonly severed: number
}

export class Counters {
  private readonly store: Store
  private readonly analysis: number
  private readonly lanes = new Map<number, Map<number, Lane>>()
  private readonly silences = new Map<number, Silences>()
  private readonly dirty = new Set<Lane>()

  constructor(store: Store, analysis: number) {
    this.store = store
    this.analysis = analysis
  }

  connection(
    service: number,
    server: number,
    start: Micros,
    end: Micros,
    isOpen: boolean,
    bytes: number,
    handshakeRtt: Micros,
    survived: Micros,
  ): void {
    const lane = this.lane(service, server)
    lane.connections++
    minuteOf(lane, start).opened++
    if (end > lane.seen) lane.seen = end
    const last = minuteOf(lane, end)
    last.bytes += bytes
    if (isOpen) lane.open++
    else last.closed++
    if (handshakeRtt > 0) increase(lane.handshakes, handshakeStep(handshakeRtt))
    if (survived >= SECOND) increase(this.silencesOf(service).survived, silenceStep(survived))
    this.seen(service, start, end)
  }

  /** Something of the service was seen from then to then. */
  seen(service: number, start: Micros, end: Micros): void {
    const silences = this.silencesOf(service)
    if (start < silences.first) silences.first = start
    if (end > silences.seen) silences.seen = end
  }

  /** `n` −1: it is none of these any more. */
  occurrence(service: number, server: number, at: Micros, severity: Severity, n: 1 | -1 = 1): void {
    minuteOf(this.lane(service, server), at).severities[severity] += n
    this.seen(service, at, at)
  }

  severed(service: number, silence: Micros, n: 1 | -1 = 1): void {
    if (silence >= SECOND) increase(this.silencesOf(service).severed, silenceStep(silence), n)
  }

  /** Writes what was counted, within the caller's transaction. */
  write(): void {
    for (const lane of this.dirty) this.writeLane(lane)
    this.dirty.clear()
    for (const [service, silences] of this.silences) this.writeSilences(service, silences)
  }

  /** Goes on from what is stored: those that are written as a whole would begin at 0. */
  resume(): void {
    const { store, analysis } = this
    for (const { service, server, connections, open, handshakes } of prepared<StoredTally>(
      store,
      'SELECT service, server, connections, open, handshakes FROM tally WHERE analysis = ?',
    ).all(analysis)) {
      const lane = this.lane(service, server)
      lane.connections = connections
      lane.open = open
      for (const [step, n] of Object.entries(JSON.parse(handshakes) as Record<string, number>))
        lane.handshakes.set(Number(step), n)
    }
    this.dirty.clear()
    const select = 'SELECT service, step, survived, severed FROM silence WHERE analysis = ?'
    for (const { service, step, survived, severed } of prepared<StoredSilence>(store, select).all(analysis)) {
      const silences = this.silencesOf(service)
      silences.survived.set(step, survived)
      silences.severed.set(step, severed)
    }
  }

  private lane(service: number, server: number): Lane {
    let ofService = this.lanes.get(service)
    if (ofService === undefined) this.lanes.set(service, (ofService = new Map()))
    let lane = ofService.get(server)
    if (lane === undefined) {
      lane = { service, server, minutes: new Map(), connections: 0, open: 0, seen: 0, handshakes: new Map() }
      ofService.set(server, lane)
    }
    this.dirty.add(lane)
    return lane
  }

  private silencesOf(service: number): Silences {
    let silences = this.silences.get(service)
    if (silences === undefined) {
      silences = { survived: new Map(), severed: new Map(), first: Infinity, seen: -Infinity }
      this.silences.set(service, silences)
    }
    return silences
  }

  private writeLane({ service, server, minutes, connections, open, seen, handshakes }: Lane): void {
    const { store, analysis } = this
    const add = prepared(store, ADD_MINUTE)
    for (const [minute, { opened, closed, bytes, severities }] of minutes) {
      const { critical, warning, info } = severities
      const counts = [opened, closed, bytes, critical, warning, info]
      add.run(analysis, service, minute, 0, ...counts)
      if (server !== 0) add.run(analysis, service, minute, server, ...counts)
    }
    minutes.clear()
    const steps = JSON.stringify(Object.fromEntries(handshakes))
    prepared(store, SET_TALLY).run(analysis, service, server, connections, open, steps)
    prepared(store, WIDEN_SERVER).run(seen, server)
  }

  private writeSilences(service: number, { survived, severed, first, seen }: Silences): void {
    const { store, analysis } = this
    const set = prepared(store, SET_SILENCE)
    for (const step of new Set([...survived.keys(), ...severed.keys()]))
      set.run(analysis, service, step, survived.get(step) ?? 0, severed.get(step) ?? 0)
    if (seen >= first) prepared(store, WIDEN_SERVICE).run({ first, seen, service })
  }
}

/** Minutes are numbered from the epoch. */
function minuteOf(lane: Lane, at: Micros): Minute {
  const number = Math.floor(at / MINUTE)
  let minute = lane.minutes.get(number)
  if (minute === undefined) {
    minute = { opened: 0, closed: 0, bytes: 0, severities: { critical: 0, warning: 0, info: 0 } }
    lane.minutes.set(number, minute)
  }
  return minute
}

const increase = (counts: Map<number, number>, step: number, n = 1): void =>
  void counts.set(step, (counts.get(step) ?? 0) + n)

const step = (span: Micros, perDecade: number): number => Math.floor(perDecade * Math.log10(span / SECOND))
const handshakeStep = (rtt: Micros): number => step(rtt, HANDSHAKE_STEPS_PER_DECADE)
const silenceStep = (silence: Micros): number => step(silence, SILENCE_STEPS_PER_DECADE)

const ADD_MINUTE = `INSERT INTO minute
    (analysis, service, minute, server, opened, closed, bytes, critical, warning, info)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET opened = opened + excluded.opened, closed = closed + excluded.closed,
    bytes = bytes + excluded.bytes, critical = critical + excluded.critical,
    warning = warning + excluded.warning, info = info + excluded.info`
const SET_TALLY = `INSERT OR REPLACE INTO tally (analysis, service, server, connections, open, handshakes)
  VALUES (?, ?, ?, ?, ?, ?)`
const SET_SILENCE = `INSERT OR REPLACE INTO silence (analysis, service, step, survived, severed)
  VALUES (?, ?, ?, ?, ?)`
/** 0: nobody could say when. */
const WIDEN_SERVICE = `UPDATE service SET first_seen = min(coalesce(nullif(first_seen, 0), $first), $first),
  last_seen = max(last_seen, $seen) WHERE id = $service`
const WIDEN_SERVER = 'UPDATE server SET last_seen = max(last_seen, ?) WHERE id = ?'
