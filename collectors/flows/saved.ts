/**
 * What exporters said, and what was counted of them, as plain data (JSON can hold it): templates above all,
 * because exporters repeat them after half an hour, or never. Definitions stand once, exporters point to
 * them.
 */
import type { FlowExporter, FlowQuality } from '../../src/model/flow-record.ts'
import type { FlowDecoder } from './decoder.ts'
import { type BinaryFormat, type ExporterState, learn } from './exporters.ts'
import { countsOwn, restoreSequence } from './sequence.ts'
import type { Field, Template } from './template.ts'

const VERSION = 1

type SavedField = readonly [element: number, length: number, pen: number]

export interface SavedExporters {
  readonly version: typeof VERSION
  /** Number of scopes and fields of each template that somebody uses. */
  readonly definitions: readonly (readonly [scopes: number, fields: readonly SavedField[]])[]
  readonly exporters: readonly SavedExporter[]
}

/** Null is unknown. Times are micros. */
interface SavedExporter {
  readonly format: BinaryFormat
  readonly address: string
  readonly port: number
  readonly domain: number
  readonly heard: number | null
  readonly boot: number | null
  readonly bootAtMost: number | null
  /** The number that the next message should have. */
  readonly sequence: number | null
  /** It counts the records of the message itself. */
  readonly countsOwn: boolean
  readonly samplingInterval: number | null
  readonly activeTimeout: number | null
  readonly inactiveTimeout: number | null
  readonly samplers: readonly (readonly [id: number, interval: number])[]
  readonly interfaces: readonly (readonly [index: number, name: string])[]
  readonly templates: readonly (readonly [id: number, definition: number, at: number | null])[]
  readonly quality: Readonly<FlowQuality>
}

export function saveExporters({ exporters }: FlowDecoder): SavedExporters {
  const numbers = new Map<Template, number>()
  const numberOf = (template: Template): number => {
    const known = numbers.get(template) ?? numbers.size
    numbers.set(template, known)
    return known
  }
  const saved = exporters.states.map((state) => savedOf(state, numberOf))
  const definitions = [...numbers.keys()].map(
    ({ scopes, fields }) => [scopes, fields.map(savedField)] as const,
  )
  return { version: VERSION, definitions, exporters: saved }
}

const savedField = ({ element, length, pen }: Field): SavedField => [element, length, pen]

function savedOf(state: ExporterState, numberOf: (template: Template) => number): SavedExporter {
  const { exporter, templates, sequence, samplers, boot, heard } = state
  const { format, address, port, domain, samplingInterval, activeTimeout, inactiveTimeout } = exporter
  return {
    format: format as BinaryFormat,
    address,
    port,
    domain,
    heard: finite(heard),
    boot: finite(boot),
    bootAtMost: finite(state.bootAtMost),
    sequence: finite(sequence.next),
    countsOwn: countsOwn(sequence),
    samplingInterval: finite(samplingInterval),
    activeTimeout: finite(activeTimeout),
    inactiveTimeout: finite(inactiveTimeout),
    samplers: [...(samplers ?? [])],
    interfaces: [...exporter.interfaces],
    templates: [...templates].map(([id, { template, at }]) => [id, numberOf(template), finite(at)] as const),
    quality: { ...exporter.quality },
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/**
 * Takes what `saveExporters` answered into a decoder that has seen nothing. Answers how many exporters were
 * restored: what is of another version, or no such thing, restores none.
 */
export function restoreExporters(decoder: FlowDecoder, saved: unknown): number {
  if (!isSaved(saved)) return 0
  const definitions = saved.definitions.map(([scopes, fields]) =>
    decoder.definitions.of(
      fields.map(([element, length, pen]) => ({ element, length, pen })),
      scopes,
    ),
  )
  return saved.exporters.filter((each) => restore(decoder, each, definitions)).length
}

const isSaved = (saved: unknown): saved is SavedExporters =>
  typeof saved === 'object' && saved !== null && (saved as SavedExporters).version === VERSION

function restore(
  { exporters }: FlowDecoder,
  saved: SavedExporter,
  definitions: readonly (Template | null)[],
): boolean {
  const state = exporters.of(saved, saved.heard ?? NaN)
  if (state === null) return false
  state.boot = saved.boot ?? NaN
  state.bootAtMost = saved.bootAtMost ?? NaN
  restoreSequence(state.sequence, saved.sequence ?? NaN, saved.countsOwn)
  state.samplers = saved.samplers.length === 0 ? null : new Map(saved.samplers)
  restoreFacts(state.exporter, saved)
  for (const [id, definition, at] of saved.templates) {
    const template = definitions[definition]
    if (template) learn(state, id, template, at ?? NaN)
  }
  Object.assign(state.exporter.quality, saved.quality)
  return true
}

function restoreFacts(exporter: FlowExporter, saved: SavedExporter): void {
  exporter.samplingInterval = saved.samplingInterval ?? NaN
  exporter.activeTimeout = saved.activeTimeout ?? NaN
  exporter.inactiveTimeout = saved.inactiveTimeout ?? NaN
  for (const [index, name] of saved.interfaces) exporter.interfaces.set(index, name)
}
