/**
 * Writes pcapng: a section header, an interface for each tap and link type, and packets that each carry a
 * comment.
 *
 * Contract: answers octets and keeps none; what it answered so far is a whole file at any time. Times are
 * exact to the nanosecond; one before 1970, which pcapng cannot say without an offset, becomes 1970. Text
 * that is longer than an option may be is cut between characters. Source: draft-ietf-opsawg-pcapng (SHB, IDB,
 * EPB and their options).
 */

import type { Micros } from '../src/model/time.ts'

export interface PacketToWrite {
  /** Names the interface; empty for none. */
  readonly tap: string
  /** LINKTYPE_ value. */
  readonly linkType: number
  readonly time: Micros
  /** What a nanosecond clock adds to `time`: 0..999. */
  readonly nanoseconds: number
  /** Octets on the wire; at least those that are there. */
  readonly wireLength: number
  readonly bytes: Uint8Array
  /** Shown with the packet; empty for none. */
  readonly comment: string
}

export interface PcapngWriter {
  /** The begin of the file. */
  header(): Uint8Array
  /** The packet, after its interface where that is new. */
  packet(packet: PacketToWrite): Uint8Array
}

export interface SectionText {
  /** The program that writes, with its version. */
  readonly application: string
  /** What the file holds; empty for none. */
  readonly comment: string
}

const SECTION = 0x0a0d0d0a
const BYTE_ORDER = 0x1a2b3c4d
const INTERFACE = 1
const ENHANCED_PACKET = 6

const COMMENT = 1
const SHB_USERAPPL = 4
const IF_NAME = 2
const IF_TSRESOL = 9
/** if_tsresol: units of 10^-9 s. */
const NANOSECONDS = 9
/** An option's length is 16 bits; a multiple of 4 leaves no question about padding. */
const OPTION_BYTES_MAX = 0xfffc

/** Type and two lengths around every block. */
const FRAMING = 12

const padded = (length: number): number => (length + 3) & ~3

/** A writer for one file. */
export function pcapngWriter(text: SectionText): PcapngWriter {
  const interfaces = new Map<string, number>()
  return {
    header: () => sectionBlock(text),
    packet(packet) {
      const key = `${packet.linkType} ${packet.tap}`
      const known = interfaces.get(key)
      if (known !== undefined) return packetBlock(known, packet)
      interfaces.set(key, interfaces.size)
      return Buffer.concat([interfaceBlock(packet), packetBlock(interfaces.size - 1, packet)])
    },
  }
}

function sectionBlock({ application, comment }: SectionText): Uint8Array {
  const body = Buffer.alloc(16)
  body.writeUInt32LE(BYTE_ORDER, 0)
  body.writeUInt16LE(1, 4)
  // The length of the section is not known beforehand: all ones.
  body.fill(0xff, 8)
  return block(SECTION, [
    body,
    options([textOption(COMMENT, comment), textOption(SHB_USERAPPL, application)]),
  ])
}

function interfaceBlock({ tap, linkType }: PacketToWrite): Uint8Array {
  const body = Buffer.alloc(8)
  body.writeUInt16LE(linkType, 0)
  const resolution = option(IF_TSRESOL, Buffer.of(NANOSECONDS))
  return block(INTERFACE, [body, options([textOption(IF_NAME, tap), resolution])])
}

function packetBlock(index: number, packet: PacketToWrite): Uint8Array {
  const { bytes, time, nanoseconds, wireLength, comment } = packet
  const body = Buffer.alloc(20 + padded(bytes.length))
  const stamp = BigInt(Math.max(0, time)) * 1000n + BigInt(nanoseconds)
  body.writeUInt32LE(index, 0)
  body.writeUInt32LE(Number((stamp >> 32n) & 0xffff_ffffn), 4)
  body.writeUInt32LE(Number(stamp & 0xffff_ffffn), 8)
  body.writeUInt32LE(bytes.length, 12)
  body.writeUInt32LE(Math.max(wireLength, bytes.length), 16)
  body.set(bytes, 20)
  return block(ENHANCED_PACKET, [body, options([textOption(COMMENT, comment)])])
}

/** The block with its two lengths; every part is a multiple of 4 octets. */
function block(type: number, parts: readonly Buffer[]): Uint8Array {
  const total = FRAMING + parts.reduce((sum, part) => sum + part.length, 0)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(type, 0)
  head.writeUInt32LE(total, 4)
  return Buffer.concat([head, ...parts, head.subarray(4)])
}

/** The list with its end; nothing at all if it is empty. */
function options(list: readonly Buffer[]): Buffer {
  const all = Buffer.concat(list)
  return all.length === 0 ? all : Buffer.concat([all, Buffer.alloc(4)])
}

function option(code: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + padded(value.length))
  whole.writeUInt16LE(code, 0)
  whole.writeUInt16LE(value.length, 2)
  whole.set(value, 4)
  return whole
}

function textOption(code: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : option(code, cut(Buffer.from(text, 'utf8')))
}

/** As much as an option holds, without a half character at the end. */
function cut(text: Buffer): Buffer {
  if (text.length <= OPTION_BYTES_MAX) return text
  let end = OPTION_BYTES_MAX
  while ((text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}
