/**
 * The hop limits with which hosts begin connections, for those whose other packets passed before the capture.
 *
 * A host's hop limit changes with its route, once in a while. One that changes back and forth, or from a SYN
 * to the same SYN, is seen before a router and behind it, in a capture of several interfaces: none is the
 * usual one.
 */
import { hopsTravelled } from '../model/hop-limit.ts'

/** By host, an address word; of each, in one number: its latest hop limit, the one before that, and whether
 * it has several. */
export type HopLimits = Map<number, number>

/** Hosts that are remembered; a capture with more learns no new ones. */
const HOSTS_MAX = 1 << 16

const BEFORE_SHIFT = 8
const OCTET = 0xff
const SEVERAL = 1 << 16

/** The host begins a connection, or its SYN is seen again. */
export function noteHopLimit(limits: HopLimits, host: number, hopLimit: number, again: boolean): void {
  const known = limits.get(host)
  if (known === undefined) {
    if (limits.size < HOSTS_MAX) limits.set(host, hopLimit)
    return
  }
  const latest = known & OCTET
  if (hopLimit === latest) return
  const isBack = hopLimit === ((known >> BEFORE_SHIFT) & OCTET)
  const several = (known & SEVERAL) | (again || isBack ? SEVERAL : 0)
  limits.set(host, several | (latest << BEFORE_SHIFT) | hopLimit)
}

/** The host has several, and a packet with this one came as far as with one of them: it tells nothing. */
export function isOneOfSeveral(limits: HopLimits, host: number, hopLimit: number): boolean {
  const known = limits.get(host) ?? 0
  if ((known & SEVERAL) === 0) return false
  const hops = hopsTravelled(hopLimit)
  return hops === hopsTravelled(known & OCTET) || hops === hopsTravelled((known >> BEFORE_SHIFT) & OCTET)
}

/** Null if it was not seen to begin a connection. */
export function latestHopLimit(limits: HopLimits, host: number): number | null {
  const known = limits.get(host)
  return known === undefined ? null : known & OCTET
}
