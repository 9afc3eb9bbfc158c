/** A few hundred agents for a day: what happens to them is found, and what does not is not. */
import { describe, expect, test } from 'vitest'
import { DESIGNS } from './designs.ts'
import { simulate } from './simulation.ts'
import { precisionOf, recallOf } from './truth.ts'

const AGREE_MIN = 0.97

describe('a simulated deployment', () => {
  const { scores, truth, observations } = simulate({ agents: 40 * DESIGNS.length, days: 1, seed: 7 })

  test('every type is found, and little else', () => {
    const wrong = scores.filter((s) => Math.min(recallOf(s), precisionOf(s)) < AGREE_MIN)
    expect(wrong, [...truth.strange, ...truth.missed].join('\n')).toEqual([])
  })

  test('it is about something', () => {
    expect(observations).toBeGreaterThan(400_000)
    const unheard = scores.filter((s) => s.truth > 0 && s.told === 0).map(({ type }) => type)
    expect(unheard).toEqual([])
    expect(scores.length).toBeGreaterThan(18)
  })
})

test('the same seed plays the same', () => {
  const plan = { agents: 40, days: 1, seed: 3, designs: DESIGNS.filter(({ name }) => name === 'lists') }
  const [a, b] = [simulate(plan), simulate(plan)]
  expect(a.scores).toEqual(b.scores)
  expect(a.observations).toBe(b.observations)
  expect(simulate({ ...plan, seed: 4 }).observations).not.toBe(a.observations)
})
