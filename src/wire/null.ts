/**
 * BSD loopback: four octets of address family, in the byte order of the capturing host (LINKTYPE_NULL) or of
 * the network (LINKTYPE_LOOP). Source: https://www.tcpdump.org/linktypes/LINKTYPE_NULL.html. Contract: if
 * `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u32, u32le } from '../bytes/read.ts'
import { IPV4, IPV6 } from './ethernet.ts'

export const HEADER_LENGTH = 4

const AF_INET = 2
/** AF_INET6 of Linux, NetBSD/OpenBSD, FreeBSD and macOS. */
const AF_INET6 = [10, 24, 28, 30]

export const headerLength = (_b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end ? 0 : HEADER_LENGTH

/** The family whichever way round it was written: no family is as large as 65,536. */
function family(b: Uint8Array, at: number): number {
  const asNetwork = u32(b, at)
  return asNetwork <= 0xffff ? asNetwork : u32le(b, at)
}

/** The EtherType that the family stands for; 0 if it is not IP. */
export function etherType(b: Uint8Array, at: number): number {
  const value = family(b, at)
  if (value === AF_INET) return IPV4
  return AF_INET6.includes(value) ? IPV6 : 0
}
