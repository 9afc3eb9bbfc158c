/**
 * Export messages of any number of exporters to rows of flow records.
 *
 * Contract: `begin` takes one message, `fill` is called until it answers true; where it answers false, the
 * batch is full and must be handed on and cleared. The message's octets stay in place until then. Nothing
 * throws on what is exported: it is counted by exporter (`FlowQuality`) or here.
 *
 * Sources: Cisco's NetFlow v5 tables, RFC 3954 (v9), RFC 7011 (IPFIX).
 */
import { AddressTable } from '../../src/bytes/address.ts'
import { u16, u32 } from '../../src/bytes/read.ts'
import { FLOW_ROWS, type FlowBatch, type FlowExporter } from '../../src/model/flow-record.ts'
import type { Micros } from '../../src/model/time.ts'
import { type BinaryFormat, Exporters, type ExporterState } from './exporters.ts'
import { formatAt, IPFIX_HEADER, SET_HEADER, V5_HEADER, V5_RECORD, V9_HEADER } from './message.ts'
import * as netflow5 from './netflow5.ts'
import { readOptions } from './options.ts'
import { decodeRecords, isMore, placeFields, Scratch } from './records.ts'
import { follow } from './sequence.ts'
import type { Template } from './template.ts'
import {
  Definitions,
  IPFIX_OPTIONS_TEMPLATES,
  IPFIX_TEMPLATES,
  readTemplates,
  V9_OPTIONS_TEMPLATES,
  V9_TEMPLATES,
} from './template-store.ts'
import { type DataSet, Waiting } from './waiting.ts'

/**
 * Templates that came over UDP and were not repeated for so long are forgotten (RFC 7011 8.4): 48 times the
 * longest interval at which exporters repeat them by default (1800 s).
 */
const TEMPLATE_LIFETIME: Micros = 86_400e6
/** RFC 7011 3.3.2: set numbers from here on are templates'. */
const DATA_SET_MIN = 256
/** Records in a datagram of NetFlow v5 at most, as Cisco specifies; more are read if they are there. */
const V5_RECORDS_MAX = 30
/** Milliseconds that a header's time may stand behind the exporter's clock: v9 tells whole seconds. */
const HEADER_RESOLUTION = 999

export interface DecoderOptions {
  readonly addresses?: AddressTable
  /** Where exporters are listed as they come; a list of its own if absent. */
  readonly exporters?: FlowExporter[]
  readonly exportersMax?: number
  /** Templates are repeated, and expire when they are not: UDP. */
  readonly templatesExpire?: boolean
}

/** The message that is being decoded. */
interface Message {
  isOver: boolean
  format: BinaryFormat
  b: Uint8Array
  /** The next set. */
  at: number
  end: number
  state: ExporterState | null
  sequence: number
  /** Data records so far; NaN once some could not be counted. */
  dataRecords: number
  /** Those of them that are no flow records. */
  optionsRecords: number
}

export class FlowDecoder {
  readonly addresses: AddressTable
  readonly exporters: Exporters
  readonly definitions = new Definitions()
  /** Messages of other versions, and those too short for a header. */
  unreadable = 0
  private readonly templatesExpire: boolean
  private readonly waiting = new Waiting()
  private readonly scratch = new Scratch()
  private readonly message: Message = {
    isOver: true,
    format: 'ipfix',
    b: new Uint8Array(0),
    at: 0,
    end: 0,
    state: null,
    sequence: 0,
    dataRecords: 0,
    optionsRecords: 0,
  }
  /** The set whose records are being decoded; its template, null for NetFlow v5. */
  private data: DataSet | null = null
  private template: Template | null = null
  /** What the message says to all its sets. */
  private current: DataSet | null = null
  /** Sets whose template has come. */
  private released: DataSet[] = []

  constructor(options: DecoderOptions = {}) {
    this.addresses = options.addresses ?? new AddressTable()
    this.exporters = new Exporters(options.exportersMax, options.exporters)
    this.templatesExpire = options.templatesExpire ?? true
  }

  get list(): readonly FlowExporter[] {
    return this.exporters.list
  }

  /** Takes the message b[at..end) that `address` sent from `port`; false if it is none that is read. */
  begin(
    b: Uint8Array,
    at: number,
    end: number,
    address: string,
    port: number,
    received: Micros,
    number: number,
  ): boolean {
    const format = formatAt(b, at, end)
    const header = format === 'netflow5' ? V5_HEADER : format === 'netflow9' ? V9_HEADER : IPFIX_HEADER
    if (format === null || at + header > end) {
      this.unreadable++
      return false
    }
    const domain = domainOf(format, b, at)
    const state = this.exporters.of({ format, address, port, domain }, received)
    if (state === null) return false
    const { message } = this
    message.isOver = false
    message.format = format
    message.b = b
    message.at = at + header
    message.end = end
    message.state = state
    message.dataRecords = message.optionsRecords = 0
    state.exporter.quality.messages++
    this.current = readHeader(format, b, at, state, received, number)
    message.sequence = sequenceOf(format, b, at)
    if (format === 'netflow5') this.beginNetflow5(b, at, end, state)
    else if (format === 'ipfix') this.endIpfix(b, at, end, state)
    return true
  }

  /** Decodes on; true when the message is done, false when the batch is full before. */
  fill(batch: FlowBatch): boolean {
    for (;;) {
      if (this.data !== null) {
        if (batch.count === FLOW_ROWS) return false
        this.decode(batch, this.data)
      } else if (this.released.length > 0) this.resume(this.released.shift()!)
      else if (this.message.isOver) return true
      else this.nextSet()
    }
  }

  /** Nothing more comes: what waits for templates has waited in vain. */
  finish(): void {
    this.waiting.giveUp()
  }

  private decode(batch: FlowBatch, data: DataSet): void {
    const { template, message } = this
    if (template === null) {
      netflow5.decodeRecords(data, batch, this.scratch)
      if (!netflow5.isMore(data)) this.data = null
      return
    }
    const before = batch.count
    decodeRecords(data, template, batch, this.scratch)
    if (data === this.current) message.dataRecords += batch.count - before
    if (!isMore(data, template)) this.data = null
  }

  /** The records of a datagram, if there are as many as the header says. */
  private beginNetflow5(b: Uint8Array, at: number, end: number, state: ExporterState): void {
    const data = this.current!
    const count = u16(b, at + 2)
    const { quality } = state.exporter
    state.exporter.samplingInterval = netflow5.samplingOf(u16(b, at + 22))
    follow(state.sequence, this.message.sequence, count, quality)
    this.message.isOver = true
    const there = Math.floor((end - at - V5_HEADER) / V5_RECORD)
    if (count > there) quality.malformed++
    if (count > there && count > V5_RECORDS_MAX) return
    data.at = at + V5_HEADER
    data.end = data.at + V5_RECORD * Math.min(count, there)
    this.template = null
    this.data = netflow5.isMore(data) ? data : null
  }

  /** The message says how long it is; a shorter one was cut. */
  private endIpfix(b: Uint8Array, at: number, end: number, { exporter }: ExporterState): void {
    const length = u16(b, at + 2)
    if (length < IPFIX_HEADER || at + length > end) exporter.quality.malformed++
    else this.message.end = at + length
  }

  private nextSet(): void {
    const { message } = this
    const { b, at, end, format } = message
    const state = message.state!
    if (at + SET_HEADER > end) return this.endMessage(state)
    const set = u16(b, at)
    const length = u16(b, at + 2)
    if (length < SET_HEADER || at + length > end) {
      if (set !== 0 || length !== 0) state.exporter.quality.malformed++
      message.dataRecords = NaN
      return this.endMessage(state)
    }
    message.at = at + length
    const from = at + SET_HEADER
    if (set >= DATA_SET_MIN) this.beginSet(set, from, at + length, state)
    else if (isTemplates(format, set)) this.learn(set, from, at + length, state)
    else state.exporter.quality.malformed++
  }

  private endMessage(state: ExporterState): void {
    const { message } = this
    message.isOver = true
    const { dataRecords, optionsRecords } = message
    const units = message.format === 'ipfix' ? dataRecords : 1
    follow(state.sequence, message.sequence, units, state.exporter.quality, dataRecords - optionsRecords)
  }

  private learn(set: number, at: number, end: number, state: ExporterState): void {
    const { b, format } = this.message
    const { received } = this.current!
    readTemplates(this.definitions, { b, at, end, set, state, received }, format === 'ipfix', (id) => {
      this.released.push(...this.waiting.take(state, id))
    })
  }

  /** A data set of the message: its records are decoded, or it waits for its template. */
  private beginSet(set: number, at: number, end: number, state: ExporterState): void {
    const data = this.current!
    data.set = set
    data.at = at
    data.end = end
    const template = this.templateOf(state, set, data.received)
    if (template === null) {
      state.exporter.quality.withoutTemplate++
      this.message.dataRecords = NaN
      this.waiting.add(data)
    } else if (template.scopes > 0) {
      const count = this.readOptionsSet(data, template)
      this.message.dataRecords += count
      this.message.optionsRecords += count
    } else if (isMore(data, template)) {
      this.template = template
      this.data = data
    }
  }

  /** A set that has waited; its template may have changed again. */
  private resume(data: DataSet): void {
    const template = this.templateOf(data.state, data.set, data.received)
    if (template === null) data.state.exporter.quality.undecoded++
    else if (template.scopes > 0) this.readOptionsSet(data, template)
    else if (isMore(data, template)) {
      this.template = template
      this.data = data
    }
  }

  private templateOf({ templates }: ExporterState, set: number, now: Micros): Template | null {
    const known = templates.get(set)
    if (known === undefined) return null
    if (!this.templatesExpire || now - known.at <= TEMPLATE_LIFETIME) return known.template
    templates.delete(set)
    return null
  }

  /** Answers how many records there were. */
  private readOptionsSet(data: DataSet, template: Template): number {
    const { quality } = data.state.exporter
    let records = 0
    while (isMore(data, template)) {
      const end = placeFields(template, data, this.scratch)
      if (end < 0) {
        quality.malformed++
        break
      }
      readOptions(data.state, template, data.b, this.scratch)
      data.at = end
      records++
    }
    quality.options += records
    return records
  }
}

const isTemplates = (format: BinaryFormat, set: number): boolean =>
  format === 'ipfix'
    ? set === IPFIX_TEMPLATES || set === IPFIX_OPTIONS_TEMPLATES
    : set === V9_TEMPLATES || set === V9_OPTIONS_TEMPLATES

function domainOf(format: BinaryFormat, b: Uint8Array, at: number): number {
  if (format === 'netflow5') return netflow5.engineOf(b, at)
  return u32(b, format === 'netflow9' ? at + 16 : at + 12)
}

const sequenceOf = (format: BinaryFormat, b: Uint8Array, at: number): number =>
  u32(b, format === 'netflow5' ? at + 16 : format === 'netflow9' ? at + 12 : at + 8)

/** What the header says to all records of the message; notes when the exporter started. */
function readHeader(
  format: BinaryFormat,
  b: Uint8Array,
  at: number,
  state: ExporterState,
  received: Micros,
  number: number,
): DataSet {
  const data = { b, at, end: at, state, set: 0, exported: 0, uptime: NaN, received, number, ordinal: 0 }
  if (format === 'ipfix') {
    data.exported = u32(b, at + 4) * 1e6
    return data
  }
  data.uptime = u32(b, at + 4)
  const nanoseconds = format === 'netflow5' ? u32(b, at + 12) : 0
  data.exported = u32(b, at + 8) * 1e6 + Math.floor(nanoseconds / 1000)
  state.boot = bootOf(state.boot, data.exported - data.uptime * 1000, nanoseconds === 0)
  return data
}

/**
 * When the exporter started, in micros: no earlier than the header's time less its uptime, and no later than
 * that and what the header rounds away. What fits with earlier messages is kept, so that records of different
 * messages stand right to one another.
 */
function bootOf(known: Micros, earliest: Micros, isRounded: boolean): Micros {
  const latest = earliest + (isRounded ? HEADER_RESOLUTION * 1000 : 0)
  return Number.isNaN(known) ? earliest : Math.min(Math.max(known, earliest), latest)
}
