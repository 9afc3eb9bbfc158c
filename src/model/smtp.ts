/** What is observed of SMTP sessions: replies, and what a session came to. */
import type { ConnectionId } from './connection.ts'
import type { Side, Tap } from './packet.ts'
import type { Micros } from './time.ts'

/** SMTP, submission, and submission over TLS (RFC 5321, RFC 6409, RFC 8314). */
export const MAIL_PORTS: ReadonlySet<number> = new Set([25, 587, 465])

interface OnSession {
  readonly time: Micros
  readonly tap: Tap
  readonly connection: ConnectionId
}

/** A reply of an SMTP server, all its lines (RFC 5321 §4.2). */
export interface SmtpReply extends OnSession {
  readonly kind: 'smtp-reply'
  readonly from: Side
  /** The packet that held the end of its last line. */
  readonly packet: number
  readonly code: number
  /** RFC 3463: `4.3.2`; null without. */
  readonly enhanced: string | null
  /** Of the first line, at most 128 characters; empty where it belongs to an authentication. */
  readonly text: string
  readonly lines: number
  /**
   * What it answers: `banner`, a verb, `message` (the end of mail data), `other` (a command that is not
   * known); null if that cannot be told.
   */
  readonly command: string | null
  /** The name in EHLO, the address in MAIL and RCPT; null otherwise. */
  readonly argument: string | null
  readonly commandPacket: number | null
  /** Since the end of what it answers; null for a banner, and where that is not known. */
  readonly latency: Micros | null
  /** It was read inside TLS. */
  readonly decrypted: boolean
}

/** An SMTP session is over, or goes on inside TLS: what it came to. */
export interface SmtpSession extends OnSession {
  readonly kind: 'smtp-session'
  /** Its first packet. */
  readonly packet: number
  /** Who replies. */
  readonly server: Side
  /** Code of the greeting; null: none came, or it was not seen. */
  readonly greeting: number | null
  /** What the client called itself. */
  readonly hello: string | null
  /** Keywords that EHLO was answered with, upper case. */
  readonly extensions: readonly string[]
  /** What became of STARTTLS (RFC 3207); `none`: it was neither offered nor asked for. */
  readonly startTls: 'none' | 'offered' | 'refused' | 'started'
  /** The first packet in which a device wrote over greeting, keywords or commands; null: none did. */
  readonly maskedPacket: number | null
  /** Messages that the server took. */
  readonly messages: number
  /** Replies of 400 and above, the greeting included. */
  readonly refusals: number
  readonly lastCode: number | null
  /** The oldest command that had no answer yet; null if all had, or that cannot be told. */
  readonly unanswered: { readonly command: string; readonly packet: number; readonly at: Micros } | null
  /** The client said QUIT. */
  readonly quit: boolean
  readonly decrypted: boolean
}
