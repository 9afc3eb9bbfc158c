/**
 * JSON objects (RFC 8259) as they stand in a buffer: notes where the wanted values are and passes over all
 * others, so that neither objects nor strings are made. Values are found by the path of their keys.
 *
 * Contract: it reads what any writer of JSON writes; of other text it notices what would mislead it, which is
 * less than a validator would.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import { ABSENT, type Fields } from './fields.ts'
import { Shapes } from './shapes.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const LF = 0x0a
/** What ends a number or a word. */
const isEnd = (c: number): boolean => c === COMMA || c === CLOSE || c === CLOSE_LIST || c <= 0x20

/** The object goes on behind what is there; it is none. */
export const MORE = -1
export const BROKEN = -2

interface Key {
  readonly name: Uint8Array
  readonly hash: number
  /** The field that its value is; `ABSENT` if only keys below it are wanted. */
  field: number
  below: Keys | null
}

/** Keys that are wanted at a place: open addressing by a hash of their octets, at most half full. */
interface Keys {
  slots: (Key | undefined)[]
  size: number
}

/** The keys of fields whose names are paths: `flow/start`; several that lead to one field have `|`
 * between. */
export function keysOf(names: readonly string[]): Keys {
  const root = noKeys()
  for (const [field, paths] of names.entries()) {
    for (const path of paths.split('|')) {
      let keys = root
      const steps = path.split('/')
      for (const [depth, step] of steps.entries()) {
        const key = keyIn(keys, step)
        if (depth === steps.length - 1) key.field = field
        else keys = key.below ??= noKeys()
      }
    }
  }
  return root
}

const SLOTS_FIRST = 8
const noKeys = (): Keys => ({ slots: new Array<Key | undefined>(SLOTS_FIRST), size: 0 })

/** Of three octets and the length: keys of one object seldom agree in all of them, and then are compared. */
const hashOf = (b: Uint8Array, from: number, to: number): number =>
  from === to
    ? 0
    : (b[from]! + (b[to - 1]! << 7) + (b[(from + to) >> 1]! << 14) + Math.imul(to - from, 0x9e3779b1)) | 0
const slotOf = (hash: number, { slots }: Keys): number =>
  (hash ^ (hash >>> 7) ^ (hash >>> 15)) & (slots.length - 1)

function keyIn(keys: Keys, text: string): Key {
  const name = Buffer.from(text)
  const hash = hashOf(name, 0, name.length)
  const there = keyOf(keys, hash, name, 0, name.length)
  if (there !== null) return there
  const key: Key = { name, hash, field: ABSENT, below: null }
  if (2 * ++keys.size > keys.slots.length) {
    const old = keys.slots
    keys.slots = new Array<Key | undefined>(2 * old.length)
    for (const one of old) if (one !== undefined) put(keys, one)
  }
  put(keys, key)
  return key
}

function put(keys: Keys, key: Key): void {
  let slot = slotOf(key.hash, keys)
  while (keys.slots[slot] !== undefined) slot = (slot + 1) & (keys.slots.length - 1)
  keys.slots[slot] = key
}

/** The wanted key of that hash and name; null if there is none. */
function keyOf(keys: Keys, hash: number, b: Uint8Array, from: number, to: number): Key | null {
  const { slots } = keys
  for (let slot = slotOf(hash, keys); ; slot = (slot + 1) & (slots.length - 1)) {
    const key = slots[slot]
    if (key === undefined) return null
    if (key.hash === hash && key.name.length === to - from && isSame(b, from, key.name)) return key
  }
}

export class JsonScanner {
  /** Line feeds that were passed, since it was last set to 0. */
  lines = 0
  private readonly keys: Keys
  private readonly fields: Fields
  private readonly shapes = new Shapes()

  constructor(fields: Fields) {
    this.fields = fields
    this.keys = keysOf(fields.names)
  }

  /**
   * Notes the fields of the object that begins with the brace at `at`. Answers where it ends, `MORE` or
   * `BROKEN`.
   */
  object(b: Uint8Array, at: number, to: number): number {
    const { fields, shapes } = this
    const known = fields.lists ? ABSENT : shapes.match(b, at, to, fields)
    if (known > 0) {
      this.lines += shapes.lines
      return known
    }
    fields.clear()
    const end = this.members(b, at + 1, to, this.keys)
    if (end > 0 && !fields.lists) shapes.learn(b, at, end, fields)
    return end
  }

  /** Where the next octet stands that is no white space. */
  blank(b: Uint8Array, at: number, to: number): number {
    let i = at
    for (; i < to && b[i]! <= 0x20; i++) if (b[i] === LF) this.lines++
    return i
  }

  /** The members of an object, of which the brace has been passed. */
  private members(b: Uint8Array, from: number, to: number, keys: Keys): number {
    let at = from
    for (;;) {
      if (at < to && b[at]! <= 0x20) at = this.blank(b, at, to)
      if (at >= to) return MORE
      const c = b[at]!
      if (c === COMMA) {
        at++
        continue
      }
      if (c === CLOSE) return at + 1
      if (c !== QUOTE) return BROKEN
      let end = at + 1
      while (end < to && b[end] !== QUOTE) end++
      if (end >= to) return MORE
      const isEscaped = b[end - 1] === BACKSLASH
      const key = isEscaped ? null : keyOf(keys, hashOf(b, at + 1, end), b, at + 1, end)
      at = isEscaped ? stringEnd(b, at + 1, to) : end + 1
      if (at < 0) return at
      if (at < to && b[at] !== COLON) at = this.blank(b, at, to)
      if (at >= to) return MORE
      if (b[at] !== COLON) return BROKEN
      at++
      if (at < to && b[at]! <= 0x20) at = this.blank(b, at, to)
      if (at >= to) return MORE
      at = key === null ? this.pass(b, at, to) : this.take(b, at, to, key)
      if (at < 0) return at
    }
  }

  /** Notes a value, or what is wanted within it. */
  private take(b: Uint8Array, at: number, to: number, { field, below }: Key): number {
    const first = b[at]!
    if (first === OPEN && below !== null) return this.members(b, at + 1, to, below)
    const end = this.pass(b, at, to)
    if (end < 0 || field === ABSENT) return end
    if (first === QUOTE) {
      this.fields.from[field] = at + 1
      this.fields.to[field] = end - 1
    } else if (first !== OPEN && (first !== OPEN_LIST || this.fields.lists) && first !== 0x6e) {
      this.fields.from[field] = at
      this.fields.to[field] = end
    }
    return end
  }

  /** Where a value ends. */
  private pass(b: Uint8Array, at: number, to: number): number {
    const first = b[at]!
    if (first === QUOTE) return stringEnd(b, at + 1, to)
    if (first === OPEN || first === OPEN_LIST) return this.nested(b, at, to)
    let i = at
    while (i < to && !isEnd(b[i]!)) i++
    if (i === to) return MORE
    return i === at ? BROKEN : i
  }

  /** Where an object or a list ends. */
  private nested(b: Uint8Array, from: number, to: number): number {
    let depth = 0
    for (let i = from; i < to; i++) {
      const c = b[i]!
      if (c === QUOTE) {
        i = stringEnd(b, i + 1, to)
        if (i < 0) return i
        i--
      } else if (c === OPEN || c === OPEN_LIST) depth++
      else if (c === LF) this.lines++
      else if ((c === CLOSE || c === CLOSE_LIST) && --depth === 0) return i + 1
    }
    return MORE
  }
}

/** Behind the quote that ends a string, of which the first one has been passed. */
function stringEnd(b: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const c = b[i]!
    if (c > QUOTE) {
      if (c === BACKSLASH) i++
      continue
    }
    if (c === QUOTE) return i + 1
    // A line end never stands in a string: what was not closed ends here.
    if (c === LF) return BROKEN
  }
  return MORE
}

function isSame(b: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (b[at + i] !== name[i]) return false
  return true
}

const decoder = new TextDecoder()
/** Characters of a text that are kept: of names and addresses of the web what is longer is cut. */
const TEXT_OCTETS_MAX = 2048

/** The text of a string that stands in b[from..to). */
export function textOf(b: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + TEXT_OCTETS_MAX)
  let octets = 0
  let isEscaped = false
  for (let i = from; i < end; i++) {
    const c = b[i]!
    octets |= c
    isEscaped ||= c === BACKSLASH
  }
  if (octets < 0x80) return isEscaped ? unescaped(latin1(b, from, end)) : latin1(b, from, end)
  const text = decoder.decode(b.subarray(from, end))
  return isEscaped ? unescaped(text) : text
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}
