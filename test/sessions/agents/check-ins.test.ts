import { expect, test } from 'vitest'
import { areInStep } from '../../../src/sessions/agents/check-ins.ts'
import { createRandom } from '../../scenario/random.ts'

test('one who returns is in step by chance in one of ten; several have to be nearer', () => {
  expect([areInStep(1, Math.log(0.0999)), areInStep(1, Math.log(0.1001))]).toEqual([true, false])
  // The product of two even numbers is at most x with the probability x - x ln x: 0.0331 and 0.0336.
  expect([areInStep(2, Math.log(0.0053)), areInStep(2, Math.log(0.0054))]).toEqual([true, false])
})

test('who returns at will is taken for one that kept step in a fifth of all services, however long', () => {
  const random = createRandom(3)
  let mistaken = 0
  for (let service = 0; service < 2000; service++) {
    let logarithms = 0
    for (let n = 1, isTaken = false; n <= 100 && !isTaken; n++) {
      logarithms += Math.log((random.bits() + 1) / 2 ** 32)
      isTaken = areInStep(n, logarithms)
      if (isTaken) mistaken++
    }
  }
  expect(mistaken / 2000).toBeLessThan(0.2)
  expect(mistaken / 2000).toBeGreaterThan(0.1)
})
