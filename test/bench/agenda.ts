/**
 * Who is next: a binary heap over two columns, ordered by time and then by order of entry, so that a
 * generated capture is the same on every machine. Nothing is allocated after the start.
 */
export interface Agenda {
  /** Entries waiting. */
  readonly size: number
  /** Time of the entry that `take` gave last. */
  readonly now: number
  /** Throws when the agenda is full: a generator that outgrows it is wrong. */
  add(time: number, who: number): void
  /** The earliest entry's `who`; -1 when none is left. */
  take(): number
}

export function createAgenda(capacity: number): Agenda {
  const times = new Float64Array(capacity),
    entered = new Float64Array(capacity),
    whos = new Uint32Array(capacity)
  let size = 0,
    entries = 0,
    now = 0

  const before = (a: number, b: number): boolean =>
    times[a]! !== times[b]! ? times[a]! < times[b]! : entered[a]! < entered[b]!

  const swap = (a: number, b: number): void => {
    const time = times[a]!,
      entry = entered[a]!,
      who = whos[a]!
    times[a] = times[b]!
    entered[a] = entered[b]!
    whos[a] = whos[b]!
    times[b] = time
    entered[b] = entry
    whos[b] = who
  }

  const sink = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1,
        right = left + 1
      let least = at
      if (left < size && before(left, least)) least = left
      if (right < size && before(right, least)) least = right
      if (least === at) return
      swap(at, least)
      at = least
    }
  }

  return {
    get size() {
      return size
    },
    get now() {
      return now
    },
    add(time, who) {
      if (size === capacity) throw new Error(`agenda of ${capacity} is full`)
      let at = size++
      times[at] = time
      entered[at] = entries++
      whos[at] = who
      for (; at > 0 && before(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1)
    },
    take() {
      if (size === 0) return -1
      const who = whos[0]!
      now = times[0]!
      swap(0, --size)
      sink()
      return who
    },
  }
}
