/**
 * Words that recur in a log: states, services, names of interfaces. Each is made a string once; making one
 * anew costs more than all else that is done with the field.
 */
import { latin1 } from '../../src/bytes/latin1.ts'

/** Words held; a log with more of them is no list of states, and its words are made as they come. */
const WORDS_MAX = 4096
/** Longer ones are names of something, and do not recur. */
const OCTETS_MAX = 32

interface Word {
  readonly octets: Uint8Array
  readonly text: string
}

const SLOTS = 1 << 13

export class Words {
  private readonly slots: (Word | undefined)[] = new Array<Word | undefined>(SLOTS)
  private size = 0

  /** The text of b[from..to). */
  of(b: Uint8Array, from: number, to: number): string {
    const length = to - from
    if (length <= 0) return ''
    if (length > OCTETS_MAX) return latin1(b, from, to)
    const slot =
      (Math.imul(b[from]! + 31 * b[to - 1]!, 961) + Math.imul(b[from + (length >> 1)]!, 131) + length) &
      (SLOTS - 1)
    const word = this.slots[slot]
    if (word !== undefined && isSame(b, from, length, word.octets)) return word.text
    const text = latin1(b, from, to)
    // Of two words in one place the first stays, and the other is made each time.
    if (word === undefined && this.size < WORDS_MAX) {
      this.slots[slot] = { octets: b.slice(from, to), text }
      this.size++
    }
    return text
  }
}

function isSame(b: Uint8Array, from: number, length: number, octets: Uint8Array): boolean {
  if (octets.length !== length) return false
  for (let i = 0; i < length; i++) if (b[from + i] !== octets[i]) return false
  return true
}
