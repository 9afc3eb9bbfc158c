/**
 * What is to happen at a later time of the capture, in order of time. Most of it comes in order already,
 * because it waits for the same delay: that is a queue. The rest goes through a binary heap.
 */
import type { Micros } from '../model/time.ts'

interface Entry {
  readonly at: Micros
  /** Entries of one time keep their order. */
  readonly order: number
  readonly act: () => void
}

/** Entries that are done are cut off the queue's front when they are this many. */
const COMPACT_AT = 4096

export class Agenda {
  private readonly heap: Entry[] = []
  private queue: (Entry | null)[] = []
  private head = 0
  private order = 0

  get size(): number {
    return this.heap.length + this.queue.length - this.head
  }

  add(at: Micros, act: () => void): void {
    const entry = { at, order: this.order++, act }
    const last = this.queue.at(-1) ?? null
    if (last === null || at >= last.at) {
      this.queue.push(entry)
      return
    }
    this.heap.push(entry)
    let i = this.heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(this.heap[i]!, this.heap[parent]!)) break
      this.swap(i, parent)
      i = parent
    }
  }

  /** Does all that is due by `now`, including what that adds. */
  runUntil(now: Micros): void {
    for (;;) {
      const queued = this.queue[this.head] ?? null
      const heaped = this.heap[0] ?? null
      const fromHeap = heaped !== null && (queued === null || before(heaped, queued))
      const first = fromHeap ? heaped : queued
      if (first === null || first.at > now) return
      if (fromHeap) this.removeFirst()
      else this.advance()
      first.act()
    }
  }

  private advance(): void {
    // What is done must not be held, not even by an array that is garbage itself: the collector of young objects
    // does not know that it is.
    this.queue[this.head++] = null
    if (this.head === this.queue.length) {
      this.queue.length = 0
      this.head = 0
    } else if (this.head === COMPACT_AT) {
      this.queue.copyWithin(0, this.head)
      this.queue.length -= this.head
      this.head = 0
    }
  }

  private removeFirst(): void {
    const last = this.heap.pop()!
    if (this.heap.length === 0) return
    this.heap[0] = last
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      let least = i
      if (left < this.heap.length && before(this.heap[left]!, this.heap[least]!)) least = left
      if (left + 1 < this.heap.length && before(this.heap[left + 1]!, this.heap[least]!)) least = left + 1
      if (least === i) return
      this.swap(i, least)
      i = least
    }
  }

  private swap(i: number, j: number): void {
    const entry = this.heap[i]!
    this.heap[i] = this.heap[j]!
    this.heap[j] = entry
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
