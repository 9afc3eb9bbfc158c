/**
 * One source of flow records on its way through the lower half of the house: batches go in, observations come
 * out, as of a tap. A file or log of records is one (flow-run.ts); so are the exports that a capture holds
 * (tap-run.ts), whoever sent them.
 */
import type { LiveFlows } from '../connections/flows/clock.ts'
import type { FlowsWanted } from '../connections/flows/wanted.ts'
import { FlowTracker } from '../connections/flows/tracker.ts'
import type { FlowBatch, FlowExporter, FlowFormat } from '../model/flow-record.ts'
import type { Observation } from '../model/observation.ts'
import type { Tap } from '../model/packet.ts'
import type { CaptureQuality } from '../model/quality.ts'
import type { CaptureFlows, CaptureRecord, FlowExporterRecord } from '../model/record.ts'
import { type Micros, toSeconds } from '../model/time.ts'

interface FlowTapOptions {
  readonly tap: Tap
  readonly tapIndex: number
  readonly silenceMin: Micros
  readonly servicePorts: ReadonlySet<number>
  readonly connectionsMax?: number
  /** There may be so many, by what is known beforehand; more find room as well. */
  readonly connectionsExpected?: number
  /** Records come as they are sent. Absent: they are read from somewhere. */
  readonly live?: LiveFlows
  /** Which records of TCP are followed. Absent: all. */
  readonly wanted?: FlowsWanted
  emit(observation: Observation): void
}

/** What its source knows of a capture. */
type FlowCaptureFacts = 'tap' | 'path' | 'sha256' | 'format' | 'packets' | 'bytes' | 'quality' | 'skipped'

/** Exporters that a capture's record names; it counts all. */
const NAMED_MAX = 64

export class FlowTap {
  readonly tap: Tap
  /** All that lasts is in it, for a checkpoint as well. */
  readonly tracker: FlowTracker
  private exporters: readonly FlowExporter[] = []

  constructor(options: FlowTapOptions) {
    this.tap = options.tap
    this.tracker = new FlowTracker({ ...options, streamNumbers: { next: 0 } })
  }

  /** Nothing earlier will be told any more. */
  get position(): Micros {
    return this.tracker.position
  }

  /** Of TCP. */
  get records(): number {
    return this.tracker.counters.records
  }

  /** What most of it was exported as; null before the first exporter. */
  get format(): FlowFormat | null {
    const most = this.exporters.toSorted((a, b) => b.quality.records - a.quality.records)[0]
    return most?.format ?? null
  }

  /** Its exporters looked at some of the packets only. */
  get isSampled(): boolean {
    return this.tracker.counters.sampled > 0
  }

  take(batch: FlowBatch): void {
    this.exporters = batch.exporters
    this.tracker.take(batch)
  }

  finish(): void {
    this.tracker.captureEnded()
  }

  /** Times of the first and the last packet that records tell of; null without any. */
  get span(): { readonly start: Micros; readonly end: Micros } | null {
    const { first, latest } = this.tracker.clock
    return latest === -Infinity ? null : { start: first, end: latest }
  }

  /** Who exported a record: its address, or its place where a log has none. */
  exporterName(exporter: number): string | null {
    const address = this.exporters[exporter]?.address ?? ''
    return address === '' ? null : address
  }

  /** What makes the records less than the whole truth. */
  addTo(quality: CaptureQuality): void {
    const { counters, clock } = this.tracker
    const sum = (what: (exporter: FlowExporter) => number): number =>
      this.exporters.reduce((n, exporter) => n + what(exporter), 0)
    quality.oneWayConnections += counters.oneWayConnections
    quality.outOfOrderPackets += counters.outOfOrder
    quality.evictedConnections += counters.evictions
    quality.malformedPackets += sum(({ quality: q }) => q.malformed) + clock.implausible
    quality.unparsedPackets += sum(({ quality: q }) => q.undecoded)
    quality.interfaceDrops += sum(({ quality: q }) => q.lost)
  }

  /** The record of a capture that holds nothing but these records. */
  capture(its: Pick<CaptureRecord, FlowCaptureFacts>, flows: Partial<CaptureFlows> = {}): CaptureRecord {
    const { span } = this
    return {
      kind: 'capture',
      ...its,
      linkTypes: [],
      start: span?.start ?? null,
      end: span?.end ?? null,
      others: this.others(),
      flows: { ...this.account(), ...flows },
    }
  }

  /** What a capture's record says of it. */
  account(): CaptureFlows {
    const { counters, clock, others } = this.tracker
    return {
      records: counters.records + counters.unwanted + [...others.values()].reduce((n, count) => n + count, 0),
      tcpRecords: counters.records,
      duplicates: counters.duplicates,
      late: clock.late,
      incomplete: counters.incomplete,
      hiddenSilenceSeconds: toSeconds(counters.hidden),
      sampled: counters.sampled,
      exporters: this.exporters.slice(0, NAMED_MAX).map((exporter) => this.exporterRecord(exporter)),
      exporterCount: this.exporters.length,
    }
  }

  /** Records of other protocols, by name. */
  others(): Readonly<Record<string, number>> {
    const { others, counters } = this.tracker
    const named: Record<string, number> = {}
    for (const [protocol, count] of others) {
      const name = PROTOCOLS.get(protocol) ?? 'other IP'
      named[name] = (named[name] ?? 0) + count
    }
    if (counters.unwanted > 0) named['TCP of no service'] = counters.unwanted
    return named
  }

  private exporterRecord(exporter: FlowExporter): FlowExporterRecord {
    const learned = this.tracker.timeoutsOf(exporter.id)
    const said = (value: number): number | null => (Number.isFinite(value) ? value : null)
    const span = (value: Micros): number | null => (Number.isFinite(value) ? toSeconds(value) : null)
    const active = span(exporter.activeTimeout)
    const inactive = span(exporter.inactiveTimeout)
    return {
      address: exporter.address === '' ? null : exporter.address,
      domain: exporter.domain,
      format: exporter.format,
      records: exporter.quality.records,
      lost: exporter.quality.lost,
      samplingInterval: said(exporter.samplingInterval),
      activeTimeoutSeconds: active ?? span(learned?.active ?? Infinity),
      inactiveTimeoutSeconds: inactive ?? span(learned?.inactive ?? Infinity),
      timeouts: active !== null || inactive !== null ? 'stated' : 'learned',
    }
  }
}

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, 'ICMP'],
  [17, 'UDP'],
  [58, 'ICMPv6'],
])
