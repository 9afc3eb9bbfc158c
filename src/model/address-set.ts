/** A set of address ranges that is asked often: most addresses are in none of them, and finding that out
 * costs neither memory nor a big number for IPv4. */
import { addressNumber } from './address.ts'

interface Range {
  readonly version: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

export class AddressSet {
  /** Disjoint ranges of IPv4 in order: first, one beyond the last, first, ... */
  private readonly four: Float64Array
  private readonly six: readonly Range[]

  constructor(ranges: readonly Range[]) {
    const sorted = ranges.filter((r) => r.version === 4).toSorted((a, b) => Number(a.first - b.first))
    const bounds: number[] = []
    for (const { first, last } of sorted) {
      const before = bounds.at(-1)
      if (before !== undefined && Number(first) <= before)
        bounds[bounds.length - 1] = Math.max(before, Number(last) + 1)
      else bounds.push(Number(first), Number(last) + 1)
    }
    this.four = Float64Array.from(bounds)
    this.six = ranges.filter((r) => r.version === 6)
  }

  /** Whether one of the ranges holds a canonical address; what is none is in no range. */
  has(address: string): boolean {
    const number = ipv4Number(address)
    if (number >= 0) return upTo(this.four, number) % 2 === 1
    if (this.six.length === 0) return false
    const six = addressNumber(address)
    return six?.version === 6 && this.six.some((r) => r.first <= six.value && six.value <= r.last)
  }
}

/**
 * The addresses of IPv4, cut wherever a range begins or ends: all of one segment are in the same ranges, so
 * that what follows from those can be worked out once.
 */
export class AddressSegments {
  /** First addresses of segments, in order, but that of the first one, which is 0.0.0.0. */
  private readonly begins: Float64Array

  constructor(ranges: readonly Range[]) {
    const cuts = ranges
      .filter((r) => r.version === 4)
      .flatMap(({ first, last }) => [Number(first), Number(last) + 1])
    this.begins = Float64Array.from(new Set(cuts)).toSorted()
  }

  /** Which one holds a canonical address, from 0; -1 for what is no address of IPv4. */
  of(address: string): number {
    const number = ipv4Number(address)
    return number < 0 ? -1 : upTo(this.begins, number)
  }

  get count(): number {
    return this.begins.length + 1
  }
}

/** How many of the numbers, which are in order, are at most `limit`. */
function upTo(numbers: Float64Array, limit: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? Infinity) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

const DOT = 46
const ZERO = 48

/** The number of a dotted quad; -1 for anything else. */
export function ipv4Number(address: string): number {
  let value = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code === DOT) {
      if (digits === 0) return -1
      value = value * 256 + part
      part = digits = 0
      dots++
    } else {
      const digit = code - ZERO
      if (digit < 0 || digit > 9) return -1
      part = part * 10 + digit
      digits++
      if (digits > 3 || part > 255) return -1
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : -1
}
