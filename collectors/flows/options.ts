/**
 * Options data: what exporters say of themselves. Sampling by sampler or for all, timeouts, interface names,
 * when the exporter started (RFC 7011 3.4.2.1, RFC 3954 6.1, RFC 5477 8.2).
 */
import type { FlowExporter } from '../../src/model/flow-record.ts'
import {
  ACTIVE_TIMEOUT,
  INACTIVE_TIMEOUT,
  INTERFACE_INDEXES,
  INTERFACE_NAME,
  PACKETS_SPACE,
  PACKETS_TAKEN,
  SAMPLE_POPULATION,
  SAMPLE_SIZE,
  SAMPLER_IDS,
  SAMPLING_INTERVALS,
  SYSTEM_START,
  V9_SCOPE_INTERFACE,
  V9_SCOPE_PEN,
} from './elements.data.ts'
import type { ExporterState } from './exporters.ts'
import type { Field, Template } from './template.ts'
import { unsigned } from './values.ts'

/** Samplers of one exporter; later ones are not known by number. */
const SAMPLERS_MAX = 1024
/** Interface names of one exporter; later ones are not known. */
const INTERFACES_MAX = 4096
/** Octets of an interface name that are kept: ifName's DisplayString (RFC 2863) has at most 255. */
const NAME_MAX = 255

/** What one record says; NaN and '' where it does not. */
interface Said {
  index: number
  name: string
  sampler: number
  interval: number
  taken: number
  space: number
  size: number
  population: number
}

/** Where the fields of a record stand: by field, offset in the octets and length. */
export interface Place {
  readonly at: Int32Array
  readonly length: Int32Array
}

/** Takes what an options record says into the exporter's state. */
export function readOptions(
  state: ExporterState,
  { fields }: Template,
  b: Uint8Array,
  { at, length }: Place,
): void {
  const said: Said = {
    index: NaN,
    name: '',
    sampler: NaN,
    interval: NaN,
    taken: NaN,
    space: NaN,
    size: NaN,
    population: NaN,
  }
  for (const [i, field] of fields.entries()) readField(state, said, field, b, at[i]!, length[i]!)
  if (said.name !== '' && !Number.isNaN(said.index)) nameInterface(state.exporter, said.index, said.name)
  const interval = intervalOf(said)
  if (!Number.isNaN(interval)) sample(state, said.sampler, interval)
}

function readField(
  state: ExporterState,
  said: Said,
  { element, pen }: Field,
  b: Uint8Array,
  at: number,
  length: number,
): void {
  if (pen === 0 && element === INTERFACE_NAME) {
    said.name = nameText(b, at, length)
    return
  }
  if (length === 0 || length > 8) return
  const value = unsigned(b, at, length)
  if (pen === V9_SCOPE_PEN && element === V9_SCOPE_INTERFACE) said.index = value
  if (pen !== 0) return
  if (INTERFACE_INDEXES.has(element)) said.index = value
  else if (SAMPLER_IDS.has(element)) said.sampler = value
  else if (SAMPLING_INTERVALS.has(element)) said.interval = value
  else if (element === PACKETS_TAKEN) said.taken = value
  else if (element === PACKETS_SPACE) said.space = value
  else if (element === SAMPLE_SIZE) said.size = value
  else if (element === SAMPLE_POPULATION) said.population = value
  else if (element === ACTIVE_TIMEOUT || element === INACTIVE_TIMEOUT)
    noteTimeout(state.exporter, element, value)
  else if (element === SYSTEM_START) state.boot = value * 1000
}

/** What an exporter states as a timeout; 0 states none: it would end flows before they begin. */
export function noteTimeout(
  exporter: FlowExporter,
  element: typeof ACTIVE_TIMEOUT | typeof INACTIVE_TIMEOUT,
  seconds: number,
): void {
  if (seconds === 0) return
  if (element === ACTIVE_TIMEOUT) exporter.activeTimeout = seconds * 1e6
  else exporter.inactiveTimeout = seconds * 1e6
}

/** One packet of how many. A taken count without a space is what old exporters call their interval. */
function intervalOf({ interval, taken, space, size, population }: Said): number {
  if (taken > 0 && space >= 0) return (taken + space) / taken
  if (size > 0 && population >= size) return population / size
  const said = Number.isNaN(interval) ? taken : interval
  return Number.isNaN(said) ? NaN : Math.max(1, said)
}

function sample(state: ExporterState, sampler: number, interval: number): void {
  if (Number.isNaN(sampler)) {
    state.exporter.samplingInterval = interval
    return
  }
  const samplers = (state.samplers ??= new Map())
  if (samplers.size < SAMPLERS_MAX || samplers.has(sampler)) samplers.set(sampler, interval)
  // Flows that do not say their sampler were sampled by the only one there is.
  state.exporter.samplingInterval = samplers.size === 1 ? interval : Math.max(...samplers.values())
}

function nameInterface({ interfaces }: FlowExporter, index: number, name: string): void {
  if (interfaces.size < INTERFACES_MAX || interfaces.has(index)) interfaces.set(index, name)
}

const utf8 = new TextDecoder()

/** Without the zeros that fill the field, and without what would disturb a terminal. */
function nameText(b: Uint8Array, at: number, length: number): string {
  const text = utf8.decode(b.subarray(at, at + Math.min(length, NAME_MAX)))
  return text
    .replace(/\0[^]*$/, '')
    .replace(/\p{Cc}/gu, '\u{fffd}')
    .trim()
}
