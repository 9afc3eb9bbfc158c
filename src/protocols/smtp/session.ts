/** What an SMTP session came to, as it is told at its end: counted while replies and commands pass. */
import type { Side } from '../../model/packet.ts'
import type { SmtpSession } from '../../model/smtp.ts'
import type { Command } from './command.ts'
import { isMask } from './command.ts'
import { isMaskedGreeting } from './reply.ts'

/** Keywords kept of the answer to EHLO; there are some forty registered ones (IANA, Mail Parameters). */
export const EXTENSIONS_MAX = 48
/** Characters of a keyword: longer ones are none (RFC 5321 §4.1.1.1 has no limit; the longest has 20). */
const KEYWORD_MAX = 32

type Facts = Omit<SmtpSession, 'kind' | 'time' | 'tap' | 'connection' | 'unanswered'>

export class SessionFacts {
  packet = 0
  server: Side = 1
  greeting: number | null = null
  hello: string | null = null
  extensions: string[] = []
  startTls: SmtpSession['startTls'] = 'none'
  maskedPacket: number | null = null
  messages = 0
  refusals = 0
  lastCode: number | null = null
  quit = false
  readonly decrypted: boolean

  constructor(decrypted: boolean) {
    this.decrypted = decrypted
  }

  facts(): Facts {
    const { packet, server, greeting, hello, extensions, startTls, maskedPacket } = this
    const { messages, refusals, lastCode, quit, decrypted } = this
    return {
      packet,
      server,
      greeting,
      hello,
      extensions,
      startTls,
      maskedPacket,
      messages,
      refusals,
      lastCode,
      quit,
      decrypted,
    }
  }

  command({ verb, argument, masked }: Command, packet: number): void {
    if (masked) this.mask(packet)
    if (verb === 'EHLO' || verb === 'HELO' || verb === 'LHLO') this.hello = argument
    if (verb === 'QUIT') this.quit = true
  }

  /** A line of the answer to EHLO, not its first, which is the server's name. */
  extension(text: string, packet: number): void {
    if (isMask(text)) this.mask(packet)
    const keyword = /^[A-Za-z0-9-]+/.exec(text)?.[0].toUpperCase() ?? ''
    if (keyword === '' || keyword.length > KEYWORD_MAX || this.extensions.length >= EXTENSIONS_MAX) return
    if (!this.extensions.includes(keyword)) this.extensions.push(keyword)
    if (keyword === 'STARTTLS' && this.startTls === 'none') this.startTls = 'offered'
  }

  greeted(code: number, text: string, packet: number): void {
    this.greeting = code
    if (isMaskedGreeting(text)) this.mask(packet)
  }

  private mask(packet: number): void {
    this.maskedPacket ??= packet
  }
}
