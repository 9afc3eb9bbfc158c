/**
 * What is remembered by key, so many entries at most: for one more, the oldest is forgotten. One that is set
 * again is the newest.
 */
import { Oldest } from './oldest.ts'

export class Remembered<K, V> {
  private readonly entries = new Map<K, V>()
  private readonly oldest = new Oldest(this.entries)
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  get size(): number {
    return this.entries.size
  }

  has(key: K): boolean {
    return this.entries.has(key)
  }

  get(key: K): V | undefined {
    return this.entries.get(key)
  }

  /** Whether another one was forgotten for it. */
  set(key: K, value: V): boolean {
    const { entries } = this
    const oldest = entries.delete(key) || entries.size < this.most ? undefined : this.oldest.next()
    if (oldest !== undefined) entries.delete(oldest)
    entries.set(key, value)
    return oldest !== undefined
  }

  delete(key: K): boolean {
    return this.entries.delete(key)
  }
}
