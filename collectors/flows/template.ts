/**
 * Templates, and what a template is compiled to: an array of steps, each a column, an offset, a length and a
 * way to read, so that decoding a set knows nothing of elements.
 *
 * Sources: RFC 7011 3.4 (IPFIX), RFC 3954 5.2 and 6.1 (NetFlow v9), RFC 5103 (reverse elements).
 */
import { u16, u32 } from '../../src/bytes/read.ts'
import {
  ACTIVE_TIMEOUT,
  ADDRESS4,
  ADDRESS6,
  BIFLOW,
  ELEMENTS,
  type Element,
  INACTIVE_TIMEOUT,
  INTEGER,
  NTP,
  REVERSE_ELEMENTS,
  REVERSE_PEN,
  UPTIME,
  V9_SCOPE_PEN,
} from './elements.data.ts'

export interface Field {
  readonly element: number
  /** Private enterprise number, 0 for IANA's; `V9_SCOPE_PEN` for a scope of NetFlow v9. */
  readonly pen: number
  /** Octets; `VARIABLE` if each record says. */
  readonly length: number
}

/** RFC 7011 7: the record says how long the field is. */
export const VARIABLE = 0xffff
/** RFC 7011 3.2: elements with this bit are an enterprise's. */
const ENTERPRISE_BIT = 0x8000
/** Fields of a template: one more than any that was seen; what claims more is malformed. */
export const FIELDS_MAX = 512

export interface Step {
  readonly column: Element['column']
  readonly reading: Element['reading']
  /** Index of the field: where in a record that is, a record with variable lengths says. */
  readonly field: number
  readonly offset: number
  readonly length: number
}

/** A field in which an exporter says its active or inactive timeout; placed as in `Step`. */
interface TimeoutField {
  readonly element: typeof ACTIVE_TIMEOUT | typeof INACTIVE_TIMEOUT
  readonly field: number
  readonly offset: number
  readonly length: number
}

export interface Template {
  readonly fields: readonly Field[]
  /** As it was last announced, behind its number: what is repeated is not read again. */
  announced: Uint8Array
  /** Fields at the beginning that say what an options record is about; 0: records are flows. */
  readonly scopes: number
  /** Octets of a record; of the shortest one where lengths vary. */
  readonly length: number
  readonly isVariable: boolean
  /** In the order in which they must run. */
  readonly steps: readonly Step[]
  /** Active and inactive timeouts that stand in flow records. */
  readonly timeouts: readonly TimeoutField[]
  /** Counts run from the flow's begin. */
  readonly isTotal: boolean
  /** The source is who began. */
  readonly fromOriginator: boolean
  /** Some address is there as IPv4 and as IPv6; one of them is zero. */
  readonly hasBothFamilies: boolean
  readonly has: {
    readonly uptime: boolean
    readonly boot: boolean
    readonly duration: boolean
    readonly sampler: boolean
  }
}

/** The fields of a template, and where its specifiers end. */
interface FieldsRead {
  readonly fields: readonly Field[]
  readonly end: number
}

/** Reads `count` field specifiers of IPFIX at b[at..end); null if they are cut off. */
export function ipfixFields(b: Uint8Array, at: number, end: number, count: number): FieldsRead | null {
  const fields: Field[] = []
  let next = at
  for (let i = 0; i < count; i++) {
    if (next + 4 > end) return null
    const word = u16(b, next)
    const isEnterprise = (word & ENTERPRISE_BIT) !== 0
    if (isEnterprise && next + 8 > end) return null
    const pen = isEnterprise ? u32(b, next + 4) : 0
    fields.push({ element: word & ~ENTERPRISE_BIT, pen, length: u16(b, next + 2) })
    next += isEnterprise ? 8 : 4
  }
  return { fields, end: next }
}

/** Reads `count` field specifiers of NetFlow v9, of which `scopes` are scopes; null if they are cut off. */
export function netflow9Fields(
  b: Uint8Array,
  at: number,
  end: number,
  count: number,
  scopes: number,
): FieldsRead | null {
  if (at + 4 * count > end) return null
  const fields: Field[] = []
  for (let i = 0; i < count; i++) {
    const pen = i < scopes ? V9_SCOPE_PEN : 0
    fields.push({ element: u16(b, at + 4 * i), pen, length: u16(b, at + 4 * i + 2) })
  }
  return { fields, end: at + 4 * count }
}

/** The template of these fields; null if no record can be of it. `scopes` as in `Template`. */
export function compile(fields: readonly Field[], scopes: number): Template | null {
  const length = fields.reduce((sum, field) => sum + (field.length === VARIABLE ? 1 : field.length), 0)
  if (fields.length === 0 || fields.length > FIELDS_MAX || length === 0 || length > 0xffff) return null
  const chosen = scopes > 0 ? [] : choose(fields)
  const ran = (column: Element['column']): boolean =>
    chosen.some((choice) => choice.element.column === column)
  return {
    fields,
    announced: NOTHING,
    scopes,
    length,
    isVariable: fields.some((field) => field.length === VARIABLE),
    steps: chosen.map(({ element, field }) => stepOf(fields, field, element)).toSorted(firstFirst),
    timeouts: scopes > 0 ? [] : timeoutsOf(fields),
    isTotal: chosen.some(({ element }) => element.isTotal === true),
    fromOriginator: chosen.some(({ element }) => element.fromOriginator === true),
    hasBothFamilies:
      chosen.some(({ element }) => element.reading === ADDRESS4) &&
      chosen.some(({ element }) => element.reading === ADDRESS6),
    has: {
      uptime: chosen.some(({ element }) => element.reading === UPTIME),
      boot: ran('boot'),
      duration: ran('duration'),
      sampler: ran('sampler'),
    },
  }
}

const NOTHING = new Uint8Array(0)

interface Choice {
  readonly element: Element
  readonly field: number
}

const elementOf = ({ element, pen }: Field): Element | undefined =>
  pen === 0 ? ELEMENTS.get(element) : pen === REVERSE_PEN ? REVERSE_ELEMENTS.get(element) : undefined

/**
 * For each column the best of its elements, and of equals the first; an address in both families, where one
 * is zero, twice.
 */
function choose(fields: readonly Field[]): Choice[] {
  const best = new Map<string, Choice>()
  for (const [field, described] of fields.entries()) {
    const element = elementOf(described)
    if (element === undefined || !fits(element, described.length)) continue
    const key = element.reading === ADDRESS6 ? `${element.column} of IPv6` : element.column
    const known = best.get(key)
    if (known === undefined || element.rank < known.element.rank) best.set(key, { element, field })
  }
  return [...best.values()]
}

/** Whether the element can be read from so many octets (RFC 7011 6.2: numbers may be shorter). */
function fits({ reading }: Element, length: number): boolean {
  if (reading === ADDRESS4) return length === 4
  if (reading === ADDRESS6) return length === 16
  if (reading === NTP) return length === 8
  return length >= 1 && length <= (reading === INTEGER || reading === BIFLOW ? 4 : 8)
}

function stepOf(fields: readonly Field[], field: number, { column, reading }: Element): Step {
  return { column, reading, field, offset: offsetOf(fields, field), length: fields[field]!.length }
}

const offsetOf = (fields: readonly Field[], field: number): number =>
  fields.slice(0, field).reduce((sum, { length }) => sum + length, 0)

/** Times since the start need the start; IPv6 addresses take the place of an IPv4 one that is zero. */
const ORDER: Partial<Record<Element['column'], number>> = { boot: -1 }
const order = ({ column, reading }: Step): number => ORDER[column] ?? (reading === ADDRESS6 ? 1 : 0)
const firstFirst = (a: Step, b: Step): number => order(a) - order(b)

function timeoutsOf(fields: readonly Field[]): TimeoutField[] {
  const found: TimeoutField[] = []
  for (const [field, { element, pen, length }] of fields.entries()) {
    if (pen !== 0 || length > 8 || (element !== ACTIVE_TIMEOUT && element !== INACTIVE_TIMEOUT)) continue
    found.push({ element, field, offset: offsetOf(fields, field), length })
  }
  return found
}
