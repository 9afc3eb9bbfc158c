/** MAC addresses in small numbers: a record has 16 bits for each side's. */
import { hardwareText } from '../bytes/address.ts'
import { u16, u32 } from '../bytes/read.ts'

/** Addresses remembered per tap; a segment with more stations gets no number for the others (0: unknown). */
const HARDWARE_MAX = 0xffff
/** Addresses whose numbers are found without making a text first: a power of two. */
const RECENT = 256

export class HardwareTable {
  private readonly numbers = new Map<string, number>()
  private readonly texts: (string | null)[] = [null]
  /** The address last seen of each group of addresses, in two parts, and its number. */
  private readonly high = new Int32Array(RECENT)
  private readonly low = new Int32Array(RECENT)
  private readonly recent = new Uint16Array(RECENT)

  /** The number of the MAC address at `at`; 0 when there is none or the table is full. */
  number(bytes: Uint8Array, at: number): number {
    if (at < 0) return 0
    const high = u16(bytes, at)
    const low = u32(bytes, at + 2) | 0
    const slot = (low ^ (low >>> 8) ^ (low >>> 16)) & (RECENT - 1)
    if (this.recent[slot] !== 0 && this.low[slot] === low && this.high[slot] === high)
      return this.recent[slot]!
    this.high[slot] = high
    this.low[slot] = low
    return (this.recent[slot] = this.numberOf(hardwareText(bytes, at)))
  }

  text(number: number): string | null {
    return this.texts[number] ?? null
  }

  private numberOf(address: string): number {
    const known = this.numbers.get(address)
    if (known !== undefined) return known
    if (this.texts.length > HARDWARE_MAX) return 0
    this.numbers.set(address, this.texts.length)
    this.texts.push(address)
    return this.texts.length - 1
  }
}
