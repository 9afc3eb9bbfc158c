/** MAC addresses in small numbers: a record has 16 bits for each side's. */
import { hardwareText } from '../bytes/address.ts'

/** Addresses remembered per tap; a segment with more stations gets no number for the others (0: unknown). */
const HARDWARE_MAX = 0xffff

export class HardwareTable {
  private readonly numbers = new Map<string, number>()
  private readonly texts: (string | null)[] = [null]

  /** The number of the MAC address at `at`; 0 when there is none or the table is full. */
  number(bytes: Uint8Array, at: number): number {
    if (at < 0) return 0
    const address = hardwareText(bytes, at)
    const known = this.numbers.get(address)
    if (known !== undefined) return known
    if (this.texts.length > HARDWARE_MAX) return 0
    this.numbers.set(address, this.texts.length)
    this.texts.push(address)
    return this.texts.length - 1
  }

  text(number: number): string | null {
    return this.texts[number] ?? null
  }
}
