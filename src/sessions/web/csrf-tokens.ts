/**
 * Tokens against forged requests (CSRF) in pages, forms and messages: fields that the configuration names,
 * and those that frameworks use: Django, Rails, ASP.NET, Laravel and Symfony, Spring, OWASP CSRFGuard (their
 * documents; OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet").
 */

export interface Token {
  readonly field: string
  readonly value: string
}

const KNOWN = /csrf|xsrf|^_token$|^authenticity_token$|^__RequestVerificationToken$/i

export const isTokenName = (name: string, fields: readonly string[]): boolean =>
  KNOWN.test(name) || fields.some((field) => field.toLowerCase() === name.toLowerCase())

/** An HTML tag with a name and a value: what stands between is bounded, for a page may hold anything. */
const TAG = /<(?:input|meta)\b[^<>]{0,1000}>/gi
const ATTRIBUTE_NAME = /\bname\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i
const ATTRIBUTE_VALUE = /\b(?:value|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i
const JSON_MEMBER = /"([\w.-]{1,64})"\s*:\s*"([^"\\]{1,1000})"/g
const FORM_FIELD = /(?:^|&)([\w.%-]{1,64})=([^&\s<>"]{1,1000})/g

interface Found extends Token {
  /** Where its value stands. */
  readonly at: number
}

/** Tokens in the order in which they stand. */
export const tokensIn = (text: string, fields: readonly string[]): Token[] =>
  found(text, fields).map(({ field, value }) => ({ field, value }))

/** The text without the values of its tokens. */
export function withoutTokens(text: string, fields: readonly string[]): string {
  let rest = ''
  let from = 0
  for (const { at, value } of found(text, fields)) {
    if (at < from) continue
    rest += text.slice(from, at)
    from = at + value.length
  }
  return rest + text.slice(from)
}

function found(text: string, fields: readonly string[]): Found[] {
  const tokens: Found[] = []
  const add = (field: string, value: string, at: number): void => {
    if (value !== '' && isTokenName(field, fields)) tokens.push({ field, value, at })
  }
  for (const { 0: tag, index } of text.matchAll(TAG)) {
    const field = groupOf(ATTRIBUTE_NAME.exec(tag))
    const attribute = ATTRIBUTE_VALUE.exec(tag)
    const value = groupOf(attribute)
    if (field === null || attribute === null || value === null) continue
    const opening = attribute[3] === undefined ? 1 : 0
    add(field, value, index + attribute.index + attribute[0].length - opening - value.length)
  }
  for (const pattern of [JSON_MEMBER, FORM_FIELD])
    for (const match of text.matchAll(pattern)) {
      const closing = pattern === JSON_MEMBER ? 1 : 0
      add(match[1]!, match[2]!, match.index + match[0].length - closing - match[2]!.length)
    }
  return tokens.toSorted((a, b) => a.at - b.at)
}

const groupOf = (match: RegExpExecArray | null): string | null =>
  match === null ? null : (match[1] ?? match[2] ?? match[3] ?? null)
