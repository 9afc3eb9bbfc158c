import { describe, expect, test } from 'vitest'
import {
  type Algorithm,
  cookiePersistence,
  leastConnections,
  ordered,
  random,
  roundRobin,
  sourceHash,
  stickyTable,
  testsOf,
  turnsOf,
  type Verdict,
  weightedRoundRobin,
} from '../../../src/detectors/distribution/algorithms.ts'
import { turnTaking } from '../../../src/detectors/distribution/turn-taking.ts'
import type { Choice } from '../../../src/detectors/distribution/choices.ts'
import {
  byAddress,
  byChance,
  choices,
  type Farm,
  fewestOpen,
  first,
  processes,
  remembering,
  turns,
  weighted,
} from './load-balancers.ts'

const IDLE: Farm = { servers: 3, clients: 20, connections: 300, lasts: [1, 1] }
const BUSY: Farm = { ...IDLE, lasts: [1, 40] }
const verdicts = (list: readonly Choice[], servers = 3): Partial<Record<Algorithm, Verdict>> =>
  Object.fromEntries(testsOf(list, servers).map(({ algorithm, verdict }) => [algorithm, verdict]))

describe('each method is shown, or at least not excluded', () => {
  test('round robin', () => {
    expect(roundRobin(choices(BUSY, turns(3)), 3)).toMatchObject({ value: 1, sample: 299, verdict: 'shown' })
    expect(verdicts(choices(BUSY, turns(3)))).toMatchObject({
      random: 'excluded',
      'least-connections': 'excluded',
      'source-hash': 'excluded',
      'sticky-table': 'excluded',
      ordered: 'excluded',
    })
  })

  test('the fewest open connections', () => {
    const list = choices(BUSY, fewestOpen())
    expect(leastConnections(list)).toMatchObject({ value: 1, verdict: 'shown' })
    expect(verdicts(choices(BUSY, byChance))['least-connections']).toBe('excluded')
  })

  test('a random choice', () => {
    expect(verdicts(choices(BUSY, byChance))).toMatchObject({
      'round-robin': 'excluded',
      random: 'possible',
      'source-hash': 'excluded',
    })
    expect(random(choices(BUSY, turns(3)), 3).value).toBeGreaterThan(5)
  })

  test('a hash of the address', () => {
    expect(sourceHash(choices(BUSY, byAddress), 3)).toMatchObject({ value: 0, verdict: 'shown' })
    expect(verdicts(choices(BUSY, byAddress))['sticky-table']).toBe('possible')
  })

  test('a table with a memory that ends', () => {
    const list = choices({ ...IDLE, clients: 6, connections: 200 }, remembering(300), (r) =>
      r.chance(0.1) ? 400 : 5,
    )
    const found = stickyTable(list)
    expect(found.verdict).toBe('shown')
    expect(found.value).toBeGreaterThan(300)
  })

  test('stated weights, smoothly', () => {
    expect(weightedRoundRobin(choices(BUSY, weighted([5, 1, 1])), 3).verdict).toBe('shown')
    const loaded = choices(BUSY, ({ random: r }) => (r.chance(5 / 7) ? 0 : r.between(1, 2)))
    expect(weightedRoundRobin(loaded, 3).verdict).toBe('excluded')
  })

  test('the first server for all', () => {
    expect(ordered(choices(BUSY, first), 3)).toMatchObject({ value: 1, verdict: 'possible' })
    expect(ordered(choices(BUSY, byChance), 3).verdict).toBe('excluded')
  })

  test('a cookie', () => {
    const held = choices(BUSY, byAddress).map((c) => ({ ...c, cookie: `s${c.server}` }))
    expect(cookiePersistence(held, 3)).toMatchObject({ value: 0, verdict: 'shown' })
    const ignored = choices(BUSY, turns(3)).map((c) => ({ ...c, cookie: `s${c.client! % 3}` }))
    expect(cookiePersistence(ignored, 3).verdict).toBe('excluded')
  })
})

test('small samples are not judged', () => {
  const few = choices({ ...IDLE, servers: 2, connections: 29 }, byChance)
  expect(new Set(Object.values(verdicts(few.slice(0, 7), 2)))).toEqual(new Set(['too-few']))
  expect(roundRobin(few, 2).verdict).toBe('too-few')
  // Two servers that take turns without a miss are told sooner, but eight turns are 1 in 256 by chance.
  const strict = choices({ ...IDLE, servers: 2, connections: 20 }, turns(2))
  expect(roundRobin(strict, 2)).toMatchObject({ p: expect.closeTo(2 ** -19, 15), verdict: 'shown' })
  expect(roundRobin(strict.slice(0, 9), 2)).toMatchObject({
    p: expect.closeTo(2 ** -8, 12),
    verdict: 'possible',
  })
  expect(roundRobin(strict.slice(0, 8), 2).verdict).toBe('too-few')
})

test('turns are found in whatever order the servers stand', () => {
  const order = [2, 0, 3, 1]
  const list = choices({ ...IDLE, servers: 4 }, ({ n }) => order[n % 4]!)
  expect(turnsOf(list, 4)).toEqual({ next: [3, 2, 0, 1], followed: 299 })
})

describe('handing round', () => {
  const seeds = [1, 2, 3, 4, 5]
  const told = (farm: Farm, method: () => Parameters<typeof choices>[1]): boolean[] =>
    seeds.map((seed) => turnTaking(choices({ ...farm, seed }, method()), farm.servers).isRoundRobin)

  test('is told on idle farms and busy ones, also of several processes where the farm is busy', () => {
    expect(told(IDLE, () => turns(3))).not.toContain(false)
    expect(told(BUSY, () => turns(3))).not.toContain(false)
    expect(told({ ...BUSY, servers: 2 }, () => turns(2))).not.toContain(false)
    expect(told({ ...BUSY, connections: 1000 }, () => processes(2, 3))).not.toContain(false)
  })

  test('is not told of any other method', () => {
    for (const servers of [2, 3, 5]) {
      const busy = { ...BUSY, servers, connections: 1000 }
      for (const method of [fewestOpen, () => byChance, () => byAddress, () => remembering(1e9), () => first])
        expect(told(busy, method)).not.toContain(true)
    }
  })

  test('is not told where every client comes once', () => {
    const once = choices({ ...BUSY, clients: 1e9 }, turns(3))
    expect(roundRobin(once, 3).verdict).toBe('shown')
    expect(turnTaking(once, 3)).toMatchObject({ isRoundRobin: false, returns: 0 })
  })
})
