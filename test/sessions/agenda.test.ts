import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agenda } from '../../src/sessions/agenda.ts'

test('what is due is done in order of time, and of entry where times are equal', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }),
      fc.array(fc.integer({ min: 0, max: 35 }), { maxLength: 8 }),
      (times, moments) => {
        const agenda = new Agenda()
        const done: number[] = []
        times.forEach((at, i) => agenda.add(at, () => done.push(i)))
        const model = times.map((at, i) => ({ at, i })).toSorted((a, b) => a.at - b.at || a.i - b.i)
        for (const now of moments.toSorted((a, b) => a - b)) {
          agenda.runUntil(now)
          const due = model.filter(({ at }) => at <= now)
          expect(done).toEqual(due.map(({ i }) => i))
          expect(agenda.size).toBe(times.length - due.length)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('what is added while it runs is done in its turn, even if it was due before', () => {
  const agenda = new Agenda()
  const done: string[] = []
  agenda.add(10, () => {
    done.push('ten')
    agenda.add(5, () => done.push('five, late'))
    agenda.add(11, () => done.push('eleven'))
    agenda.add(30, () => done.push('thirty'))
  })
  agenda.add(20, () => done.push('twenty'))
  agenda.runUntil(20)
  expect(done).toEqual(['ten', 'five, late', 'eleven', 'twenty'])
  expect(agenda.size).toBe(1)
  agenda.runUntil(Infinity)
  expect(done.at(-1)).toBe('thirty')
})

test('long queues and heaps keep their order', () => {
  const agenda = new Agenda()
  const done: number[] = []
  for (let i = 0; i < 20_000; i++) agenda.add((i * 7919) % 20_011, () => done.push((i * 7919) % 20_011))
  for (let now = 0; now < 20_011; now += 500) agenda.runUntil(now)
  agenda.runUntil(Infinity)
  expect(done).toHaveLength(20_000)
  expect(done).toEqual(done.toSorted((a, b) => a - b))
})
