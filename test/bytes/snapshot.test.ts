import { deserialize, serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { restore, snapshot, type SnapshotOptions } from '../../src/bytes/snapshot.ts'

class Entry {
  at = 0
  next: Entry | null = null
  get later(): number {
    return this.at + 1
  }
}

class Column {
  words = new Int32Array(4)
  readonly limit = 4
  private used = 0
  push(word: number): void {
    this.words[this.used++] = word
  }
  save(): unknown {
    return { words: this.words.subarray(0, this.used) }
  }
  load(saved: unknown): void {
    for (const word of (saved as { words: Int32Array }).words) this.push(word)
  }
}

class Owner {
  readonly moment = new Float64Array(1)
  readonly clock = { moment: this.moment, emit: () => 'mine' }
  readonly byKey = new Map<string, Entry>()
  readonly seen = new Set<number>()
  readonly list: (Entry | undefined)[] = []
  readonly column = new Column()
  readonly self = this
  readonly options = { limit: 1 }
  count = 0
  emit(): string {
    return 'mine'
  }
}

const OPTIONS: SnapshotOptions = { classes: { entry: Entry }, leave: new Set(['options']) }
const again = (owner: Owner): Owner =>
  restore(new Owner(), deserialize(serialize(snapshot(owner, OPTIONS))), OPTIONS)

test('what was shared is shared again, what is a function stays the own one', () => {
  const owner = new Owner()
  owner.moment[0] = 7
  owner.count = 3
  owner.seen.add(5)
  const entry = new Entry()
  entry.at = 9
  entry.next = entry
  owner.byKey.set('a', entry)
  owner.list.push(undefined, entry)
  owner.column.push(11)
  owner.options.limit = 2
  const restored = again(owner)
  expect(restored.moment[0]).toBe(7)
  expect(restored.clock.moment).toBe(restored.moment)
  expect(restored.clock.emit()).toBe('mine')
  expect(restored.self).toBe(restored)
  expect(restored.count).toBe(3)
  expect([...restored.seen]).toEqual([5])
  const its = restored.byKey.get('a')!
  expect(its.later).toBe(10)
  expect(its.next).toBe(its)
  expect(restored.list).toEqual([undefined, its])
  expect(restored.list[1]).toBe(its)
  expect([...restored.column.words]).toEqual([11, 0, 0, 0])
  expect(restored.options).toEqual({ limit: 1 })
})

test('an instance that is not listed has to be there', () => {
  const options = { classes: {}, leave: new Set<string>() }
  const saved = snapshot({ list: [new Entry()] }, options)
  expect(() => restore({ list: [] }, saved, options)).toThrow('has nowhere to go')
  expect(restore({ list: [new Entry()] }, saved, options).list[0]).toBeInstanceOf(Entry)
})
