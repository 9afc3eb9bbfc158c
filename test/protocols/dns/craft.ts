/** DNS messages for tests, in octets as Latin-1 text. */
import type { StoryPart } from '../parser.case.ts'
import type { Side } from '../../../src/model/packet.ts'

export const u16 = (n: number): string => String.fromCharCode((n >> 8) & 255, n & 255)
export const u32 = (n: number): string => u16(n >>> 16) + u16(n & 0xffff)
/** Labels without compression. */
export const name = (text: string): string =>
  `${text
    .split('.')
    .filter((label) => label !== '')
    .map((label) => String.fromCharCode(label.length) + label)
    .join('')}\0`

export const question = (of: string, type = 1): string => name(of) + u16(type) + u16(1)
export const record = (of: string, type: number, ttl: number, data: string): string =>
  of + u16(type) + u16(1) + u32(ttl) + u16(data.length) + data
/** A pointer to the name of the first question. */
export const ASKED = '\xc0\x0c'

interface Parts {
  readonly id?: number
  readonly flags?: number
  readonly questions?: readonly string[]
  readonly answers?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
}

export function message(parts: Parts): string {
  const { id = 0x1234, flags = 0x0100, questions = [question('a.example')] } = parts
  const { answers = [], authority = [], additional = [] } = parts
  const counts = [questions, answers, authority, additional].map((list) => u16(list.length)).join('')
  return u16(id) + u16(flags) + counts + [...questions, ...answers, ...authority, ...additional].join('')
}

export const RESPONSE = 0x8180
export const address = (quad: string): string => String.fromCharCode(...quad.split('.').map(Number))
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** With its length before it, as TCP has it. */
export const framed = (side: Side, ...messages: string[]): StoryPart => ({
  side,
  bytes: Buffer.from(messages.map((m) => u16(m.length) + m).join(''), 'latin1'),
})
