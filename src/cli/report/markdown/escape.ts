/**
 * Text in Markdown (CommonMark with the tables of GitHub) that stays text: no markup, no HTML, no links that
 * make themselves, no mentions. What changes how text reads without being seen is spelt out as on a terminal.
 */
import { harmless } from '../../output/harmless.ts'

/** ASCII punctuation that begins something inside a line; a backslash takes its meaning from each (2.4). */
const INLINE = /[\\`*_{}[\]<>|~&#$@!:]/g
/** What begins a list, a heading or a rule at the beginning of a line. */
const LINE_START = /^(\s*)([-+=]|\d{1,9}(?=[.)]))/
const BARE_NUMBER = /^(\s*\d{1,9})([.)])/

/** Within a line or a cell of a table. A colon is left alone unless an address could begin with it. */
export const inline = (text: string): string =>
  harmless(text)
    .replace(INLINE, (character, at: number, whole: string) =>
      character === ':' && !whole.startsWith('//', at + 1) ? character : `\\${character}`,
    )
    .replace(/\bwww\./gi, (word) => `${word.slice(0, 3)}\\.`)

/** As a paragraph of its own. */
export const paragraph = (text: string): string =>
  inline(text)
    .replace(BARE_NUMBER, '$1\\$2')
    .replace(LINE_START, (all, blank: string, sign: string) => (/\d/.test(sign) ? all : `${blank}\\${sign}`))

/** As it is, in a typewriter's letters. Inside a table a bar needs a backslash even there. */
export function code(text: string, isCell = false): string {
  const safe = harmless(text)
  const fence = '`'.repeat(longestRun(safe) + 1)
  const room = safe.startsWith('`') || safe.endsWith('`') || safe === '' ? ' ' : ''
  const span = `${fence}${room}${safe}${room}${fence}`
  return isCell ? span.replaceAll('|', '\\|') : span
}

/** A block to be copied. */
export function block(text: string): string {
  const safe = harmless(text)
  const fence = '`'.repeat(Math.max(3, longestRun(safe) + 1))
  return `${fence}\n${safe}\n${fence}`
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))

/** A table; cells are Markdown already. `right` says which columns are numbers. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (right.includes(i) ? '---:' : '---'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}
