/**
 * A data frame of IEEE 802.11 (9.2, 9.3.2) as a view. Contract: if `headerLength` returned non-zero, no
 * accessor reads past `end`. `swap` is 1 where the two octets of frame control have changed places, as
 * Cisco's access points send them in CAPWAP, and else 0.
 */
import { u16le, u8 } from '../bytes/read.ts'

const HEADER_MIN = 24 // frame control, duration, three addresses, sequence control
const ADDRESS_LENGTH = 6
const FRAGMENT_MASK = 0x000f

/** Bits of the first octet: data; without payload; with quality of service. */
const TYPE_MASK = 0x0f
const TYPE_DATA = 0x08
const NO_PAYLOAD = 0x40
const WITH_QOS = 0x80
/** Bits of the second. */
const TO_DISTRIBUTION = 0x01
const FROM_DISTRIBUTION = 0x02
const MORE_FRAGMENTS = 0x04
const PROTECTED = 0x40
const ORDER = 0x80
/** Of the quality of service field. */
const AGGREGATED = 0x80
const TRAFFIC_MASK = 0x0f

/** Whether the frame carries an upper layer's packet; what manages the network does not. */
export const isData = (b: Uint8Array, at: number, end: number, swap: 0 | 1): boolean =>
  at + 2 <= end && (u8(b, at + swap) & TYPE_MASK) === TYPE_DATA && (u8(b, at + swap) & NO_PAYLOAD) === 0

const isBridged = (b: Uint8Array, at: number, swap: 0 | 1): boolean =>
  (u8(b, at + 1 - swap) & (TO_DISTRIBUTION | FROM_DISTRIBUTION)) === (TO_DISTRIBUTION | FROM_DISTRIBUTION)
const qosAt = (b: Uint8Array, at: number, swap: 0 | 1): number =>
  at + HEADER_MIN + (isBridged(b, at, swap) ? ADDRESS_LENGTH : 0)
const hasQos = (b: Uint8Array, at: number, swap: 0 | 1): boolean => (u8(b, at + swap) & WITH_QOS) !== 0

/** Octets of the header of a data frame; 0 if cut. */
export function headerLength(b: Uint8Array, at: number, end: number, swap: 0 | 1): number {
  if (at + HEADER_MIN > end) return 0
  let length = qosAt(b, at, swap) - at
  if (hasQos(b, at, swap)) length += (u8(b, at + 1 - swap) & ORDER) === 0 ? 2 : 6
  return at + length <= end ? length : 0
}

export const isProtected = (b: Uint8Array, at: number, swap: 0 | 1): boolean =>
  (u8(b, at + 1 - swap) & PROTECTED) !== 0
export const moreFragments = (b: Uint8Array, at: number, swap: 0 | 1): number =>
  (u8(b, at + 1 - swap) & MORE_FRAGMENTS) === 0 ? 0 : 1
export const fragmentNumber = (b: Uint8Array, at: number): number => u16le(b, at + 22) & FRAGMENT_MASK
/** Of the packet that its fragments belong to, with the traffic class that counts it (10.3.2.14). */
export const sequenceNumber = (b: Uint8Array, at: number, swap: 0 | 1): number =>
  (u16le(b, at + 22) & ~FRAGMENT_MASK) | (hasQos(b, at, swap) ? u8(b, qosAt(b, at, swap)) & TRAFFIC_MASK : 0)
/** Of the receiver and the transmitter, one behind the other. */
export const OWNER_AT = 4
export const OWNER_LENGTH = 2 * ADDRESS_LENGTH
/** Several packets in one frame, each with a header of its own (9.3.2.2). */
export const isAggregate = (b: Uint8Array, at: number, swap: 0 | 1): boolean =>
  hasQos(b, at, swap) && (u8(b, qosAt(b, at, swap)) & AGGREGATED) !== 0

/** Offset of the address of whom the packet is from (table 9-30). */
export function sourceAt(b: Uint8Array, at: number, swap: 0 | 1): number {
  if ((u8(b, at + 1 - swap) & FROM_DISTRIBUTION) === 0) return at + 10
  return isBridged(b, at, swap) ? at + HEADER_MIN : at + 16
}

export const destinationAt = (b: Uint8Array, at: number, swap: 0 | 1): number =>
  (u8(b, at + 1 - swap) & TO_DISTRIBUTION) === 0 ? at + 4 : at + 16
