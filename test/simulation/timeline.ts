/** What happens when: steps of parties in order of time, in columns (a binary heap; steps of one time keep
 * their order). */
import type { Micros } from '../../src/model/time.ts'

export class Timeline {
  private times = new Float64Array(1024)
  private orders = new Float64Array(1024)
  private sites = new Int32Array(1024)
  private parties = new Int32Array(1024)
  private steps = new Int32Array(1024)
  private size = 0
  private order = 0
  /** The step that was taken last. */
  at: Micros = 0
  site = 0
  party = 0
  step = 0

  add(at: Micros, site: number, party: number, step: number): void {
    if (this.size === this.times.length) this.grow()
    let i = this.size++
    const order = this.order++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (this.times[parent]! <= at) break
      this.move(parent, i)
      i = parent
    }
    this.put(i, at, order, site, party, step)
  }

  /** Takes the next step at or before `until`; false if there is none. */
  take(until: Micros): boolean {
    if (this.size === 0 || this.times[0]! > until) return false
    this.at = this.times[0]!
    this.site = this.sites[0]!
    this.party = this.parties[0]!
    this.step = this.steps[0]!
    this.size--
    if (this.size > 0) this.sink(this.size)
    return true
  }

  /** The last entry goes down from the root. */
  private sink(last: number): void {
    const at = this.times[last]!
    const order = this.orders[last]!
    let i = 0
    for (;;) {
      let least = 2 * i + 1
      if (least >= this.size) break
      if (least + 1 < this.size && this.isBefore(least + 1, this.times[least]!, this.orders[least]!)) least++
      if (!this.isBefore(least, at, order)) break
      this.move(least, i)
      i = least
    }
    this.put(i, at, order, this.sites[last]!, this.parties[last]!, this.steps[last]!)
  }

  private isBefore(i: number, at: Micros, order: number): boolean {
    const time = this.times[i]!
    return time < at || (time === at && this.orders[i]! < order)
  }

  private move(from: number, to: number): void {
    this.put(
      to,
      this.times[from]!,
      this.orders[from]!,
      this.sites[from]!,
      this.parties[from]!,
      this.steps[from]!,
    )
  }

  private put(i: number, at: Micros, order: number, site: number, party: number, step: number): void {
    this.times[i] = at
    this.orders[i] = order
    this.sites[i] = site
    this.parties[i] = party
    this.steps[i] = step
  }

  private grow(): void {
    const bigger = <T extends Float64Array | Int32Array>(column: T, empty: T): T => {
      empty.set(column)
      return empty
    }
    const length = 2 * this.times.length
    this.times = bigger(this.times, new Float64Array(length))
    this.orders = bigger(this.orders, new Float64Array(length))
    this.sites = bigger(this.sites, new Int32Array(length))
    this.parties = bigger(this.parties, new Int32Array(length))
    this.steps = bigger(this.steps, new Int32Array(length))
  }
}
