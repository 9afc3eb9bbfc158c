/**
 * One capture on its way through the lower half of the house: frames are located, segments tracked, streams
 * reassembled and read; observations come out. A capture with several interfaces is several taps.
 */
import { FrameBatch } from '../bytes/frame-batch.ts'
import { Fragments } from '../connections/fragments.ts'
import { lacking } from '../connections/lacks.ts'
import { merged } from '../connections/retold.ts'
import type { Tracker } from '../connections/tracker.ts'
import type { CaptureReader } from '../model/capture.ts'
import type { FlowBatch, FlowDatagrams } from '../model/flow-record.ts'
import { faultText } from '../model/fault.ts'
import type { Observation } from '../model/observation.ts'
import type { CaptureQuality } from '../model/quality.ts'
import type { CaptureRecord } from '../model/record.ts'
import type { SegmentConsumer, StreamContext } from '../model/stream.ts'
import { SECOND, toSeconds, type Micros } from '../model/time.ts'
import { beginsAnything, openStream } from '../protocols/dispatch.ts'
import type { OpensAhead } from '../protocols/tls/ahead.ts'
import { ReassemblyAccount } from '../streams/account.ts'
import { Stream } from '../streams/reassembly.ts'
import { visitParts } from '../wire/aggregate.ts'
import {
  AGGREGATE,
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  LINK_FRAGMENT,
  locate,
  Place,
  reasonClass,
  REASONS,
  TCP,
  UDP,
} from '../wire/frame.ts'
import { linkTypeName } from '../wire/link-types.ts'
import { quotedPacket } from '../wire/quoted.ts'
import { enterTunnels } from '../wire/tunnel.ts'
import { othersByKind, skippedByReason, unreadInWords } from './counted.ts'
import { isRead, offerExport } from './datagrams.ts'
import { BLIND_SPANS_MAX, type BlindSpan, type LiveRun, type SavedRun } from './live-run.ts'
import type { Run, TapInput, TapRunOptions } from './run.ts'
import { expectation } from './expectation.ts'
import { flowTapOf } from './flow-run.ts'
import type { FlowTap } from './flow-tap.ts'
import { type LastingConnections, loadTap, type Passing, savedFaces, saveTap } from './saved-tap.ts'
import { Taps } from './taps.ts'
import type { UnreadReason } from '../model/unread.data.ts'

/** How often timers are looked at, by the frames' times: they run for seconds. */
const TICK: Micros = SECOND
/** Frames that are looked at before those before them are read: what they need is in the processor's cache
 * then, and a helper has the time that these take to work for those. */
const FORESEEN_FRAMES = 256
/** Headers of IPv4 and TCP without options, and of a record; an octet and a tag: shorter frames hold no
 * protected record. */
const PROTECTED_FRAME_MIN = 20 + 20 + 5 + 1 + 8

export class TapRun implements Run, LiveRun {
  readonly input: TapInput
  /** Of the exports in the capture, made at the first record. */
  flows: FlowTap | null = null
  private readonly options: TapRunOptions
  private readonly reader: CaptureReader
  private readonly exports: FlowDatagrams | null
  private batch = new FrameBatch()
  /** Frames of the batch that were processed, where it is taken in parts. */
  private taken = 0
  private readonly taps: Taps
  private place: Place
  private inner: Place
  private readonly fragments = new Fragments()
  private readonly account = new ReassemblyAccount()
  /** Frames that are not read, by negative reason code. */
  private readonly reasons = new Array<number>(REASONS.length).fill(0)
  /** Packets that are not plain TCP, by kind. */
  private readonly kinds = new Array<number>(AGGREGATE + 1).fill(0)
  /** What of streams and datagrams could not be read. */
  private readonly unread = new Map<UnreadReason, number>()
  /** What is added to the numbers of frames, and the number of the last one in its file. */
  numbersAfter = 0
  lastNumber = 0
  private readonly from: Micros
  private readonly to: Micros
  private frames = 0
  private octets = 0
  private truncated = 0
  /** Frames outside of the time that was asked about. */
  private readonly outside = { packets: 0, start: Infinity, end: -Infinity }
  private start: Micros = Infinity
  private end: Micros = -Infinity
  private readonly count = (reason: UnreadReason): void =>
    void this.unread.set(reason, (this.unread.get(reason) ?? 0) + 1)
  /** Why nothing was captured since the last frame; null: it was. */
  private missing: string | null = null
  private readonly blindSpans: BlindSpan[] = []
  private blindTime: Micros = 0
  /** The last frame's time, and the last tick's. */
  private last: Micros = -Infinity
  private ticked: Micros = -Infinity

  /** `first`: the first of several captures that are one tap; null: this is it. */
  constructor(input: TapInput, options: TapRunOptions, first: TapRun | null = null) {
    this.input = input
    this.options = options
    this.reader = input.reader
    const making = {
      openStream: (context: StreamContext) => this.openStream(context),
      ...(options.wants.openings ? {} : { beginsAnything }),
      expected: () => expectation(this.lastNumber, this.reader.progress),
      count: this.count,
    }
    this.taps = new Taps(input, options, making, first?.taps ?? null)
    this.place = new Place(this.taps.paths)
    this.inner = new Place(this.taps.paths)
    this.exports = input.exports?.((batch) => this.takeFlows(batch)) ?? null
    this.from = options.from ?? -Infinity
    this.to = options.to ?? Infinity
  }

  /** Reads the next batch; false at the end of the capture. A promise only where octets must be waited
   * for. */
  read(): boolean | Promise<boolean> {
    const more = this.reader.next(this.batch)
    const { clockAhead } = this.input
    if (clockAhead === undefined) return more
    return typeof more === 'boolean'
      ? this.corrected(more, clockAhead)
      : more.then((is) => this.corrected(is, clockAhead))
  }

  /** The batch by the clock by which all captures are judged. */
  private corrected(more: boolean, ahead: Micros): boolean {
    const { time, count } = this.batch
    if (more) for (let i = 0; i < count; i++) time[i] = time[i]! - ahead
    return more
  }

  /** The time of the batch's next frame. */
  get nextFrameAt(): Micros {
    return this.batch.time[this.taken]!
  }

  /** How far this capture has come. Flows are told later than packets, and may be of another time
   * altogether. */
  get position(): Micros {
    return this.flows === null ? this.nextFrameAt : Math.min(this.nextFrameAt, this.flows.position)
  }

  /** 0 to 1 of the file; NaN for a stream. */
  get progress(): number {
    return this.reader.progress
  }

  get framesRead(): number {
    return this.frames
  }

  /** Takes the batch through the lower half. */
  process(): void {
    this.processUntil(Infinity)
  }

  /** The same up to the first frame that is later; true once the batch is used up. */
  processUntil(limit: Micros): boolean {
    const { time, count } = this.batch
    const first = this.taken
    if (first === 0) this.begun()
    while (this.taken < count && time[this.taken]! <= limit) this.taken++
    const { ahead, secrets } = this.options
    const isWhole = first === 0 && this.taken === count
    if (isWhole && ahead !== undefined && secrets() !== null) this.locateForeseen(ahead)
    else this.locateAll(first, this.taken)
    if (this.taken < count) return false
    this.exports?.flush()
    this.taken = 0
    return true
  }

  /** A batch is in hand. */
  private begun(): void {
    if (this.missing !== null) this.noteBlind(this.missing, this.nextFrameAt)
    this.noteTimes()
  }

  /** What it has in hand goes on where another capture of the tap ended. */
  continues(before: TapRun): void {
    this.last = before.last
    const cut = this.taps.trackers.filter((tracker) => tracker.continuesAt(this.nextFrameAt))
    if (cut.length > 0) this.missing = `nothing was captured after ${before.input.path}`
  }

  /** The time of the last frame that was processed; -Infinity before the first. */
  get now(): Micros {
    return this.last
  }

  /** Time has come to `now` without a frame: nothing happened until then. */
  idle(now: Micros): Micros {
    if (this.missing !== null) this.noteBlind(this.missing, now)
    if (now - this.ticked >= TICK || now < this.ticked) this.tick(now)
    return now
  }

  /** Nobody listened between the frames so far and the next one: why, as people read it. */
  interrupted(why: string): void {
    if (this.frames === 0) return
    for (const tracker of this.taps.trackers) tracker.interrupted()
    this.missing ??= why
  }

  /** Times of which nothing was captured: the latest ones. */
  get blind(): readonly BlindSpan[] {
    return this.blindSpans
  }

  get blindFor(): Micros {
    return this.blindTime
  }

  /** Connections that are open, or were until a moment ago. */
  get openConnections(): number {
    return this.taps.trackers.reduce((n, tracker) => n + tracker.size, 0)
  }

  /** The loop over frames alone: what follows a loop in its own function makes the engine throw its optimised
   * code away. */
  private locateAll(first: number, last: number): void {
    const { bytes, offset, capturedLength, wireLength, time, interface: interfaces } = this.batch
    const firstNumber = this.batch.firstNumber + this.numbersAfter
    const { numbers } = this.batch
    const { byInterface, linkTypeOf } = this.taps
    const place = this.place
    const { from, to } = this
    for (let i = first; i < last; i++) {
      if (time[i]! < from || time[i]! > to) continue
      if (Math.abs(time[i]! - this.ticked) >= TICK) this.tick(time[i]!)
      const face = interfaces[i]!
      const tracker = byInterface[face] ?? this.taps.begun(face)
      const begin = offset[i]!
      tracker.frameSeen(time, i)
      const kind = locate(bytes, begin, begin + capturedLength[i]!, wireLength[i]!, linkTypeOf[face]!, place)
      const packet = numbers === null ? firstNumber + i : numbers[i]!
      if (kind === TCP) tracker.segment(place, packet)
      else this.exceptional(kind, tracker, time[i]!, packet)
    }
  }

  /** Each frame is looked at a little before its turn, for those who have work done beforehand. */
  private locateForeseen(ahead: OpensAhead): void {
    const { bytes, count } = this.batch
    ahead.begin(bytes)
    this.foreseeAll(0, Math.min(count, FORESEEN_FRAMES), ahead)
    for (let first = 0; first < count; first += FORESEEN_FRAMES) {
      const next = Math.min(count, first + FORESEEN_FRAMES)
      this.foreseeAll(next, Math.min(count, next + FORESEEN_FRAMES), ahead)
      this.locateAll(first, next)
    }
  }

  /** What lies in a tunnel is left out. */
  private foreseeAll(first: number, last: number, ahead: OpensAhead): void {
    const { bytes, offset, capturedLength, wireLength, time, interface: interfaces } = this.batch
    const { place, from, to } = this
    for (let i = first; i < last; i++) {
      const face = interfaces[i]!
      const tracker = this.taps.byInterface[face]
      const length = capturedLength[i]!
      if (tracker === undefined || length < PROTECTED_FRAME_MIN || time[i]! < from || time[i]! > to) continue
      const begin = offset[i]!
      const linkType = this.taps.linkTypeOf[face]!
      const kind = locate(bytes, begin, begin + length, wireLength[i]!, linkType, place)
      if (kind === TCP) tracker.foresee(place, ahead)
    }
    ahead.dispatch()
  }

  /** Time passes for interfaces without frames, too; by the frames' times, not by batches, so that batches
   * change nothing. */
  private tick(now: Micros): void {
    this.ticked = now
    for (const tracker of this.taps.trackers) tracker.tick(now)
    for (const datagrams of this.taps.datagrams.values()) datagrams.tick(now)
  }

  private noteBlind(why: string, until: Micros): void {
    this.missing = null
    const start = this.last
    const end = Math.max(start, until)
    if (end === start) return
    this.blindTime += end - start
    const blind = { kind: 'capture-blind', time: end, start, end } as const
    for (const { tap } of this.taps.trackers) this.options.emit({ ...blind, tap })
    if (this.blindSpans.length >= BLIND_SPANS_MAX) this.blindSpans.shift()
    this.blindSpans.push({ start, end, why })
  }

  /** Frames, octets and the time that the batch spans. */
  private noteTimes(): void {
    const { capturedLength, wireLength, time, count, firstNumber } = this.batch
    const { from, to } = this
    this.lastNumber = firstNumber + count - 1
    for (let i = 0; i < count; i++) {
      const at = time[i]!
      if (at < from || at > to) {
        this.outside.packets++
        if (at < this.outside.start) this.outside.start = at
        if (at > this.outside.end) this.outside.end = at
        continue
      }
      if (at < this.start) this.start = at
      if (at > this.end) this.end = at
      this.last = at
      this.frames++
      this.octets += wireLength[i]!
      if (capturedLength[i]! < wireLength[i]!) this.truncated++
    }
  }

  /** Streams are numbered from there on, if they have not come as far. */
  streamsFrom(number: number): void {
    const { streamNumbers } = this.taps
    streamNumbers.next = Math.max(streamNumbers.next, number)
  }

  /** All of it, for a checkpoint; the columns in it are the live ones. */
  save(): SavedRun {
    const { trackers, byInterface } = this.taps
    const faces = byInterface.map((tracker) => (tracker === undefined ? -1 : trackers.indexOf(tracker)))
    return saveTap(faces, this.lasting(), this.passing())
  }

  /** Into one that was just made, of a capture with the same interfaces. */
  load(saved: SavedRun): void {
    const { trackers, byInterface } = this.taps
    for (const [face, tracker] of savedFaces(saved).entries()) {
      if (tracker < 0) continue
      if (tracker < trackers.length) byInterface[face] = trackers[tracker]!
      else this.taps.begun(face)
    }
    const lasting = this.lasting()
    loadTap(saved, lasting, this.passing())
    Object.assign(this, lasting.counts)
  }

  /** The connections that it holds, as they were told when they opened, in order of time. */
  retold(): Iterable<Observation> {
    return merged(this.taps.trackers.map((tracker) => tracker.retold()))
  }

  /** What is restored in place, and counts. */
  private lasting(): LastingConnections {
    const { trackers, paths, streamNumbers, linkTypes, linkTypeOf } = this.taps
    const { blindSpans, frames, octets, truncated, start, end, last, ticked, blindTime } = this
    const counts = { frames, octets, truncated, start, end, last, ticked, blindTime }
    return { trackers, paths, streamNumbers, linkTypes, linkTypeOf, blindSpans, counts }
  }

  private passing(): Passing {
    const { taps, fragments, account, reasons, kinds, unread } = this
    const datagrams = taps.trackers.map((tracker) => taps.datagrams.get(tracker)!)
    return { datagrams, fragments, account, reasons, kinds, unread }
  }

  /** The capture is over: what is open is accounted for. */
  finish(): void {
    this.over()
    this.accounted()
  }

  /** Its frames are over. */
  over(): void {
    if (this.frames > 0) this.tick(this.last)
    this.exports?.finish()
    this.flows?.finish()
    // They hold the reader's buffers, and there may be a hundred files.
    this.batch = new FrameBatch(0)
    this.place = this.inner = new Place(this.taps.paths)
  }

  /** The tap is over: what is open is accounted for. */
  accounted(): void {
    // Exports may be replayed: when they were captured says nothing about the time that they tell of.
    if (this.isOfFlows) return
    for (const tracker of this.taps.trackers) tracker.captureEnded()
  }

  /** What was captured, and how well. Complete after `finish`. */
  record(sha256: string | null): CaptureRecord {
    return {
      kind: 'capture',
      tap: this.input.tap,
      path: this.input.path,
      sha256,
      format: this.isOfFlows ? (this.flows?.format ?? this.reader.format) : this.reader.format,
      linkTypes: [...this.taps.linkTypes].map(linkTypeName),
      packets: this.frames,
      bytes: this.octets,
      ...this.span(),
      quality: this.quality(),
      skipped: skippedByReason(this.reasons),
      others: othersByKind(this.kinds),
      ...(this.outside.packets === 0 ? {} : { outside: { ...this.outside } }),
      ...(this.flows === null ? {} : { flows: this.flows.account() }),
    }
  }

  /** It holds exports, and no connections of its own: who captured it wanted the flows. */
  get isOfFlows(): boolean {
    return this.flows !== null && this.taps.trackers.every((tracker) => tracker.counters.connections === 0)
  }

  /** The time that it is about. */
  private span(): Pick<CaptureRecord, 'start' | 'end'> {
    const flows = this.isOfFlows ? (this.flows?.span ?? null) : null
    if (flows !== null) return flows
    return this.frames === 0 ? { start: null, end: null } : { start: this.start, end: this.end }
  }

  private takeFlows(batch: FlowBatch): void {
    this.flows ??= flowTapOf(this.input.tap, this.options, expectation(batch.count, this.reader.progress))
    this.flows.take(batch)
  }

  /** How well it was captured. Complete after `finish`. */
  quality(): CaptureQuality {
    // What two captures show together is counted once.
    const trackers = this.taps.areShared ? [] : this.taps.trackers
    const sum = (what: (tracker: Tracker) => number): number =>
      trackers.reduce((n, tracker) => n + what(tracker), 0)
    const byClass = (wanted: string): number =>
      this.reasons.reduce((n, count, code) => (code > 0 && reasonClass(-code) === wanted ? n + count : n), 0)
    const fault = this.reader.fault
    const { clockAhead } = this.input
    const quality = {
      truncatedPackets: this.truncated,
      malformedPackets: byClass('malformed'),
      unparsedPackets: byClass('unparsed') + byClass('truncated'),
      missingSegments: sum((tracker) => tracker.counters.missingSegments),
      oneWayConnections: sum((tracker) => tracker.counters.oneWayConnections),
      outOfOrderPackets: sum((tracker) => tracker.outOfOrderFrames) + (this.reader.outOfOrder ?? 0),
      clockSteps: sum((tracker) => tracker.clockSteps),
      evictedConnections: sum((tracker) => tracker.counters.evictions),
      untrackedSegments: sum((tracker) => tracker.counters.untracked),
      invalidResets: sum((tracker) => tracker.counters.invalidResets),
      interfaceDrops: this.reader.interfaces.reduce((n, face) => n + face.drops, 0),
      ...(clockAhead === undefined ? {} : { clockOffsetSeconds: toSeconds(clockAhead) }),
      ...(this.taps.directions.length === 0 ? {} : { directions: this.taps.directions }),
      ...(this.taps.continues === null ? {} : { continues: this.taps.continues }),
      ...lacking(trackers, this.blindTime),
      ...unreadInWords(this.unread, this.account),
      readError: fault === null ? null : faultText(fault),
    }
    this.flows?.addTo(quality)
    return quality
  }

  /** All but plain TCP: what is in a tunnel is looked for there. */
  private exceptional(found: number, tracker: Tracker, at: Micros, packet: number): void {
    this.entered(enterTunnels(found, this.place), tracker, at, packet)
  }

  /** What is in the innermost tunnel, if there is one. */
  private entered(kind: number, tracker: Tracker, at: Micros, packet: number): void {
    if (kind < 0) this.reasons[-kind]!++
    else this.kinds[kind]!++
    if (kind === TCP || kind === BROKEN_TCP) tracker.segment(this.place, packet)
    else if (kind === UDP) this.datagram(tracker, at, packet)
    else if (kind === FRAGMENT) this.fragment(this.fragments.offer(this.place, at), tracker, at, packet)
    else if (kind === LINK_FRAGMENT)
      this.fragment(this.fragments.offerLink(this.place, at), tracker, at, packet)
    else if (kind === AGGREGATE) visitParts(this.place, (part) => this.entered(part, tracker, at, packet))
    else if (kind === ICMP || kind === ICMPV6) {
      if (isNumbered(quotedPacket(this.place, this.inner))) tracker.quoted(this.inner)
    }
  }

  private datagram(tracker: Tracker, at: Micros, packet: number): void {
    if (isRead(this.place)) this.taps.datagrams.get(tracker)!.offer(this.place, at, packet)
    else if (this.exports !== null) offerExport(this.exports, this.place, at, packet)
  }

  /** `kind` is what the fragment completed, or 0. */
  private fragment(kind: number, tracker: Tracker, at: Micros, packet: number): void {
    if (kind !== 0) this.exceptional(kind, tracker, at, packet)
  }

  private openStream(context: StreamContext): SegmentConsumer {
    const { wants } = this.options
    const secrets = this.options.secrets()
    const { count } = this
    const full = secrets === null ? { ...context, wants, count } : { ...context, wants, count, secrets }
    return new Stream(openStream(full), this.account)
  }
}

/** Wireshark numbers a stream for a quoted TCP header, though it is no packet of the connection. */
const isNumbered = (kind: number): boolean => kind === TCP || kind === BROKEN_TCP
