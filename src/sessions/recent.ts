/** The latest so many of a row of numbers, whose median is asked for more often than the row changes, or as
 * often: they are kept in order of size as well, so that nobody sorts. */

export class Recent {
  private readonly most: number
  private readonly row: number[] = []
  private next = 0
  private readonly sorted: number[] = []

  constructor(most: number) {
    this.most = most
  }

  add(value: number): void {
    if (this.row.length < this.most) this.row.push(value)
    else {
      this.sorted.splice(this.placeOf(this.row[this.next]!), 1)
      this.row[this.next] = value
    }
    this.next = (this.next + 1) % this.most
    this.sorted.splice(this.placeOf(value), 0, value)
  }

  get count(): number {
    return this.sorted.length
  }

  /** Of an even number the higher one in the middle; null without any. */
  median(): number | null {
    return this.quantile(0.5)
  }

  /** The value below which that share of them lies, of 0 to less than 1; null without any. */
  quantile(share: number): number | null {
    return this.sorted[Math.floor(share * this.sorted.length)] ?? null
  }

  /** The first place whose value is no less. */
  private placeOf(value: number): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
