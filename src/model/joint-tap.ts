/**
 * Two captures that show a direction each of the same connections are one tap: `rx+tx`. Its packets are told
 * by one number, which says of which capture they are, and become numbers of their files where they are
 * named.
 *
 * Contract: pure. Numbers of the first capture begin at 2^30 and those of the second at 2^30 + 2^29, so that
 * they fit where 31 bits are kept: of a capture with more than half a thousand million packets, the later
 * ones cannot be told.
 */
import type { PacketReference, Tap } from './packet.ts'

const FROM = [2 ** 30, 2 ** 30 + 2 ** 29] as const
const LAST = 2 ** 31 - 1
const SIGN = '+'

/** Which of the two captures of a joint tap. */
export type Half = 0 | 1

/** Neither name holds the sign: those of captures are letters, digits, dots, `-` and `_`. */
export const jointTap = (one: Tap, other: Tap): Tap => one + SIGN + other

/** What is added to the packets' numbers of that capture. */
export const jointFrom = (half: Half): number => FROM[half]

type NamedPacket = Pick<PacketReference, 'tap' | 'packet'>

/** The packet by the tap and the number of its file: itself, unless its tap is a joint one. */
export function ofItsFile<T extends NamedPacket>(reference: T): T {
  const { tap, packet } = reference
  const half: Half = packet < FROM[1] ? 0 : 1
  const of = tap.includes(SIGN) ? tap.split(SIGN)[half] : undefined
  if (of === undefined || packet < FROM[0] || packet > LAST) return reference
  return { ...reference, tap: of, packet: packet - FROM[half] }
}
