/**
 * A line that an SMTP client sends (RFC 5321 §4.1.1 and extensions), and what is kept of it: the verb, the
 * name in EHLO, the addresses in MAIL and RCPT. What AUTH carries is never kept.
 */
export type Verb = (typeof VERBS)[number]

/** RFC 5321; LMTP 2033, BDAT 3030, AUTH 4954, STARTTLS 3207, ETRN 1985, ATRN 2645, BURL 4468. */
const VERBS = [
  'EHLO',
  'HELO',
  'LHLO',
  'MAIL',
  'RCPT',
  'DATA',
  'BDAT',
  'RSET',
  'NOOP',
  'QUIT',
  'VRFY',
  'EXPN',
  'HELP',
  'AUTH',
  'STARTTLS',
  'ETRN',
  'ATRN',
  'TURN',
  'BURL',
  'XCLIENT',
  'XFORWARD',
] as const
const KNOWN: ReadonlySet<string> = new Set(VERBS)

/**
 * After these a client waits for the answer, and for all before it, and goes on (RFC 2920 §3.1; RFC 3207 §4;
 * RFC 4954 §4; HELO of old servers).
 */
const GROUP_ENDS: ReadonlySet<string> = new Set<Verb>([
  'EHLO',
  'HELO',
  'LHLO',
  'DATA',
  'VRFY',
  'EXPN',
  'TURN',
  'ATRN',
  'NOOP',
  'STARTTLS',
  'AUTH',
])

/** Characters of a name or an address: a path has at most 256 (RFC 5321 §4.5.3.1.3). */
const ARGUMENT_MAX = 256

export interface Command {
  /** Null: no verb that is known. */
  readonly verb: Verb | null
  readonly argument: string | null
  /** A device wrote X over it (Cisco's ESMTP inspection does so with commands that it does not allow). */
  readonly masked: boolean
}

export const endsGroup = (verb: string): boolean => GROUP_ENDS.has(verb)

export function readCommand(line: string): Command {
  const word = (/^[A-Za-z]{4,8}(?=[ \t:]|$)/.exec(line)?.[0] ?? '').toUpperCase()
  if (!KNOWN.has(word)) return { verb: null, argument: null, masked: isMask(line) }
  const verb = word as Verb
  return { verb, argument: argumentOf(verb, line), masked: false }
}

/** What a device writes over a keyword, the last letter of which Cisco's keeps (`XXXXXXXA`). */
export const isMask = (text: string): boolean => /^X{4,}[A-Z]?(?: |$)/.test(text)

function argumentOf(verb: Verb, line: string): string | null {
  if (verb === 'EHLO' || verb === 'HELO' || verb === 'LHLO')
    return bounded(line.slice(5).trim().split(' ', 1)[0]!)
  if (verb !== 'MAIL' && verb !== 'RCPT') return null
  const path = /^....[ \t]+(?:FROM|TO)[ \t]*:[ \t]*(?:<([^>]*)>|(\S*))/i.exec(line)
  return path === null ? null : bounded(path[1] ?? path[2] ?? '')
}

const bounded = (text: string): string => text.slice(0, ARGUMENT_MAX)

/** Octets of a chunk, and whether it is the last (RFC 3030 §2); null if the line says no number. */
export function chunkOf(line: string): { readonly octets: number; readonly last: boolean } | null {
  const parts = /^BDAT[ \t]+(\d{1,15})(?:[ \t]+(LAST))?[ \t]*$/i.exec(line)
  return parts === null ? null : { octets: Number(parts[1]), last: parts[2] !== undefined }
}
