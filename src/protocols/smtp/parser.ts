/**
 * SMTP in both directions (RFC 5321; pipelining RFC 2920, chunks RFC 3030, AUTH RFC 4954). Emits `smtp-reply`
 * for every reply, the greeting included, with the command that it answers, and `smtp-session` at the end.
 *
 * Mail is passed over; what AUTH exchanges is not kept. After STARTTLS (RFC 3207) the stream is handed to
 * whoever reads TLS, and a session inside it is one of its own. After a gap replies are told without their
 * command until pairing is certain again (see pending.ts). A reply to something else than mail data ends mail
 * data whose end was missed.
 */
import type { Side } from '../../model/packet.ts'
import { CONTINUE, DETACH } from '../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Micros } from '../../model/time.ts'
import type { OpenInner } from '../protocol.ts'
import { chunkOf, readCommand } from './command.ts'
import type { Verb } from './command.ts'
import { LineReader } from './line-reader.ts'
import { MessageEnd } from './message-end.ts'
import { Pending } from './pending.ts'
import type { Asked } from './pending.ts'
import { enhancedCode, readReplyLine, TEXT_MAX } from './reply.ts'
import type { ReplyLine } from './reply.ts'
import { SessionFacts } from './session.ts'

/** Lines that are no reply, or no command, before the stream is left as something else. */
export const STRANGE_LINES_MAX = 16
/** The first octet of a TLS handshake record (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 22

export function openSmtp(
  context: StreamContext,
  openInner: OpenInner,
  decrypted: boolean,
): StreamConsumer & { readonly heldBytes: number } {
  return new SmtpParser(context, openInner, decrypted)
}

/** What a code alone tells of the command that it answers (RFC 5321 §4.2.3, RFC 4954 §6). */
const COMMAND_OF_CODE: Readonly<Record<number, Verb>> = { 221: 'QUIT', 235: 'AUTH', 334: 'AUTH', 354: 'DATA' }

class SmtpParser implements StreamConsumer {
  private readonly context: StreamContext
  private readonly openInner: OpenInner
  private readonly readers: readonly [LineReader, LineReader] = [new LineReader(), new LineReader()]
  private readonly messageEnd = new MessageEnd()
  private readonly pending: Pending
  private readonly session: SessionFacts
  private server: Side | null = null
  /** What the client sends now. */
  private sends: 'commands' | 'data-or-command' | 'message' | 'authentication' = 'commands'
  /** STARTTLS was sent, and not answered yet. */
  private isTlsAsked = false
  /** The first reply may be a greeting. */
  private mayGreet: boolean
  /** A command was seen. */
  private hasAsked = false
  /** Lines so far of the reply that is coming, and its first. */
  private lines = 0
  private firstLine: ReplyLine | null = null
  private strangeLines = 0
  private isTold = false
  /** Sides, by bit, that send no more. */
  private ended = 0
  private inner: StreamConsumer | null = null
  private time: Micros = 0

  constructor(context: StreamContext, openInner: OpenInner, decrypted: boolean) {
    this.context = context
    this.openInner = openInner
    this.session = new SessionFacts(decrypted)
    this.mayGreet = true
    this.pending = new Pending(context.fromStart === true || decrypted)
  }

  /** At most LINE_BYTES_MAX a side. */
  get heldBytes(): number {
    return this.readers[0].heldBytes + this.readers[1].heldBytes
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (this.inner !== null) return this.inner.data(side, bytes, start, end, time, packet)
    if (time > this.time) this.time = time
    if (this.session.packet === 0) this.session.packet = packet
    let at = start
    while (at < end) {
      const inner = this.insideAt(side, bytes[at]!)
      if (inner !== null) return inner.data(side, bytes, at, end, time, packet)
      if (side !== this.server && this.sends === 'message') {
        at = this.passMessage(bytes, at, end, packet)
        continue
      }
      const reader = this.readers[side]
      const next = reader.next(bytes, at, end)
      if (reader.hasSkipped) this.pending.lose()
      reader.hasSkipped = false
      if (next < 0) return CONTINUE
      const skip = this.line(side, reader.text, packet)
      if (skip < 0) return this.leave()
      at = next + skip
    }
    return at - end
  }

  gap(side: Side, length: number, time: Micros, packet: number): number {
    if (this.inner !== null) return this.inner.gap(side, length, time, packet)
    this.pending.lose()
    this.mayGreet = false
    if (side !== this.server && this.sends === 'message') this.messageEnd.lose()
    else this.readers[side].lose()
    if (side !== this.server) return CONTINUE
    this.lines = 0
    this.firstLine = null
    return CONTINUE
  }

  end(side: Side, time: Micros, packet: number): void {
    if (this.inner !== null) return this.inner.end(side, time, packet)
    if (time > this.time) this.time = time
    this.ended |= 1 << side
    if (this.ended === 3) this.tell()
  }

  close(time: Micros): void {
    if (this.inner !== null) return this.inner.close(time)
    if (time > this.time) this.time = time
    this.tell()
  }

  /** Octets behind the line that are to be passed over; -1 if this is not SMTP. */
  private line(side: Side, text: string, packet: number): number {
    const reply = side === this.server || this.server === null ? readReplyLine(text) : null
    if (this.server === null) this.assignServer(reply === null ? ((1 - side) as Side) : side)
    if (side !== this.server) return this.commandLine(text, packet)
    if (reply !== null) this.replyLine(reply, packet)
    else if (this.isStrange()) return -1
    return 0
  }

  private assignServer(server: Side): void {
    this.server = server
    this.session.server = server
  }

  private isStrange(): boolean {
    return ++this.strangeLines > STRANGE_LINES_MAX
  }

  private commandLine(text: string, packet: number): number {
    if (this.sends === 'authentication' && this.pending.pairs) {
      this.asked('AUTH', null, packet)
      return 0
    }
    const command = readCommand(text)
    if (this.sends === 'authentication' && command.verb === null) return 0
    if (this.sends === 'data-or-command' && command.verb === null) {
      // The answer to DATA was missed, and this is no command: mail, of which a line has passed.
      this.beginMessage()
      if (text === '.') this.endMessage(packet)
      return 0
    }
    this.sends = 'commands'
    this.session.command(command, packet)
    if (command.verb === null && !command.masked && this.isStrange()) return -1
    const chunk = command.verb === 'BDAT' ? chunkOf(text) : null
    this.asked(command.verb ?? 'other', command.argument, packet, chunk?.last)
    if (command.verb === 'DATA') this.sends = 'data-or-command'
    else if (command.verb === 'AUTH') this.sends = 'authentication'
    else if (command.verb === 'STARTTLS') this.isTlsAsked = true
    return chunk?.octets ?? 0
  }

  private asked(command: string, argument: string | null, packet: number, endsMessage = false): void {
    this.hasAsked = true
    // After a gap this may be anything, mail in chunks for one.
    if (command === 'other' && !this.pending.pairs) this.pending.lose()
    else if (!this.pending.add({ command, argument, endsMessage, packet, time: this.time }))
      this.context.count?.('smtp-pairing-lost')
  }

  private beginMessage(): void {
    const { heldBytes } = this.readers[1 - this.server!]!
    this.sends = 'message'
    this.messageEnd.begin()
    // Mail that came before the answer to DATA was taken for a line so far.
    if (heldBytes > 0) this.messageEnd.lose()
    this.readers[1 - this.server!]!.drop()
  }

  /** The offset behind the message, or `end`. */
  private passMessage(bytes: Uint8Array, start: number, end: number, packet: number): number {
    const next = this.messageEnd.find(bytes, start, end)
    if (next < 0) return end
    this.endMessage(packet)
    return next
  }

  private endMessage(packet: number): void {
    if (this.messageEnd.bareLineFeeds > 0) this.context.count?.('smtp-bare-line-feed')
    this.messageEnd.bareLineFeeds = 0
    this.sends = 'commands'
    this.pending.settle()
    this.asked('message', null, packet, true)
  }

  private replyLine(line: ReplyLine, packet: number): void {
    const isFirst = this.firstLine === null
    this.firstLine ??= line
    this.lines++
    if (!isFirst && line.code === 250 && this.pending.oldest?.command === 'EHLO')
      this.session.extension(line.text, packet)
    if (!line.isLast) return
    const { firstLine, lines } = this
    this.firstLine = null
    this.lines = 0
    this.reply(firstLine ?? line, lines, packet)
  }

  private reply({ code, text }: ReplyLine, lines: number, packet: number): void {
    const isGreeting = this.mayGreet && this.isGreeting(code, text)
    this.mayGreet = false
    const asked = isGreeting ? null : this.take(code)
    const command = isGreeting ? 'banner' : (asked?.command ?? COMMAND_OF_CODE[code] ?? null)
    const { tap, connection } = this.context
    this.context.emit({
      kind: 'smtp-reply',
      time: this.time,
      tap,
      connection,
      from: this.server!,
      packet,
      code,
      enhanced: enhancedCode(code, text),
      text: command === 'AUTH' || code === 334 ? '' : text.slice(0, TEXT_MAX),
      lines,
      command,
      argument: asked?.argument ?? null,
      commandPacket: asked?.packet ?? null,
      latency: asked === null ? null : this.time - asked.time,
      decrypted: this.session.decrypted,
    })
    if (isGreeting) this.session.greeted(code, text, packet)
    if (isGreeting && !this.hasAsked) this.pending.begin()
    if (asked?.endsMessage === true && code < 300) this.session.messages++
    this.answered(code, command)
  }

  /** The command that a reply answers. A server that gives up (421) need not have been asked. */
  private take(code: number): Asked | null {
    if (code === 421 && this.pending.oldest === null) return null
    return this.pending.take()
  }

  /** A server speaks first (RFC 5321 §3.1); not after STARTTLS (RFC 3207 §4.2). */
  private isGreeting(code: number, text: string): boolean {
    if (code !== 220 && code !== 421 && code !== 554) return false
    const isFirst = this.context.fromStart === true && !this.session.decrypted
    return isFirst || (code === 220 && /SMTP/i.test(text))
  }

  private answered(code: number, command: string | null): void {
    const { session } = this
    session.lastCode = code
    if (code >= 400) session.refusals++
    if (code === 354) this.beginMessage()
    else if (command === 'DATA' && this.sends === 'data-or-command') this.sends = 'commands'
    else if (this.sends === 'message' && code !== 421 && command !== 'message') this.missedEnd(code)
    const endsAuthentication = (command === 'AUTH' || command === null) && code !== 334
    if (this.sends === 'authentication' && endsAuthentication) this.sends = 'commands'
    if (command !== 'STARTTLS') return
    if (code === 220) this.startTls()
    else if (this.isTlsAsked) session.startTls = 'refused'
    this.isTlsAsked = false
  }

  /** Servers do not speak during mail data: its end was missed. */
  private missedEnd(code: number): void {
    if (this.pending.oldest !== null) return
    this.sends = 'commands'
    if (code < 300) this.session.messages++
  }

  /** Who reads the stream from here on: TLS may begin though the answer to STARTTLS was missed. */
  private insideAt(side: Side, octet: number): StreamConsumer | null {
    if (this.isTlsAsked && octet === TLS_HANDSHAKE && this.readers[side].heldBytes === 0) this.startTls()
    return this.inner
  }

  private startTls(): void {
    this.session.startTls = 'started'
    this.tell()
    for (const reader of this.readers) reader.drop()
    this.inner = this.openInner(this.context, false)
  }

  private leave(): number {
    this.context.count?.('smtp-not-understood')
    this.tell()
    return DETACH
  }

  private tell(): void {
    if (this.isTold || this.server === null) return
    this.isTold = true
    const { tap, connection } = this.context
    const { oldest } = this.pending
    const unanswered =
      oldest === null ? null : { command: oldest.command, packet: oldest.packet, at: oldest.time }
    this.context.emit({
      kind: 'smtp-session',
      time: this.time,
      tap,
      connection,
      ...this.session.facts(),
      unanswered: this.session.startTls === 'started' ? null : unanswered,
    })
  }
}
