import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from '../../src/connections/due-queue.ts'
import { RECORD_WORDS, STREAM } from '../../src/connections/fields.ts'
import { ConnectionTable } from '../../src/connections/table.ts'

test('rows come out in order of time, and not for a connection that is gone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 2000 }), (times) => {
      const table = new ConnectionTable(8)
      const [kept, gone] = [table.insert(1, 2, 3, 4, 6), table.insert(5, 6, 7, 8, 6)]
      table.words[gone * RECORD_WORDS + STREAM] = 9
      const queue = new DueQueue()
      for (const [i, time] of times.entries()) queue.push(table, i % 2 === 0 ? kept : gone, time)
      table.words[gone * RECORD_WORDS + STREAM] = 10
      const taken: number[] = []
      let lost = 0
      while (queue.length > 0) {
        const { earliest } = queue
        queue.pop(table)
        expect(queue.time).toBe(earliest)
        taken.push(queue.time)
        if (queue.row < 0) lost++
      }
      expect(taken).toEqual(times.toSorted((a, b) => a - b))
      expect([lost, queue.earliest]).toEqual([times.length >> 1, Infinity])
    }),
    { numRuns: 50 },
  )
})
