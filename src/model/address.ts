/** Addresses as numbers that compare: for ranges and CIDR blocks. */
import type { AddressRange } from './deployment.ts'

export interface AddressNumber {
  readonly version: 4 | 6
  readonly value: bigint
}

/** The number of a canonical address (dotted quad or RFC 5952 text); null for what is none. */
export function addressNumber(address: string): AddressNumber | null {
  const value = address.includes(':') ? ipv6Value(address) : ipv4Value(address)
  return value === null ? null : { version: address.includes(':') ? 6 : 4, value }
}

function ipv4Value(address: string): bigint | null {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

/** RFC 5952 section 5 writes IPv4-mapped addresses with a dotted quad at the end. */
function ipv6Value(address: string): bigint | null {
  const [, front, quad] = /^(.*:)([\d.]+\.\d+)$/.exec(address) ?? []
  const last = quad === undefined ? null : ipv4Value(quad)
  if (quad !== undefined && last === null) return null
  const text =
    last === null ? address : `${front}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const [head = '', tail, ...more] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = 8 - left.length - right.length
  if (more.length > 0 || zeros < 0 || (tail === undefined && zeros !== 0)) return null
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return groups.reduce((value, group) => (value << 16n) | BigInt(Number.parseInt(group, 16)), 0n)
}

/** The range that is this address alone; null for what is no address. */
export function addressAlone(address: string): AddressRange | null {
  const number = addressNumber(address)
  if (number === null) return null
  return { text: address, version: number.version, first: number.value, last: number.value }
}

/** The block that an address is in, of the size that sites are given: its /24, or its /64 of IPv6 (RFC 7421).
 * What is no address stands for itself. */
export function networkOf(address: string): string {
  const number = addressNumber(address)
  if (number === null) return address
  if (number.version === 4) return address.replace(/\.\d+$/, '.0/24')
  const groups = [112n, 96n, 80n, 64n].map((bits) => ((number.value >> bits) & 0xffffn).toString(16))
  const last = groups.findLastIndex((group) => group !== '0')
  return `${groups.slice(0, last + 1).join(':')}::/64`
}

/** The length in bits of the longest prefix that holds both; 0 of different versions. */
export function commonPrefix(a: string, b: string): number {
  const [one, other] = [addressNumber(a), addressNumber(b)]
  if (one === null || other === null || one.version !== other.version) return 0
  const differing = one.value ^ other.value
  return (one.version === 4 ? 32 : 128) - (differing === 0n ? 0 : differing.toString(2).length)
}

/** Both in one block of the size that sites are given: /24, or /64 of IPv6. */
export const areNeighbours = (a: string, b: string): boolean =>
  commonPrefix(a, b) >= (a.includes(':') ? 64 : 24)

/** Networks of one's own: value of the prefix, and its length. */
const PRIVATE: readonly (readonly [version: 4 | 6, prefix: bigint, length: bigint])[] = [
  [4, 10n, 8n], // RFC 1918, as the next two
  [4, 0xac1n, 12n],
  [4, 0xc0a8n, 16n],
  [4, (100n << 2n) | 1n, 10n], // RFC 6598, behind a carrier's translation
  [6, 0xfcn >> 1n, 7n], // RFC 4193
]

/** An address that leads nowhere but in a network of one's own. */
export function isPrivate(address: string): boolean {
  const number = addressNumber(address)
  if (number === null) return false
  const bits = number.version === 4 ? 32n : 128n
  return PRIVATE.some(
    ([version, prefix, length]) => version === number.version && number.value >> (bits - length) === prefix,
  )
}

/** Whether one of the ranges holds the address. */
export function contains(ranges: readonly AddressRange[], address: string): boolean {
  if (ranges.length === 0) return false
  const number = addressNumber(address)
  return number !== null && hold(ranges, number)
}

/** Where many are asked for one address, it is read once. */
export const hold = (ranges: readonly AddressRange[], { version, value }: AddressNumber): boolean =>
  ranges.some((r) => r.version === version && r.first <= value && value <= r.last)
