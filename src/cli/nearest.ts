/** The known word that a misspelt one was meant to be. */
import { usageFailure } from './failure.ts'

/** More edits than this are another word: one for short words, three for long ones. */
const editsMax = (word: string): number => Math.min(3, Math.ceil(word.length / 3))
/** Longer words are not compared: no key or option is as long. */
const WORD_MAX = 64

/** Edits that turn one word into the other: insert, delete, replace (Levenshtein), swap neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = entry(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? entry(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(entry(last, j) + 1, entry(row, j - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = row
  }
  return entry(last, b.length)
}

const entry = (row: readonly number[], j: number): number => row[j] ?? Infinity

/** The nearest of `known`, upper and lower case alike; null if none is near. */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > WORD_MAX) return null
  let best: string | null = null
  let bestEdits = editsMax(word) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestEdits) continue
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits]
  }
  return best
}

/** `; did you mean idleThreshold?`, or nothing. */
export function suggestion(word: string, known: Iterable<string>): string {
  const near = nearest(word, known)
  return near === null ? '' : `; did you mean ${near}?`
}

/** The word that an option was given; a usage failure names those that it takes. */
export function wordOf<const T extends string>(option: string, word: string, words: readonly T[]): T {
  const known = words.find((candidate) => candidate === word)
  if (known !== undefined) return known
  throw usageFailure(
    `${option} ${word} is not known; it is one of ${words.join(', ')}${suggestion(word, words)}`,
  )
}
