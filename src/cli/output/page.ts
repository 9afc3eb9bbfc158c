/**
 * Text for people, in lines that fit a width: headings, paragraphs, and rows of a label and what it says.
 * Whatever comes in is made harmless here, so nothing from traffic reaches a terminal by another way.
 */
import { harmless } from './harmless.ts'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green'
/** Adds colour, or nothing where there is none. */
export type Paint = (style: readonly Style[], text: string) => string

export const WIDTH_MIN = 60
/** Longer lines are hard to read, however wide the terminal is. */
export const WIDTH_MAX = 120

const INDENT = 2
/** Room for the longest label and two spaces. */
const LABEL = 13

export interface Page {
  blank(): void
  heading(text: string): void
  /** One or more lines, each line of `painted` in the style. */
  paragraph(text: string, indent?: number, style?: readonly Style[]): void
  /** Something to be careful about. */
  warning(text: string): void
  /** A label, and lines that hang beside it; each text begins a new line. */
  row(label: string, texts: string | readonly string[]): void
  /** A label and a text to be copied: never broken, however long. */
  verbatim(label: string, text: string): void
  /** A word in the margin, and a sentence in bold beside it. */
  title(word: string, style: Style, sentence: string): void
  text(): string
}

export function page(columns: number, paint: Paint): Page {
  const width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, columns))
  const lines: string[] = []
  const hanging = (
    head: string,
    headWidth: number,
    texts: readonly string[],
    style: readonly Style[] = [],
  ): void => {
    const margin = ' '.repeat(headWidth)
    for (const [i, text] of texts.entries()) {
      const { lead, rest } = splitIndent(text)
      const wrapped = wrap(rest, width - headWidth - lead.length)
      for (const [j, line] of wrapped.entries()) {
        const inner = `${lead}${style.length > 0 ? paint(style, line) : line}`
        lines.push(`${i + j === 0 ? head : margin}${inner}`.trimEnd())
      }
    }
  }
  const label = (text: string): string =>
    ' '.repeat(INDENT) + paint(['dim'], text) + ' '.repeat(Math.max(1, LABEL - text.length))
  return {
    blank: () => void lines.push(''),
    heading: (text) => void lines.push(paint(['bold'], harmless(text))),
    paragraph: (text, indent = INDENT, style = []) => hanging(' '.repeat(indent), indent, [text], style),
    warning: (text) => hanging(`${' '.repeat(2 * INDENT)}${paint(['yellow'], '! ')}`, 2 * INDENT + 2, [text]),
    row: (name, texts) => hanging(label(name), INDENT + LABEL, typeof texts === 'string' ? [texts] : texts),
    verbatim: (name, text) => void lines.push(label(name) + harmless(text)),
    title(word, style, sentence) {
      const head = `${paint(['bold', style], word)}  `
      hanging(head, word.length + 2, [sentence], ['bold'])
    },
    text: () => `${lines.join('\n')}\n`,
  }
}

/** Leading spaces of a text indent all of its lines. */
function splitIndent(text: string): { lead: string; rest: string } {
  const rest = text.trimStart()
  return { lead: text.slice(0, text.length - rest.length), rest }
}

/** A number and its unit belong together. */
const BEFORE_UNIT = /(?<=\d) (?=(?:ms|s|min|h|d|UTC|kB|MB)\b)/g
const GLUE = '\u00a0'

/** Lines of at most `width` columns; words that are longer than a line are broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of harmless(text).replace(BEFORE_UNIT, GLUE).split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (columnsOf(joined) <= width) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    line = ''
    for (const character of word) {
      if (columnsOf(line + character) > width) {
        lines.push(line)
        line = ''
      }
      line += character
    }
  }
  return [...lines, line].map((finished) => finished.replaceAll(GLUE, ' '))
}

/**
 * East Asian characters and pictures take two columns of a terminal, combining marks none (Unicode UAX #11,
 * in outline).
 */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/gu
const NO_WIDTH = /\p{Mn}/gu
const ASCII = /^[\x20-\x7e]*$/

export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length
  return [...text.replace(NO_WIDTH, '')].length + (text.match(WIDE)?.length ?? 0)
}
