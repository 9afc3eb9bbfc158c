/**
 * What capture programs put before frames that were heard, logged or wrapped: radiotap, Prism, AVS, PPI,
 * NFLOG. Each function answers how many octets that is, or 0 if it is cut short or contradicts itself; `at`
 * is where the captured frame begins, and nothing is read at or beyond `end`.
 *
 * Sources: https://www.radiotap.org, https://www.tcpdump.org/linktypes.html, the PPI specification of CACE
 * Technologies (1.0.7), linux/netfilter/nfnetlink_log.h.
 */
import { u16, u16le, u32, u32le, u8 } from '../bytes/read.ts'

const RADIOTAP_MIN = 8 // version, padding, length, first word of the fields that are there
const RADIOTAP_TSFT = 1 << 0
const RADIOTAP_FLAGS = 1 << 1
const MORE_WORDS = 0x80000000
/** Values of the flags field. */
export const FRAME_CHECK_SEQUENCE = 0x10
export const PADDED_HEADER = 0x20

export function radiotapLength(b: Uint8Array, at: number, end: number): number {
  if (at + RADIOTAP_MIN > end) return 0
  const length = u16le(b, at + 2)
  return length >= RADIOTAP_MIN && at + length <= end ? length : 0
}

/** The flags field; 0 if there is none. Before it may stand a time, on a boundary of 8 octets. */
export function radiotapFlags(b: Uint8Array, at: number, length: number): number {
  const present = u32le(b, at + 4)
  if ((present & RADIOTAP_FLAGS) === 0) return 0
  let field = 4
  do field += 4
  while (field + 4 <= length && (u32le(b, at + field - 4) & MORE_WORDS) !== 0)
  if ((present & RADIOTAP_TSFT) !== 0) field = ((field + 7) & ~7) + 8
  return field < length ? u8(b, at + field) : 0
}

const AVS_MAGIC = 0x80211000
const AVS_MAGIC_MASK = 0xfffff000
const NAMED_LENGTH_MIN = 8 // a magic number and the length

/** AVS, or Prism, which came before it under the same link type: both begin with a magic number and a
 * length. */
export function prismLength(b: Uint8Array, at: number, end: number): number {
  if (at + NAMED_LENGTH_MIN > end) return 0
  const isAvs = (u32(b, at) & AVS_MAGIC_MASK) >>> 0 === AVS_MAGIC
  // Prism's is in the order of the host that wrote it
  const length = isAvs || u32(b, at + 4) <= 0xffff ? u32(b, at + 4) : u32le(b, at + 4)
  return length >= NAMED_LENGTH_MIN && at + length <= end ? length : 0
}

const PPI_MIN = 8 // version, flags, length, link type

export function ppiLength(b: Uint8Array, at: number, end: number): number {
  if (at + PPI_MIN > end) return 0
  const length = u16le(b, at + 2)
  return length >= PPI_MIN && at + length <= end ? length : 0
}
export const ppiLinkType = (b: Uint8Array, at: number): number => u32le(b, at + 4)

const NFLOG_HEADER = 4 // address family, version, resource
const NFLOG_FIELD_MIN = 4 // length, type
const NFLOG_PAYLOAD = 9

/**
 * Up to the packet. Of the fields before it, lengths and types are in the order of the host that wrote them:
 * the one that leads to a packet is taken.
 */
export const nflogLength = (b: Uint8Array, at: number, end: number): number =>
  payloadField(b, at, end, u16le) || payloadField(b, at, end, u16)

function payloadField(
  b: Uint8Array,
  at: number,
  end: number,
  read: (b: Uint8Array, at: number) => number,
): number {
  for (let field = at + NFLOG_HEADER; field + NFLOG_FIELD_MIN <= end;) {
    const length = read(b, field)
    if (length < NFLOG_FIELD_MIN) return 0
    if (read(b, field + 2) === NFLOG_PAYLOAD) return field + NFLOG_FIELD_MIN - at
    field += (length + 3) & ~3
  }
  return 0
}
