/**
 * What pcapng blocks say besides frames: interfaces, drops, names, decryption secrets, comments.
 *
 * Contract: called for one whole block at a time, `from` to `to` being what is inside its frame. No length in
 * it is trusted: a list that runs past the block is counted and left, and what preceded it is kept.
 * Everything kept has a limit.
 * Source: draft-ietf-opsawg-pcapng (options, IDB, ISB, NRB, DSB).
 */

import type { CaptureInterface } from '../src/model/capture.ts'
import { clockOf } from './pcapng-clock.ts'
import type { Clock } from './pcapng-clock.ts'
import type { CaptureFacts } from './record-reader.ts'

/** Octets kept of a name, a description or a comment; the rest is cut off. */
const TEXT_MAX = 512
/** Comments kept; further ones are only counted. */
const COMMENTS_MAX = 100
/** Names kept; further ones are only counted. */
const NAMES_MAX = 10_000
/** Octets of key logs kept, about 25,000 TLS sessions; further ones are only counted. */
const SECRETS_MAX = 4 << 20
/** Blocks of secrets kept, or empty ones would add up; further ones are only counted. */
const SECRET_BLOCKS_MAX = 1000
/** The only kind of secrets that is used: a key log in the format of NSS ("TLSK"). */
const TLS_KEY_LOG = 0x544c534b

const END_OF_OPTIONS = 0
const COMMENT = 1
const IF_NAME = 2
const IF_DESCRIPTION = 3
const IF_TSRESOL = 9
const IF_FCSLEN = 13
const IF_TSOFFSET = 14
const EPB_DROPCOUNT = 4
const ISB_IFDROP = 5
const ISB_OSDROP = 7
const NRB_IP4 = 1
const NRB_IP6 = 2

/** A section's data: where the octets are and how to read them. */
export interface Body {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly littleEndian: boolean
  readonly facts: CaptureFacts
}

/** An interface with what reading its packets needs. */
export interface Described {
  readonly interface: CaptureInterface & { drops: number }
  readonly clock: Clock
  /** Drops that its packets told of, each since the packet before. */
  packetDrops: number
}

/**
 * Behind the option at `at`, padding included; -1 at the end of the list, and, counted, where it runs past
 * `to`.
 */
function behindOption(body: Body, at: number, to: number): number {
  if (at + 4 > to || body.view.getUint16(at, body.littleEndian) === END_OF_OPTIONS) return -1
  const length = body.view.getUint16(at + 2, body.littleEndian)
  if (at + 4 + length <= to) return at + 4 + ((length + 3) & ~3)
  body.facts.counts.malformedOptions++
  return -1
}

const lengthOf = (body: Body, at: number): number => body.view.getUint16(at + 2, body.littleEndian)

function textOf(body: Body, from: number, length: number): string {
  const kept = body.bytes.subarray(from, from + Math.min(length, TEXT_MAX))
  const zero = kept.indexOf(0)
  return Buffer.from(kept.buffer, kept.byteOffset, zero < 0 ? kept.length : zero).toString()
}

const u64 = (body: Body, at: number): number => Number(body.view.getBigUint64(at, body.littleEndian))

function keepComment(body: Body, at: number, packet: number | null): void {
  body.facts.counts.comments++
  if (body.facts.comments.length === COMMENTS_MAX) return
  body.facts.comments.push({ packet, text: textOf(body, at + 4, lengthOf(body, at)) })
}

/** Options of a section, of which only comments are kept. */
export function readSectionOptions(body: Body, from: number, to: number): void {
  for (let at = from, next; (next = behindOption(body, at, to)) > 0; at = next) {
    if (body.view.getUint16(at, body.littleEndian) === COMMENT) keepComment(body, at, null)
  }
}

/**
 * Interface description: link type, snap length and options. The caller has checked that 8 octets are there.
 */
export function readInterface(body: Body, from: number, to: number, section: number): Described {
  const { view, littleEndian } = body
  let name: string | null = null
  let description: string | null = null
  let resolution: number | null = null
  let fcsLength = 0
  let offset = 0
  for (let at = from + 8, next; (next = behindOption(body, at, to)) > 0; at = next) {
    const code = view.getUint16(at, littleEndian)
    const length = lengthOf(body, at)
    if (code === COMMENT) keepComment(body, at, null)
    else if (code === IF_NAME) name ??= textOf(body, at + 4, length)
    else if (code === IF_DESCRIPTION) description ??= textOf(body, at + 4, length)
    // If it comes twice, Wireshark too takes the first.
    else if (code === IF_TSRESOL && length === 1) resolution ??= view.getUint8(at + 4)
    else if (code === IF_FCSLEN && length === 1) fcsLength = octetsOfFcs(view.getUint8(at + 4))
    else if (code === IF_TSOFFSET && length === 8) offset = Number(view.getBigInt64(at + 4, littleEndian))
  }
  const linkType = view.getUint16(from, littleEndian)
  const snapLength = view.getUint32(from + 4, littleEndian)
  return {
    interface: { linkType, name, description, snapLength, fcsLength, section, drops: 0 },
    clock: clockOf(resolution ?? 6, offset),
    packetDrops: 0,
  }
}

/**
 * The draft counts bits and gives the example 4, which writers took for octets. No FCS has fewer than 16
 * bits.
 */
const octetsOfFcs = (value: number): number => (value < 16 ? value : value >> 3)

/** Options of a packet block: its comment, and what was dropped since the packet before. */
export function readPacketOptions(
  body: Body,
  from: number,
  to: number,
  described: Described,
  packet: number,
): void {
  for (let at = from, next; (next = behindOption(body, at, to)) > 0; at = next) {
    const code = body.view.getUint16(at, body.littleEndian)
    if (code === COMMENT) keepComment(body, at, packet)
    else if (code === EPB_DROPCOUNT && lengthOf(body, at) === 8) addDrops(described, u64(body, at + 4))
  }
}

export function addDrops(described: Described, count: number): void {
  described.packetDrops += count
  described.interface.drops = Math.max(described.interface.drops, described.packetDrops)
}

/**
 * Interface statistics: drops since the capture began. They and those of the packets are the same ones, so
 * that the larger counts.
 */
export function readStatistics(body: Body, from: number, to: number, described: Described): void {
  let drops = 0
  for (let at = from + 12, next; (next = behindOption(body, at, to)) > 0; at = next) {
    const code = body.view.getUint16(at, body.littleEndian)
    if (code === COMMENT) keepComment(body, at, null)
    else if ((code === ISB_IFDROP || code === ISB_OSDROP) && lengthOf(body, at) === 8)
      drops += u64(body, at + 4)
  }
  described.interface.drops = Math.max(described.interface.drops, drops)
}

/** Name resolution: records of an address and its names, each ended by a zero. */
export function readNames(body: Body, from: number, to: number): void {
  for (let at = from, next; (next = behindOption(body, at, to)) > 0; at = next) {
    const type = body.view.getUint16(at, body.littleEndian)
    const addressLength = type === NRB_IP4 ? 4 : type === NRB_IP6 ? 16 : 0
    const end = at + 4 + lengthOf(body, at)
    const names = at + 4 + addressLength
    if (addressLength === 0) continue
    if (names > end) body.facts.counts.malformedOptions++
    else keepNames(body, at + 4, names, end)
  }
}

function keepNames(body: Body, address: number, from: number, to: number): void {
  for (let at = from; at < to;) {
    const zero = body.bytes.indexOf(0, at)
    const end = zero < 0 || zero > to ? to : zero
    if (end === at) body.facts.counts.malformedOptions++
    else if (body.facts.names.length === NAMES_MAX) body.facts.counts.namesDropped++
    else body.facts.names.push({ address: body.bytes.slice(address, from), name: textOf(body, at, end - at) })
    at = end + 1
  }
}

/** Decryption secrets: a type, a length, and the text. The caller has checked that 8 octets are there. */
export function readSecrets(body: Body, from: number, to: number): void {
  const { facts, view, littleEndian } = body
  const type = view.getUint32(from, littleEndian)
  const length = view.getUint32(from + 4, littleEndian)
  if (length > to - from - 8) facts.counts.malformedOptions++
  else if (type !== TLS_KEY_LOG || !hasRoom(facts.secrets, length)) facts.counts.secretsDropped++
  else
    facts.secrets.push(
      Buffer.from(body.bytes.buffer, body.bytes.byteOffset + from + 8, length).toString('latin1'),
    )
}

const hasRoom = (secrets: readonly string[], length: number): boolean =>
  secrets.length < SECRET_BLOCKS_MAX &&
  secrets.reduce((sum, secret) => sum + secret.length, length) <= SECRETS_MAX
