/**
 * HTML that cannot be broken out of: what is put into a template is escaped unless it is markup itself.
 * Characters that change how text reads without being seen (controls, writing directions) are spelt out as on
 * a terminal.
 */
import { harmless } from '../../output/harmless.ts'

/** Markup that was made by `html`. */
export interface Markup {
  readonly markup: string
}

/** Numbers and texts are escaped; lists are joined; null and false are nothing. */
export type Content = Markup | string | number | null | false | readonly Content[]

export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let markup = texts[0] ?? ''
  for (const [i, content] of contents.entries()) markup += markupOf(content) + (texts[i + 1] ?? '')
  return { markup }
}

function markupOf(content: Content): string {
  if (content === null || content === false) return ''
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content))
  return 'markup' in content ? content.markup : content.map(markupOf).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for quoted attributes alike. */
export const escaped = (text: string): string =>
  harmless(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** Constants of the program, such as its style sheet. */
export const trusted = (markup: string): Markup => ({ markup })

const BEFORE_UNIT = /(?<=\d) (?=(?:ms|s|min|h|d|UTC|kB|MB|GB|times?)\b)/g

/** Sentences: a number and its unit stay on one line. */
export const prose = (text: string): string => text.replace(BEFORE_UNIT, '\u00a0')
