/**
 * Export messages of 30 records each, as routers send them: NetFlow v5, v9 and IPFIX, of a network with fifty
 * thousand hosts.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { type FieldSpec, ipfix, netflow9, SECONDS, set, template, UPTIME } from '../../scenario/exports.ts'

export const VERSIONS = ['netflow5', 'netflow9', 'ipfix'] as const
export type Version = (typeof VERSIONS)[number]

export const RECORDS = 30
const TEMPLATE_ID = 256
const HOSTS = 50_000
const SERVERS = 64
/** A router repeats its templates about as often. */
const TEMPLATE_EVERY = 1000

/** What Cisco's flow monitors and softflowd send of a flow, in NetFlow v9. */
const V9: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 4],
  [14, 4],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
  [6, 1],
  [4, 1],
  [5, 1],
  [61, 1],
  [9, 1],
  [13, 1],
]
/** The same in IPFIX, with times of their own and wide counters. */
const IPFIX: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [10, 4],
  [14, 4],
  [2, 8],
  [1, 8],
  [152, 8],
  [153, 8],
  [7, 2],
  [11, 2],
  [6, 2],
  [4, 1],
  [5, 1],
  [136, 1],
  [61, 1],
  [58, 2],
]

const lengthOf = (fields: readonly FieldSpec[]): number => fields.reduce((sum, [, length]) => sum + length, 0)

/** Writes the messages of one exporter one after the other, each into the same octets. */
export interface Messages {
  /** The next message; valid until the next call. */
  next(now?: number): Uint8Array
}

export function messages(version: Version): Messages {
  if (version === 'netflow5') return netflow5Messages()
  const isIpfix = version === 'ipfix'
  const fields = isIpfix ? IPFIX : V9
  const header = isIpfix ? 16 : 20
  const said = isIpfix ? set(2, [template(TEMPLATE_ID, fields)]) : set(0, [template(TEMPLATE_ID, fields)])
  const body = set(TEMPLATE_ID, [new Uint8Array(RECORDS * lengthOf(fields))])
  const make = isIpfix ? ipfix : netflow9
  const [first, others] = [make([said, body]), make([body])].map((b) => Buffer.from(b))
  let n = 0
  return {
    next() {
      const message = n % TEMPLATE_EVERY === 0 ? first! : others!
      stamp(message, version, n)
      let at = message === first ? header + said.length + 4 : header + 4
      for (let i = 0; i < RECORDS; i++) at = isIpfix ? putIpfix(message, at, n, i) : putV9(message, at, n, i)
      n++
      return message
    },
  }
}

/** Times and numbers of the header of message `n`: thousand messages a second. */
function stamp(message: Buffer, version: Version, n: number): void {
  const seconds = SECONDS + Math.floor(n / 1000)
  if (version === 'ipfix') {
    message.writeUInt32BE(seconds, 4)
    message.writeUInt32BE(n * RECORDS, 8)
    return
  }
  message.writeUInt32BE(UPTIME + n, 4)
  message.writeUInt32BE(seconds, 8)
  message.writeUInt32BE(version === 'netflow5' ? n * RECORDS : n, version === 'netflow5' ? 16 : 12)
}

/** Numbers that look like chance and are the same in every run. */
const scattered = (n: number, i: number): number => Math.imul(n * RECORDS + i, 0x9e37_79b1) >>> 0

const host = (word: number): number => 0x0a00_0000 + (word % HOSTS)
const server = (word: number): number => 0xc0a8_0100 + (word % SERVERS)

function netflow5Messages(): Messages {
  const message = Buffer.alloc(24 + 48 * RECORDS)
  message.writeUInt16BE(5, 0)
  message.writeUInt16BE(RECORDS, 2)
  let n = 0
  return {
    next() {
      stamp(message, 'netflow5', n)
      message.writeUInt32BE((n % 1000) * 1e6, 12)
      for (let i = 0, at = 24; i < RECORDS; i++, at += 48) {
        const word = scattered(n, i)
        message.writeUInt32BE(host(word), at)
        message.writeUInt32BE(server(word), at + 4)
        message.writeUInt32BE(1 + (word % 50), at + 16)
        message.writeUInt32BE(60 + (word % 50_000), at + 20)
        message.writeUInt32BE(UPTIME + n - 20_000, at + 24)
        message.writeUInt32BE(UPTIME + n - 15_000, at + 28)
        message.writeUInt16BE(1024 + (word % 60_000), at + 32)
        message.writeUInt16BE(443, at + 34)
        message[at + 37] = 0x1b
        message[at + 38] = 6
      }
      n++
      return message
    },
  }
}

function putV9(b: Buffer, at: number, n: number, i: number): number {
  const word = scattered(n, i)
  b.writeUInt32BE(host(word), at)
  b.writeUInt32BE(server(word), at + 4)
  b.writeUInt32BE(1 + (word % 50), at + 20)
  b.writeUInt32BE(60 + (word % 50_000), at + 24)
  b.writeUInt32BE(UPTIME + n - 20_000, at + 28)
  b.writeUInt32BE(UPTIME + n - 15_000, at + 32)
  b.writeUInt16BE(1024 + (word % 60_000), at + 36)
  b.writeUInt16BE(443, at + 38)
  b[at + 40] = 0x1b
  b[at + 41] = 6
  return at + lengthOf(V9)
}

function putIpfix(b: Buffer, at: number, n: number, i: number): number {
  const word = scattered(n, i)
  const end = BigInt(SECONDS) * 1000n + BigInt(n)
  b.writeUInt32BE(host(word), at)
  b.writeUInt32BE(server(word), at + 4)
  b.writeUInt32BE(1 + (word % 50), at + 20)
  b.writeUInt32BE(60 + (word % 50_000), at + 28)
  b.writeBigUInt64BE(end - 20_000n, at + 32)
  b.writeBigUInt64BE(end - 15_000n, at + 40)
  b.writeUInt16BE(1024 + (word % 60_000), at + 48)
  b.writeUInt16BE(443, at + 50)
  b[at + 53] = 0x1b
  b[at + 54] = 6
  return at + lengthOf(IPFIX)
}

/** Writes a file of `count` messages, one behind the other. */
export function writeMessages(path: string, version: Version, count: number): void {
  const PIECE = 512
  const source = messages(version)
  const file = openSync(path, 'w')
  for (let n = 0; n < count; n += PIECE) {
    const piece = Array.from({ length: Math.min(PIECE, count - n) }, () => Buffer.from(source.next()))
    writeSync(file, Buffer.concat(piece))
  }
  closeSync(file)
}
