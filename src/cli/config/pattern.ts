/**
 * Whether a `payloadPattern` may be run on what strangers send: it must have a group, and no input may make
 * it slow.
 *
 * V8 backtracks. A repetition inside a repetition can take time that doubles with every octet; repetitions in
 * a row that match the same octets multiply. Inputs are bounded (OPENING_BYTES), so two such repetitions in a
 * row are bearable (a million steps), three are not (3 x 10^9). The check refuses some patterns that would be
 * harmless; it accepts none that is not: what it cannot read (look-around, references back) it refuses.
 */

/** One unit of the pattern: which of the 256 octets it matches, and how often. */
interface Atom {
  readonly matches: ReadonlySet<number>
  /** It must match once wherever the pattern matches: not optional, not one of several alternatives. */
  mandatory: boolean
  readonly repeated: boolean
}

interface Group {
  readonly outer: Group | null
  readonly start: number
  readonly firstAtom: number
  alternatives: number
  /** Something inside matches more than one length of text, or in more than one way. */
  variable: boolean
}

/**
 * Repetitions that can match the same octets one after the other; the search for a beginning counts as one.
 */
const OVERLAPPING_MAX = 2
/** A bounded repetition of more than this is treated as unbounded. */
const FEW = 32
/**
 * Combinations of optional parts, alternatives and bounded repetitions: each of them may be tried at every
 * octet.
 */
const CHOICES_MAX = 64
/** Longer patterns are no names of fields. */
export const PATTERN_LENGTH_MAX = 500

const CLASS = /\[(?:\\.|[^\]\\])*\]/y
const ESCAPE = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|0|[^0-9xuckpP])/y
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y
const GROUP = /\((?:\?:|\?<[A-Za-z_$][\w$]*>|(?!\?))/y
const ZERO_WIDTH = /\^|\$|\\[bB]/y

/** What is wrong with the pattern, as the end of a sentence; null if it may be used. */
export function patternFault(source: string): string | null {
  if (source.length > PATTERN_LENGTH_MAX) return `is longer than ${PATTERN_LENGTH_MAX} characters`
  try {
    void new RegExp(source)
    // An empty alternative always matches: the length of the match tells how many groups there are.
    if (new RegExp(`${source}|`).exec('')?.length === 1)
      return 'has no group; put parentheses around the name, as in agent=([^;]+)'
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`
  }
  return new PatternReader(source).fault()
}

class PatternReader {
  private readonly source: string
  private at = 0
  private readonly atoms: Atom[] = []
  private group: Group = { outer: null, start: 0, firstAtom: 0, alternatives: 1, variable: false }
  private choices = 1

  constructor(source: string) {
    this.source = source
  }

  fault(): string | null {
    while (this.at < this.source.length) {
      const fault = this.step()
      if (fault !== null) return fault
    }
    const { alternatives } = this.close()
    if (this.choices > CHOICES_MAX)
      return 'has too many optional parts and alternatives: some input would take for ever'
    return overlapFault(this.atoms, this.source.startsWith('^') && alternatives === 1)
  }

  /** Reads the next unit of the pattern. */
  private step(): string | null {
    const start = this.at
    if (this.take(ZERO_WIDTH) !== null) return null
    if (this.take(GROUP) !== null) return this.open(start)
    if (this.source[start] === '|') return this.alternative()
    if (this.source[start] === ')') return this.closeQuantified()
    if (this.source[start] === '(') return 'looks ahead or behind, which is not supported here'
    if (this.take(CLASS) === null && this.take(ESCAPE) === null) {
      if (this.source[start] === '\\')
        return `holds ${this.source.slice(start, start + 2)}, which is not supported here`
      this.at++
    }
    this.addAtom(this.source.slice(start, this.at), this.quantifier())
    return null
  }

  private take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at
    const match = expression.exec(this.source)
    if (match !== null) this.at = expression.lastIndex
    return match
  }

  private quantifier(): { min: number; max: number } {
    const match = this.take(QUANTIFIER)
    if (match === null) return { min: 1, max: 1 }
    if (match[1] === undefined)
      return { min: match[0][0] === '+' ? 1 : 0, max: match[0][0] === '?' ? 1 : Infinity }
    const min = Number(match[1])
    return { min, max: match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]) }
  }

  private addAtom(source: string, times: { min: number; max: number }): void {
    const expression = new RegExp(`^(?:${source})$`)
    const matches = new Set<number>()
    for (let octet = 0; octet < 256; octet++)
      if (expression.test(String.fromCharCode(octet))) matches.add(octet)
    this.atoms.push({ matches, mandatory: times.min > 0, repeated: times.max > FEW })
    this.choose(times)
  }

  private choose(times: { min: number; max: number }): void {
    if (times.max === times.min) return
    this.group.variable = true
    if (times.max <= FEW) this.choices *= times.max - times.min + 1
  }

  private open(start: number): null {
    const firstAtom = this.atoms.length
    this.group = { outer: this.group, start, firstAtom, alternatives: 1, variable: false }
    return null
  }

  private alternative(): null {
    this.group.alternatives++
    this.at++
    return null
  }

  private close(): Group {
    const { group } = this
    this.group = group.outer ?? group
    if (group.alternatives > 1) this.makeOptional(group.firstAtom)
    this.choices *= group.alternatives
    return group
  }

  private closeQuantified(): string | null {
    this.at++
    const group = this.close()
    const text = this.source.slice(group.start, this.at)
    const times = this.quantifier()
    if (times.max > 1) {
      if (group.variable)
        return `repeats ${text}, which holds a repetition itself: some input would take for ever`
      if (group.alternatives > 1)
        return `repeats the alternatives ${text}: some input would take for ever; use a class as in [ab]+`
      this.repeat(group.firstAtom, times.max)
    }
    if (times.min === 0) this.makeOptional(group.firstAtom)
    this.choose(times)
    // What varies inside a group makes the group around it vary.
    if (group.variable || group.alternatives > 1) this.group.variable = true
    return null
  }

  private makeOptional(firstAtom: number): void {
    for (const atom of this.atoms.slice(firstAtom)) atom.mandatory = false
  }

  /** A repeated group is taken as a repetition of any octet that one of its atoms matches. */
  private repeat(firstAtom: number, max: number): void {
    const inside = this.atoms.splice(firstAtom)
    const matches = new Set(inside.flatMap((atom) => [...atom.matches]))
    this.atoms.push({
      matches,
      mandatory: inside.some((atom) => atom.mandatory),
      repeated: max > FEW || max * inside.length > FEW,
    })
  }
}

/** What a search does before the pattern: it begins anywhere. */
const ANYWHERE: Atom = {
  matches: new Set(Array.from({ length: 256 }, (_, octet) => octet)),
  mandatory: false,
  repeated: true,
}

/** The longest row of repetitions that can all match one input must not be too long. */
function overlapFault(pattern: readonly Atom[], isAnchored: boolean): string | null {
  const atoms = isAnchored ? pattern : [ANYWHERE, ...pattern]
  const rows: { readonly index: number; readonly atom: Atom; readonly length: number }[] = []
  for (const [index, atom] of atoms.entries()) {
    if (!atom.repeated) continue
    const before = rows.filter((row) => overlap(row.atom, atoms.slice(row.index + 1, index), atom))
    rows.push({ index, atom, length: 1 + Math.max(0, ...before.map((row) => row.length)) })
  }
  if (rows.every((row) => row.length <= OVERLAPPING_MAX)) return null
  return 'has too many repetitions that match the same text: some input would take for ever; begin it with ^, or use classes that stop, such as [^"]+ for .*'
}

/** Some text can be matched by one, by the other, and by all that must match between them. */
function overlap(one: Atom, between: readonly Atom[], other: Atom): boolean {
  const shared = [...one.matches].filter((octet) => other.matches.has(octet))
  const passes = (atom: Atom): boolean => !atom.mandatory || shared.some((octet) => atom.matches.has(octet))
  return shared.length > 0 && between.every(passes)
}
