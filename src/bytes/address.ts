/**
 * Addresses: their canonical text, and a table that gives every IP address a small dense number.
 *
 * IPv4 is a dotted quad, IPv6 is RFC 5952, hardware addresses are six pairs in lower case with colons. An
 * IPv4-mapped IPv6 address is another address than the IPv4 one in it (RFC 4291 2.5.5.2): they are kept
 * apart.
 */
import { u16, u32 } from './read.ts'

const hexadecimal: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** The address as one 32-bit word, signed or not. */
export const ipv4NumberText = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`

/** Four octets at `at`. */
export const ipv4Text = (b: Uint8Array, at: number): string => ipv4NumberText(u32(b, at))

/** Six octets at `at`: `02:00:5e:10:00:01`. */
export function hardwareText(b: Uint8Array, at: number): string {
  let text = hexadecimal[b[at]!]!
  for (let i = 1; i < 6; i++) text += `:${hexadecimal[b[at + i]!]!}`
  return text
}

/**
 * Sixteen octets at `at`, as RFC 5952 writes them: no leading zeros, the first of the longest runs of two or
 * more zero groups as `::`, lower case; the mapped prefix ::ffff:0:0/96 with a dotted quad (section 5). Other
 * prefixes that embed IPv4 stay hexadecimal, as in Wireshark.
 */
export function ipv6Text(b: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(b, at + 2 * i))
  const run = longestZeroRun(groups)
  if (run.from === 0 && run.length === 5 && groups[5] === 0xffff) return `::ffff:${ipv4Text(b, at + 12)}`
  const text = groups.map((group) => group.toString(16))
  if (run.length < 2) return text.join(':')
  return `${text.slice(0, run.from).join(':')}::${text.slice(run.from + run.length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { from: number; length: number } {
  const longest = { from: 0, length: 0 }
  for (let i = 0, length = 0; i < 8; i++) {
    length = groups[i] === 0 ? length + 1 : 0
    if (length > longest.length) {
      longest.length = length
      longest.from = i + 1 - length
    }
  }
  return longest
}

/** Addresses a table holds at most, unless told otherwise: 25 octets each, so about 420 MB when full. */
export const ADDRESSES_MAX = 1 << 24
/** What the lookups answer when the table is full. */
export const NO_ADDRESS = -1

const ADDRESSES_FIRST = 1 << 10
const WORDS = 4 // of an address; IPv4 uses the first
const SLOTS_PER_ADDRESS = 2 // so that at most half of the slots are taken, and probes stay short

export interface AddressTableOptions {
  /**
   * Mixed into the hash, so that nobody can choose addresses that collide. 0 makes runs equal; a live process
   * draws one.
   */
  readonly seed?: number
  /** At most this many addresses; those that come later get `NO_ADDRESS` and are counted in `refused`. */
  readonly limit?: number
}

/**
 * Gives IPv4 and IPv6 addresses the numbers 0, 1, 2, ... in the order of first sight, for good: nothing is
 * ever forgotten. Open addressing over typed arrays that double when full.
 */
export class AddressTable {
  /** Addresses held. */
  size = 0
  /** Lookups of a new address that found the table full. */
  refused = 0
  private readonly seed: number
  private readonly limit: number
  private capacity: number
  private words: Int32Array
  /** 1 for IPv6. */
  private family: Uint8Array
  /** The number + 1 of the address whose probe sequence comes by; 0 is free. A power of two of them. */
  private slots: Int32Array
  private readonly texts: (string | undefined)[] = []

  constructor(options: AddressTableOptions = {}) {
    this.seed = options.seed ?? 0
    this.limit = Math.min(options.limit ?? ADDRESSES_MAX, ADDRESSES_MAX)
    this.capacity = Math.max(1, Math.min(ADDRESSES_FIRST, this.limit))
    this.words = new Int32Array(this.capacity * WORDS)
    this.family = new Uint8Array(this.capacity)
    this.slots = new Int32Array(slotsFor(this.capacity))
  }

  /** The number of the IPv4 address at b[at..at+4), or `NO_ADDRESS`. */
  idOfIpv4(b: Uint8Array, at: number): number {
    const word = (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
    const { slots, words, family } = this
    const mask = slots.length - 1
    for (let slot = mix(word, this.seed) & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1
      if (id < 0) return this.add(slot, 0, word, 0, 0, 0)
      if (words[id * WORDS] === word && family[id] === 0) return id
    }
  }

  /** The number of the IPv6 address at b[at..at+16), or `NO_ADDRESS`. */
  idOfIpv6(b: Uint8Array, at: number): number {
    const w0 = (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
    const w1 = (b[at + 4]! << 24) | (b[at + 5]! << 16) | (b[at + 6]! << 8) | b[at + 7]!
    const w2 = (b[at + 8]! << 24) | (b[at + 9]! << 16) | (b[at + 10]! << 8) | b[at + 11]!
    const w3 = (b[at + 12]! << 24) | (b[at + 13]! << 16) | (b[at + 14]! << 8) | b[at + 15]!
    const { slots, words, family } = this
    const mask = slots.length - 1
    for (let slot = mix4(w0, w1, w2, w3, this.seed) & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1
      if (id < 0) return this.add(slot, 1, w0, w1, w2, w3)
      const w = id * WORDS
      if (
        words[w + 3] === w3 &&
        words[w + 2] === w2 &&
        words[w + 1] === w1 &&
        words[w] === w0 &&
        family[id] === 1
      )
        return id
    }
  }

  isIpv6(id: number): boolean {
    return this.family[id] === 1
  }

  /** The canonical text; made once for each address that is asked for. */
  text(id: number): string {
    return (this.texts[id] ??= this.write(id))
  }

  /** Copies the octets of an address to b[at..); 4 or 16 of them, which is returned. */
  copy(id: number, b: Uint8Array, at: number): number {
    const count = this.family[id] === 1 ? WORDS : 1
    for (let i = 0; i < count; i++) {
      const word = this.words[id * WORDS + i]!
      for (let octet = 0; octet < 4; octet++) b[at + 4 * i + octet] = word >>> (24 - 8 * octet)
    }
    return 4 * count
  }

  private write(id: number): string {
    const octets = new Uint8Array(16)
    return this.copy(id, octets, 0) === 16 ? ipv6Text(octets, 0) : ipv4Text(octets, 0)
  }

  private add(slot: number, family: number, w0: number, w1: number, w2: number, w3: number): number {
    const id = this.size
    if (id === this.limit) {
      this.refused++
      return NO_ADDRESS
    }
    this.words.set([w0, w1, w2, w3], id * WORDS)
    this.family[id] = family
    this.slots[slot] = id + 1
    this.size = id + 1
    if (this.size === this.capacity && this.size < this.limit) this.grow()
    return id
  }

  /** `transfer` gives the old memory back at once, instead of when the collector finds it. */
  private grow(): void {
    this.capacity = Math.min(2 * this.capacity, this.limit)
    this.words = new Int32Array((this.words.buffer as ArrayBuffer).transfer(this.capacity * WORDS * 4))
    this.family = new Uint8Array((this.family.buffer as ArrayBuffer).transfer(this.capacity))
    ;(this.slots.buffer as ArrayBuffer).transfer(0)
    this.slots = new Int32Array(slotsFor(this.capacity))
    const mask = this.slots.length - 1
    for (let id = 0; id < this.size; id++) {
      let slot = this.hash(id) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = id + 1
    }
  }

  private hash(id: number): number {
    const w = id * WORDS
    const { words } = this
    if (this.family[id] === 0) return mix(words[w]!, this.seed)
    return mix4(words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!, this.seed)
  }
}

const slotsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(capacity * SLOTS_PER_ADDRESS))

/**
 * The finaliser of MurmurHash3 (Appleby, public domain): every bit of the word reaches every bit of the hash.
 */
function mix(word: number, seed: number): number {
  let h = word ^ seed
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const mix4 = (w0: number, w1: number, w2: number, w3: number, seed: number): number =>
  mix(w3, mix(w2, mix(w1, mix(w0, seed))))
