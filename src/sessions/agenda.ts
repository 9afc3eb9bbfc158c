/**
 * What is to happen at a later time of the capture, in order of time. Most of it comes in order already,
 * because it waits for the same delay: that is a queue, in columns. The rest goes through a binary heap.
 */
import type { Micros } from '../model/time.ts'

type Act = (subject: unknown) => void

interface Entry {
  readonly at: Micros
  /** Entries of one time keep their order. */
  readonly order: number
  readonly act: Act
  readonly subject: unknown
}

/** Entries that are done are cut off the queue's front when they are this many, and no fewer than those that
 * have to be moved for it. */
const COMPACT_AT = 4096

const nothing: Act = () => {}

export class Agenda {
  private readonly heap: Entry[] = []
  private readonly times: Micros[] = []
  private readonly orders: number[] = []
  private readonly acts: Act[] = []
  private readonly subjects: unknown[] = []
  private head = 0
  private order = 0

  get size(): number {
    return this.heap.length + this.times.length - this.head
  }

  add(at: Micros, act: () => void): void {
    this.addFor(at, act, null)
  }

  /** The same for acts that are done for many subjects: it makes no closure. */
  addFor<T>(at: Micros, act: (subject: T) => void, subject: T): void {
    const order = this.order++
    const { times } = this
    if (times.length === 0 || at >= times[times.length - 1]!) {
      times.push(at)
      this.orders.push(order)
      this.acts.push(act as Act)
      this.subjects.push(subject)
    } else this.addToHeap({ at, order, act: act as Act, subject })
  }

  /** Whether anything is due by `now`. */
  isDue(now: Micros): boolean {
    if (this.head < this.times.length && this.times[this.head]! <= now) return true
    return this.heap.length > 0 && this.heap[0]!.at <= now
  }

  /** Does all that is due by `now`, including what that adds. */
  runUntil(now: Micros): void {
    for (;;) {
      const isQueued = this.head < this.times.length
      const heaped = this.heap[0]
      if (heaped !== undefined && (!isQueued || this.isBeforeQueue(heaped))) {
        if (heaped.at > now) return
        this.removeFirst()
        heaped.act(heaped.subject)
      } else {
        if (!isQueued || this.times[this.head]! > now) return
        const act = this.acts[this.head]!
        const subject = this.subjects[this.head]
        this.advance()
        act(subject)
      }
    }
  }

  private isBeforeQueue({ at, order }: Entry): boolean {
    const first = this.times[this.head]!
    return at < first || (at === first && order < this.orders[this.head]!)
  }

  private advance(): void {
    // What is done must not be held, not even by an array that is garbage itself: the collector of young
    // objects does not know that it is.
    this.acts[this.head] = nothing
    this.subjects[this.head] = null
    this.head++
    const isMany = this.head >= COMPACT_AT && 2 * this.head >= this.times.length
    if (this.head < this.times.length && !isMany) return
    for (const column of [this.times, this.orders, this.acts, this.subjects]) {
      column.copyWithin(0, this.head)
      column.length -= this.head
    }
    this.head = 0
  }

  private addToHeap(entry: Entry): void {
    this.heap.push(entry)
    let i = this.heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(this.heap[i]!, this.heap[parent]!)) break
      this.swap(i, parent)
      i = parent
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
