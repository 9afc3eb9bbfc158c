/**
 * Data sets to rows: the steps of a template are run column by column over all records of a set, so that
 * choosing how to read costs nothing per field. Where lengths vary, record by record.
 *
 * Contract: nothing is allocated per record. What runs past the set is counted as malformed; what precedes it
 * is kept.
 */
import { u16 } from '../../src/bytes/read.ts'
import { FLOW_ROWS, type FlowBatch } from '../../src/model/flow-record.ts'
import {
  ADDRESS4,
  ADDRESS6,
  AGE,
  BIFLOW,
  type FloatColumn,
  INTEGER,
  type IntegerColumn,
  MILLISECONDS,
  NTP,
  SECONDS,
  SPAN,
  UPTIME,
} from './elements.data.ts'
import { noteTimeout } from './options.ts'
import { FIELDS_MAX, type Step, type Template, VARIABLE } from './template.ts'
import { isNeeded, learnStart } from './uptime.ts'
import * as values from './values.ts'
import type { DataSet } from './waiting.ts'

/** Where a record's fields stand, and what rows need only while they are decoded; reused. */
export class Scratch {
  readonly at = new Int32Array(FIELDS_MAX)
  readonly length = new Int32Array(FIELDS_MAX)
  readonly boot = new Float64Array(FLOW_ROWS)
  readonly duration = new Float64Array(FLOW_ROWS)
  readonly sampler = new Float64Array(FLOW_ROWS)
  readonly rows: values.Rows = { b: new Uint8Array(0), at: 0, length: 0, stride: 0, row: 0, rows: 0 }
}

/**
 * Decodes records of the set's template from `data.at` on, as far as the batch has rows, and moves `data.at`
 * behind them; the set is done when fewer octets than a record are left.
 */
export function decodeRecords(data: DataSet, template: Template, batch: FlowBatch, scratch: Scratch): void {
  const first = batch.count
  const room = FLOW_ROWS - first
  if (template.isVariable) {
    while (batch.count < FLOW_ROWS && isMore(data, template)) {
      const end = placeFields(template, data, scratch)
      if (end < 0) {
        data.state.exporter.quality.malformed++
        data.at = data.end
      } else {
        runSteps(data, template, batch, scratch, 1)
        batch.count++
        data.at = end
      }
    }
  } else {
    const rows = Math.min(room, Math.floor((data.end - data.at) / template.length))
    if (isNeeded(data, template)) learnStart(data, template, rows)
    runSteps(data, template, batch, scratch, rows)
    batch.count += rows
    data.at += rows * template.length
  }
  describe(data, template, batch, scratch, first)
}

/** Whether a record is left, and not only padding. */
export const isMore = ({ at, end }: DataSet, { length }: Template): boolean => end - at >= length

/**
 * Finds the fields of the record at `data.at`: RFC 7011 7. Answers where it ends; -1 if behind the set's end.
 */
export function placeFields({ fields }: Template, { b, at, end }: DataSet, scratch: Scratch): number {
  let next = at
  for (let i = 0; i < fields.length; i++) {
    let length = fields[i]!.length
    if (length === VARIABLE) {
      if (next + 1 > end) return -1
      length = b[next++]!
      if (length === 255) {
        if (next + 2 > end) return -1
        length = u16(b, next)
        next += 2
      }
    }
    scratch.at[i] = next
    scratch.length[i] = length
    next += length
    if (next > end) return -1
  }
  return next
}

function runSteps(
  data: DataSet,
  template: Template,
  batch: FlowBatch,
  scratch: Scratch,
  count: number,
): void {
  const { isVariable, length, steps } = template
  const { rows } = scratch
  rows.b = data.b
  rows.stride = length
  rows.row = batch.count
  rows.rows = count
  for (const step of steps) {
    rows.at = isVariable ? scratch.at[step.field]! : data.at + step.offset
    rows.length = isVariable ? scratch.length[step.field]! : step.length
    runStep(step, data, template, batch, scratch)
  }
}

function runStep(step: Step, data: DataSet, template: Template, batch: FlowBatch, scratch: Scratch): void {
  const { rows } = scratch
  const { reading, column } = step
  if (reading === INTEGER) values.integers(batch[column as IntegerColumn], rows)
  else if (reading === ADDRESS4) values.addresses4(batch[column as IntegerColumn], rows, batch.addresses)
  else if (reading === ADDRESS6) {
    values.addresses6(batch[column as IntegerColumn], rows, batch.addresses, template.hasBothFamilies)
  } else if (reading === BIFLOW) values.originators(batch.originator, rows)
  else runFloat(step, floatsOf(column, batch, scratch), data, template, scratch)
}

function runFloat(
  { reading }: Step,
  column: Float64Array,
  data: DataSet,
  template: Template,
  scratch: Scratch,
): void {
  const { rows } = scratch
  if (reading === MILLISECONDS || reading === SPAN) values.numbers(column, rows, 1e3)
  else if (reading === SECONDS) values.numbers(column, rows, 1e6)
  else if (reading === NTP) values.ntpTimes(column, rows)
  else if (reading === AGE) values.ages(column, rows, data.exported)
  else if (reading === UPTIME) uptimes(column, data, template, scratch)
  else values.numbers(column, rows, 1)
}

/** By the record's start of the exporter, or the header's, or what options said. */
function uptimes(column: Float64Array, data: DataSet, template: Template, scratch: Scratch): void {
  const { uptime, state, exported } = data
  if (template.has.boot) values.sinceBoot(column, scratch.rows, scratch.boot, NaN, exported)
  else if (Number.isNaN(uptime)) values.sinceBoot(column, scratch.rows, null, startOf(state), exported)
  else values.uptimes(column, scratch.rows, uptime, state.boot + uptime * 1000)
}

const startOf = ({ boot, bootAtMost }: DataSet['state']): number => (Number.isNaN(boot) ? bootAtMost : boot)

function floatsOf(column: Step['column'], batch: FlowBatch, scratch: Scratch): Float64Array {
  if (column === 'boot' || column === 'duration' || column === 'sampler') return scratch[column]
  return batch[column as FloatColumn]
}

/** What the message and the exporter say of all rows from `first` on. */
function describe(
  data: DataSet,
  template: Template,
  batch: FlowBatch,
  scratch: Scratch,
  first: number,
): void {
  const { count } = batch
  if (count === first) return
  stamp(data, batch, first)
  if (template.isTotal) batch.isTotal.fill(1, first, count)
  if (template.fromOriginator) batch.originator.fill(0, first, count)
  if (template.has.duration) completeTimes(batch, scratch.duration, first)
  sampleRows(data, template, batch, scratch, first)
  for (const { element, field, offset, length } of template.timeouts) {
    const at = template.isVariable ? scratch.at[field]! : data.at - template.length + offset
    noteTimeout(data.state.exporter, element, values.unsigned(data.b, at, length))
  }
}

/** The evidence columns of rows from `first` on. */
export function stamp(data: DataSet, batch: FlowBatch, first: number): void {
  const { count } = batch
  const { exporter } = data.state
  batch.exporter.fill(exporter.id, first, count)
  batch.number.fill(data.number, first, count)
  batch.received.fill(data.received, first, count)
  batch.exported.fill(data.exported, first, count)
  for (let i = first; i < count; i++) batch.ordinal[i] = ++data.ordinal
  exporter.quality.records += count - first
}

/** One end of the flow and its duration give the other. */
function completeTimes({ start, end, count }: FlowBatch, durations: Float64Array, first: number): void {
  for (let i = first; i < count; i++) {
    if (Number.isNaN(start[i]!)) start[i] = end[i]! - durations[i]!
    else if (Number.isNaN(end[i]!)) end[i] = start[i]! + durations[i]!
  }
}

/** By the record, its sampler or its exporter. 0 and 1 both say that all packets were looked at. */
function sampleRows(
  { state }: DataSet,
  { has }: Template,
  batch: FlowBatch,
  { sampler }: Scratch,
  first: number,
): void {
  const { samplingInterval: intervals, count } = batch
  const { samplers, exporter } = state
  const { samplingInterval } = exporter
  for (let i = first; i < count; i++) {
    if (!Number.isNaN(intervals[i]!)) intervals[i] = Math.max(1, intervals[i]!)
    else if (has.sampler && samplers?.has(sampler[i]!)) intervals[i] = samplers.get(sampler[i]!)!
    else intervals[i] = samplingInterval
  }
}
