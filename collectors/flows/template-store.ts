/**
 * Template sets on their way into an exporter's state; and the definitions that exporters share: most routers
 * of a network announce the same few, so each is compiled and kept once.
 *
 * Sources: RFC 7011 3.4.1, 3.4.2 and 8.1 (withdrawals), RFC 3954 5.2 and 6.1.
 */
import { u16 } from '../../src/bytes/read.ts'
import type { Micros } from '../../src/model/time.ts'
import { type ExporterState, learn } from './exporters.ts'
import { compile, type Field, ipfixFields, netflow9Fields, type Template } from './template.ts'

/** Definitions that are shared; those beyond are compiled for each exporter. */
const SHARED_MAX = 4096
/** RFC 7011 3.4.1: numbers below are sets'. */
const TEMPLATE_ID_MIN = 256
/** RFC 7011 3.3.2 and RFC 3954 5.2, 6.1. */
export const IPFIX_TEMPLATES = 2
export const IPFIX_OPTIONS_TEMPLATES = 3
export const V9_TEMPLATES = 0
export const V9_OPTIONS_TEMPLATES = 1

export class Definitions {
  private readonly byText = new Map<string, Template>()

  /** The compiled template; null if no record can be of it. */
  of(fields: readonly Field[], scopes: number): Template | null {
    const text = `${scopes}|${fields.map(({ element, pen, length }) => `${element},${pen},${length}`).join(' ')}`
    const known = this.byText.get(text)
    if (known !== undefined) return known
    const template = compile(fields, scopes)
    if (template !== null && this.byText.size < SHARED_MAX) this.byText.set(text, template)
    return template
  }
}

/** A set of templates at b[at..end), behind its header, and who sent it. */
export interface TemplateSet {
  readonly b: Uint8Array
  readonly at: number
  readonly end: number
  readonly set: number
  readonly state: ExporterState
  readonly received: Micros
}

/**
 * Learns the templates of a set; `learned` is told each number. What contradicts itself is counted, and the
 * rest of the set left.
 */
export function readTemplates(
  definitions: Definitions,
  set: TemplateSet,
  isIpfix: boolean,
  learned: (id: number) => void,
): void {
  const read = isIpfix ? ipfixTemplate : netflow9Template
  let at = set.at
  while (at + 4 <= set.end) {
    if (u16(set.b, at) === 0 && u16(set.b, at + 2) === 0) return // padding
    const repeated = repeats(set, at)
    if (repeated > 0) {
      at = repeated
      continue
    }
    const found = read(set, at)
    const template =
      found === null || found.fields.length === 0 ? null : definitions.of(found.fields, found.scopes)
    if (found === null || (template === null && !found.isWithdrawal)) {
      set.state.exporter.quality.malformed++
      return
    }
    if (template === null) withdraw(set.state, found.id, set.set)
    else {
      learn(set.state, found.id, template, set.received)
      if (!isAt(template.announced, set.b, at + 2, found.end))
        template.announced = set.b.slice(at + 2, found.end)
      learned(found.id)
    }
    at = found.end
  }
}

/** Where the next template begins, if the one here is known as it is said; 0 otherwise. */
function repeats({ b, end, state, received }: TemplateSet, at: number): number {
  const known = state.templates.get(u16(b, at))
  if (known === undefined) return 0
  const { announced } = known.template
  const next = at + 2 + announced.length
  if (announced.length === 0 || next > end || !isAt(announced, b, at + 2, next)) return 0
  known.at = received
  return next
}

/** Whether `octets` stand in b[at..end). */
function isAt(octets: Uint8Array, b: Uint8Array, at: number, end: number): boolean {
  if (octets.length !== end - at) return false
  for (let i = 0; i < octets.length; i++) if (octets[i] !== b[at + i]) return false
  return true
}

interface Found {
  readonly id: number
  readonly fields: readonly Field[]
  readonly scopes: number
  readonly isWithdrawal: boolean
  readonly end: number
}

function ipfixTemplate({ b, end, set }: TemplateSet, at: number): Found | null {
  const id = u16(b, at)
  const count = u16(b, at + 2)
  if (count === 0) return { id, fields: [], scopes: 0, isWithdrawal: true, end: at + 4 }
  const isOptions = set === IPFIX_OPTIONS_TEMPLATES
  if (id < TEMPLATE_ID_MIN || (isOptions && at + 6 > end)) return null
  const scopes = isOptions ? u16(b, at + 4) : 0
  if (isOptions && (scopes === 0 || scopes > count)) return null
  const read = ipfixFields(b, at + (isOptions ? 6 : 4), end, count)
  return read === null ? null : { id, fields: read.fields, scopes, isWithdrawal: false, end: read.end }
}

function netflow9Template({ b, end, set }: TemplateSet, at: number): Found | null {
  const id = u16(b, at)
  const isOptions = set === V9_OPTIONS_TEMPLATES
  if (id < TEMPLATE_ID_MIN || (isOptions && at + 6 > end)) return null
  // Options templates say octets of specifiers, templates say how many.
  const scopes = isOptions ? u16(b, at + 2) >> 2 : 0
  const count = isOptions ? scopes + (u16(b, at + 4) >> 2) : u16(b, at + 2)
  if (count === 0 || (isOptions && scopes === 0)) return null
  const read = netflow9Fields(b, at + (isOptions ? 6 : 4), end, count, scopes)
  return read === null ? null : { id, fields: read.fields, scopes, isWithdrawal: false, end: read.end }
}

/** RFC 7011 8.1: one template, or by the set's own number all of its kind. */
function withdraw({ templates, exporter }: ExporterState, id: number, set: number): void {
  exporter.quality.withdrawals++
  if (id !== set) {
    templates.delete(id)
    return
  }
  for (const [known, { template }] of templates) {
    if (template.scopes > 0 === (set === IPFIX_OPTIONS_TEMPLATES)) templates.delete(known)
  }
}
