/** What another idle timeout would have cut, from the steps of a service's silences. */
import { describe, expect, test } from 'vitest'
import { askableTimers, cutBy } from '../../../dashboards/diagrams/silences-layout.ts'
import { whatIfSentence } from '../../../dashboards/diagrams/silences-what-if.tsx'

const bin = (fromSeconds: number, toSeconds: number, survived: number, severed = 0) => ({
  fromSeconds,
  toSeconds,
  survived,
  severed,
})
const silences = {
  bins: [
    bin(1, 1.778, 0),
    bin(1.778, 3.162, 4),
    bin(3.162, 5.623, 0, 3),
    bin(5.623, 10, 2),
    bin(10, 17.78, 0, 1),
  ],
  timer: null,
}
const service = { silences, connections: 1200 }

describe('another idle timeout', () => {
  test('may be asked about from the shortest survived silence to beyond the longest', () => {
    expect(askableTimers(silences)).toEqual([1.778, 3.162, 5.623, 10])
    expect(askableTimers({ bins: [bin(1, 1.778, 0, 9)], timer: null })).toEqual([])
  })

  test('cuts what survived for as long or longer, and nothing twice that was severed anyway', () => {
    expect(askableTimers(silences).map((seconds) => cutBy(silences, seconds))).toEqual([6, 2, 2, 0])
  })

  test('in words', () => {
    expect(whatIfSentence(service, 3.162)).toBe(
      'With an idle timeout of 3.16\u00a0s, 2 of 1,200\u00a0connections would have been cut.',
    )
    expect(whatIfSentence(service, 10)).toBe(
      'With an idle timeout of 10\u00a0s, none of 1,200\u00a0connections would have been cut.',
    )
  })
})
