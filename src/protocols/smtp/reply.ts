/** Reply lines of an SMTP server (RFC 5321 §4.2), enhanced codes in them (RFC 2034, RFC 3463). Pure. */

/** Characters of a reply's text that are kept. */
export const TEXT_MAX = 128

export interface ReplyLine {
  readonly code: number
  /** It is the last of its reply. */
  readonly isLast: boolean
  readonly text: string
}

/** Null if the line is none. */
export function readReplyLine(line: string): ReplyLine | null {
  const parts = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line)
  if (parts === null) return null
  return { code: Number(parts[1]), isLast: parts[2] !== '-', text: parts[3] ?? '' }
}

/** `5.7.1`; null without one. Its class is that of the code, or it is none (RFC 2034 §3). */
export function enhancedCode(code: number, text: string): string | null {
  const found = /^([245]\.\d{1,3}\.\d{1,3})(?= |$)/.exec(text)?.[1]
  return found !== undefined && Number(found[0]) === Math.trunc(code / 100) ? found : null
}

/** A greeting that a device wrote asterisks over, as Cisco's ESMTP inspection does (`220 ****0**2****`). */
export const isMaskedGreeting = (text: string): boolean => /^[*02 ]*\*{3}[*02 ]*$/.test(text)
