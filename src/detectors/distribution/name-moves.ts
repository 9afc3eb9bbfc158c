/** Where names led, and whether one was led elsewhere for good: by hand or by a monitor, not in turn. */
import type { Resolved } from '../../model/event.ts'
import type { Micros } from '../../model/time.ts'

/** Names, and addresses of each, that are followed: of further ones nothing is known. */
const NAMES_MAX = 1024
const ADDRESSES_MAX = 16

interface Led {
  first: Micros
  last: Micros
}

export class NameMoves {
  private readonly names = new Map<string, Map<string, Led>>()

  /** An answer, whoever asked: names that are handed out in turn lead one client here and another there. */
  resolved({ name, addresses, at }: Pick<Resolved, 'name' | 'addresses' | 'at'>): void {
    let led = this.names.get(name)
    if (led === undefined) {
      if (this.names.size >= NAMES_MAX) return
      this.names.set(name, (led = new Map()))
    }
    for (const address of addresses) {
      const known = led.get(address)
      if (known !== undefined) known.last = at
      else if (led.size < ADDRESSES_MAX) led.set(address, { first: at, last: at })
    }
  }

  /** The name led to `from`, and then to `to`, and has not led back. */
  hasMoved(name: string, from: string, to: string): boolean {
    const led = this.names.get(name.toLowerCase())
    const [before, after] = [led?.get(from), led?.get(to)]
    return before !== undefined && after !== undefined && before.last < after.first
  }
}
