/**
 * Where an SMTP session begins (RFC 5321 §3.1, §4.1.1.1): the greeting of the server, which speaks first,
 * or the EHLO or HELO of the client. A greeting that does not say SMTP could be one of FTP (RFC 959), and so
 * could a refusal (421, 554; RFC 5321 §3.1): the port, or the client's first command, decides.
 */
import { latin1 } from '../../bytes/latin1.ts'
import type { Side } from '../../model/packet.ts'
import type { Recognition } from '../protocol.ts'

/** Octets of a reply line (RFC 5321 §4.5.3.1.5). */
const REPLY_LINE_MAX = 512

/** Submission and relay (RFC 6409), and 2525, where relays listen for whose port 25 is closed. */
export const SMTP_PORTS: readonly number[] = [25, 587, 2525]

const GREETING = /^(?:220|421|554)(?:[ -]|\r?\n)/
const GREETING_OF_SMTP = /^(?:220|421|554)[ -][^\n]*SMTP/i
const HELLO = /^(?:EHLO|HELO|LHLO) /i
const BEGINNINGS = ['220 ', '220-', '421 ', '421-', '554 ', '554-', 'EHLO ', 'HELO ', 'LHLO ']

export function recognisesSmtp(_side: Side, bytes: Uint8Array, start: number, end: number): Recognition {
  if (!mayBegin(bytes[start])) return start < end ? 'no' : 'unsure'
  const text = latin1(bytes, start, Math.min(end, start + REPLY_LINE_MAX))
  if (HELLO.test(text) || GREETING_OF_SMTP.test(text)) return 'certain'
  if (GREETING.test(text)) return text.length < REPLY_LINE_MAX ? 'likely' : 'no'
  return text.length < 5 && BEGINNINGS.some((line) => begins(line, text)) ? 'unsure' : 'no'
}

/** `2`, `4`, `5`, or E, H or L of either case: everything else is told apart without making a text of it. */
const mayBegin = (octet: number | undefined): boolean =>
  octet === 50 || octet === 52 || octet === 53 || (octet !== undefined && [69, 72, 76].includes(octet & ~32))

const begins = (line: string, text: string): boolean => line.startsWith(text.toUpperCase())
