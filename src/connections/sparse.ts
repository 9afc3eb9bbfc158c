/**
 * Objects of the few rows that have one, by row. An array would do, but one of a million places is moved, and
 * left behind for the collector, each time it grows; here a block of rows is there only while one of them has
 * something.
 */

/** Rows of a block: a power of two. */
const BLOCK = 1 << 10
const BLOCK_SHIFT = 10
/** Empty blocks kept: what few rows have comes and goes all the time. */
const SPARE_MAX = 256

interface Block<T> {
  readonly values: (T | undefined)[]
  used: number
}

export class Sparse<T> {
  private readonly blocks: (Block<T> | null)[] = []
  private readonly spare: Block<T>[] = []

  get(row: number): T | undefined {
    const at = row >> BLOCK_SHIFT
    if (at >= this.blocks.length) return undefined
    const block = this.blocks[at]!
    return block === null ? undefined : block.values[row & (BLOCK - 1)]
  }

  set(row: number, value: T): void {
    const at = row >> BLOCK_SHIFT
    while (this.blocks.length <= at) this.blocks.push(null)
    const block = (this.blocks[at] ??= this.freshBlock())
    if (block.values[row & (BLOCK - 1)] === undefined) block.used++
    block.values[row & (BLOCK - 1)] = value
  }

  delete(row: number): void {
    const at = row >> BLOCK_SHIFT
    const block = at < this.blocks.length ? this.blocks[at]! : null
    if (block === null || block.values[row & (BLOCK - 1)] === undefined) return
    block.values[row & (BLOCK - 1)] = undefined
    if (--block.used > 0) return
    this.blocks[at] = null
    if (this.spare.length < SPARE_MAX) this.spare.push(block)
  }

  private freshBlock(): Block<T> {
    return this.spare.pop() ?? { values: new Array<T | undefined>(BLOCK).fill(undefined), used: 0 }
  }
}
