/**
 * DNS messages (RFC 1035 §4, RFC 2181, EDNS RFC 6891): header, question, answers in order. Pure.
 *
 * Of the sections behind the answers only EDNS is looked for. What a message says before it stops making
 * sense stands, and `malformed` says that there was more; a header without a readable question, if it
 * announces one, is no message. Several questions in one message are in nobody's use (RFC 9619): the first is
 * read.
 */
import { u16, u32, u8 } from '../../bytes/read.ts'
import type { DnsRecord } from '../../model/dns.ts'
import { folded, NameEnd, readName } from './name.ts'
import { A, AAAA, CNAME, OPT, readData } from './record-data.ts'
import { typeName } from './record-types.data.ts'

export const HEADER_OCTETS = 12
/** Answers that are told; what a name server gives to a client fits, what it gives to a secondary may not. */
export const ANSWERS_MAX = 256
/** Records read at most, to find EDNS behind the answers: 64 KiB hold less than 6,000. */
const RECORDS_MAX = 6000

export interface DnsMessage {
  readonly id: number
  readonly isResponse: boolean
  readonly opcode: number
  /** With the upper bits of EDNS. */
  readonly rcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  /** Null if the message holds no question. */
  readonly name: string | null
  readonly type: string
  readonly class: number
  /** The first ANSWERS_MAX. */
  readonly answers: readonly DnsRecord[]
  readonly malformed: boolean
}

type Reading = { -readonly [K in keyof DnsMessage]: DnsMessage[K] } & { answers: DnsRecord[] }

const QUERY = 0
const END = new NameEnd()

/** The message in octets `start`..`end`; null if it is none, or no query (RFC 1035 §4.1.1, OPCODE). */
export function readMessage(bytes: Uint8Array, start: number, end: number): DnsMessage | null {
  if (end - start < HEADER_OCTETS) return null
  const flags = u16(bytes, start + 2)
  const opcode = (flags >> 11) & 15
  if (opcode !== QUERY) return null
  const message: Reading = {
    id: u16(bytes, start),
    isResponse: (flags & 0x8000) !== 0,
    opcode,
    rcode: flags & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    name: null,
    type: '',
    class: 0,
    answers: [],
    malformed: false,
  }
  const questions = u16(bytes, start + 4)
  const at = readQuestions(message, questions, bytes, start, end)
  if (at < 0 && message.name === null) return null
  message.malformed = at < 0 || !readSections(message, bytes, start, at, end)
  return message
}

/** The offset behind the questions; -1 if one of them is none. */
function readQuestions(
  message: Reading,
  count: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let at = start + HEADER_OCTETS
  for (let i = 0; i < count; i++) {
    const name = readName(bytes, start, at, end, END)
    if (name === null || END.at + 4 > end) return -1
    if (i === 0) {
      message.name = name
      message.type = typeName(u16(bytes, END.at))
      message.class = u16(bytes, END.at + 2)
    }
    at = END.at + 4
  }
  return at
}

/** False if a record is not what it says. */
function readSections(
  message: Reading,
  bytes: Uint8Array,
  start: number,
  recordsAt: number,
  end: number,
): boolean {
  const answers = u16(bytes, start + 6)
  const all = answers + u16(bytes, start + 8) + u16(bytes, start + 10)
  let at = recordsAt
  for (let i = 0; i < all && i < RECORDS_MAX; i++) {
    const name = readName(bytes, start, at, end, END)
    const fixed = END.at
    if (name === null || fixed + 10 > end) return false
    const type = u16(bytes, fixed)
    const to = fixed + 10 + u16(bytes, fixed + 8)
    if (to > end) return false
    if (i < answers) {
      const data = readData(type, bytes, start, fixed + 10, to, end)
      if (data === null) return false
      const ttl = timeToLive(u32(bytes, fixed + 4))
      if (message.answers.length < ANSWERS_MAX)
        message.answers.push({ name, type: typeName(type), ttl, data })
    } else if (type === OPT) message.rcode |= u8(bytes, fixed + 4) << 4
    at = to
  }
  return true
}

/** 31 bits; with the first bit set it counts as 0 (RFC 2181 §8). */
const timeToLive = (word: number): number => (word > 0x7fffffff ? 0 : word)

export interface Resolved {
  readonly chain: readonly string[]
  readonly addresses: readonly { readonly address: string; readonly ttl: number }[]
}

const NOTHING: Resolved = { chain: [], addresses: [] }

/**
 * Follows CNAME records from the name that was asked for to its addresses (RFC 1034 §3.6.2). Records may come
 * in any order; a chain that comes back to a name of its own ends there.
 */
export function resolve(name: string, answers: readonly DnsRecord[]): Resolved {
  if (answers.length === 0) return NOTHING
  const chain: string[] = []
  const passed = new Set<string>()
  let at = folded(name)
  let ttl = Infinity
  const aliases = aliasesIn(answers)
  for (;;) {
    passed.add(at)
    const alias = aliases.get(at)
    if (alias === undefined || passed.has(folded(alias.data))) break
    chain.push(alias.data)
    ttl = Math.min(ttl, alias.ttl)
    at = folded(alias.data)
  }
  const own = answers.filter((r) => ADDRESSES.includes(r.type) && folded(r.name) === at)
  return { chain, addresses: own.map((r) => ({ address: r.data, ttl: Math.min(ttl, r.ttl) })) }
}

/** By name; a name has one (RFC 2181 §10.1), and of several the first counts. */
function aliasesIn(answers: readonly DnsRecord[]): Map<string, DnsRecord> {
  const aliases = new Map<string, DnsRecord>()
  for (const record of answers) {
    const name = record.type === ALIAS ? folded(record.name) : null
    if (name !== null && !aliases.has(name)) aliases.set(name, record)
  }
  return aliases
}

const ALIAS = typeName(CNAME)
const ADDRESSES = [typeName(A), typeName(AAAA)]
