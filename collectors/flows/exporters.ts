/**
 * Exporters by transport session and observation domain (RFC 7011 3.1, RFC 3954 5.1): their templates,
 * samplers and sequence numbers.
 *
 * The source port is part of the key, as in RFC 7011: two exporters behind one translator must not read one
 * another's templates. An exporter that comes back on another port is the same one, with nothing known of it.
 * Contract: bounded; what finds no room is refused and counted.
 */
import { type FlowExporter, newExporter } from '../../src/model/flow-record.ts'
import type { Micros } from '../../src/model/time.ts'
import { newSequence, type Sequence } from './sequence.ts'
import type { Template } from './template.ts'

/** Exporters held at most; later ones are refused: their messages are counted and not read. */
export const EXPORTERS_MAX = 1 << 16
/** Templates of one exporter; a further one takes the place of the one not refreshed for longest. */
export const TEMPLATES_MAX = 512
/**
 * An exporter that was silent for so long has left its port: twice the longest refresh that vendors set for
 * templates by default (1800 s, Fortinet's template-tx-timeout).
 */
const LEFT_AFTER: Micros = 3600e6

export interface KnownTemplate {
  readonly template: Template
  /** When it was last said. */
  at: Micros
}

export type BinaryFormat = 'netflow5' | 'netflow9' | 'ipfix'

export interface ExporterState {
  readonly exporter: FlowExporter
  readonly templates: Map<number, KnownTemplate>
  sequence: Sequence
  /** Sampling interval by sampler; null as long as there is none. */
  samplers: Map<number, number> | null
  /** When it started, in micros, as options or headers tell; NaN as long as they do not. */
  boot: Micros
  /** Where nothing tells: no later than this (uptime.ts); NaN as long as that is not needed. */
  bootAtMost: Micros
  /** When it was last heard; -Infinity if its session has ended. */
  heard: Micros
}

/** Who sent a message, and over what. */
export interface Sender {
  readonly format: BinaryFormat
  readonly address: string
  readonly port: number
  readonly domain: number
}

export class Exporters {
  /** In the order in which they came. */
  readonly list: FlowExporter[]
  readonly states: ExporterState[] = []
  /** Messages of exporters for which there was no room. */
  refused = 0
  private readonly bySession = new Map<string, ExporterState>()
  /** Those of one address and domain, whatever their ports. */
  private readonly byPlace = new Map<string, ExporterState[]>()
  private readonly limit: number

  constructor(limit: number = EXPORTERS_MAX, list: FlowExporter[] = []) {
    this.limit = limit
    this.list = list
  }

  /** Who sent a message at `now`; null if there is no room. */
  of(sender: Sender, now: Micros): ExporterState | null {
    const session = sessionOf(sender)
    const state = this.bySession.get(session) ?? this.returned(sender, now) ?? this.add(sender)
    if (state !== null) state.heard = now
    else this.refused++
    return state
  }

  /** A session over TCP has ended, and with it what was said in it (RFC 7011 8.3). */
  sessionEnded(address: string, port: number): void {
    for (const state of this.states) {
      const { exporter } = state
      if (exporter.address === address && exporter.port === port) end(state)
    }
  }

  /** All sessions over TCP have ended. */
  allEnded(): void {
    for (const state of this.states) end(state)
  }

  /** One of that address and domain that has left its port. */
  private returned(sender: Sender, now: Micros): ExporterState | null {
    const state = this.byPlace.get(placeOf(sender))?.find(({ heard }) => now - heard > LEFT_AFTER)
    if (state === undefined) return null
    this.bySession.delete(sessionOf(state.exporter as Sender))
    state.exporter.port = sender.port
    state.templates.clear()
    state.sequence = newSequence(true)
    state.boot = NaN
    state.bootAtMost = NaN
    this.bySession.set(sessionOf(sender), state)
    return state
  }

  private add(sender: Sender): ExporterState | null {
    if (this.list.length >= this.limit) return null
    const state = newState(sender, this.list.length)
    this.bySession.set(sessionOf(sender), state)
    const place = placeOf(sender)
    const there = this.byPlace.get(place)
    if (there === undefined) this.byPlace.set(place, [state])
    else there.push(state)
    this.list.push(state.exporter)
    this.states.push(state)
    return state
  }
}

function end(state: ExporterState): void {
  state.templates.clear()
  state.heard = -Infinity
}

const sessionOf = ({ format, address, port, domain }: Sender): string =>
  `${format} ${address} ${port} ${domain}`
const placeOf = ({ format, address, domain }: Sender): string => `${format} ${address} ${domain}`

const newState = ({ format, address, port, domain }: Sender, id: number): ExporterState => ({
  exporter: newExporter({ id, format, address, port, domain }),
  templates: new Map(),
  sequence: newSequence(),
  samplers: null,
  boot: NaN,
  bootAtMost: NaN,
  heard: -Infinity,
})

/** Puts a template in its place; of too many, the one that was not refreshed for longest goes. */
export function learn(
  { templates, exporter }: ExporterState,
  id: number,
  template: Template,
  at: Micros,
): void {
  const known = templates.get(id)
  if (known?.template === template) {
    known.at = at
    return
  }
  exporter.quality.templates++
  if (known !== undefined) exporter.quality.templateChanges++
  else if (templates.size >= TEMPLATES_MAX) templates.delete(stalest(templates))
  templates.set(id, { template, at })
}

function stalest(templates: ReadonlyMap<number, KnownTemplate>): number {
  let [oldest, since] = [-1, Infinity]
  for (const [id, { at }] of templates) if (oldest < 0 || at < since) [oldest, since] = [id, at]
  return oldest
}
