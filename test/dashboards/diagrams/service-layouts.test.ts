/** Figures of a service: shares, silences, places. */
import { describe, expect, test } from 'vitest'
import { layPlaces } from '../../../dashboards/diagrams/places-layout.ts'
import { largest, layShares } from '../../../dashboards/diagrams/shares-layout.ts'
import { laySilences, timerValue } from '../../../dashboards/diagrams/silences-layout.ts'

const at = (hour: number): string => new Date(Date.UTC(2026, 10, 20, hour)).toISOString()

describe('shares', () => {
  const series = (agents: readonly (readonly number[])[], servers = ['dlp1', 'dlp2']) => ({
    servers,
    points: agents.map((row, i) => ({ at: at(i), agents: row })),
  })
  test('are stacked to the whole', () => {
    const layers = layShares(
      series([
        [30, 10],
        [20, 20],
      ]),
      at(0),
      at(1),
    )
    expect(layers.map(({ name, areas }) => [name, areas])).toEqual([
      [
        'dlp1',
        [
          [
            [0, 0.25],
            [1, 0.5],
            [1, 1],
            [0, 1],
          ],
        ],
      ],
      [
        'dlp2',
        [
          [
            [0, 0],
            [1, 0],
            [1, 0.5],
            [0, 0.25],
          ],
        ],
      ],
    ])
  })
  test('nobody attached is a hole, not a zero', () => {
    const layers = layShares(
      series([
        [1, 1],
        [1, 1],
        [0, 0],
        [2, 0],
        [2, 0],
      ]),
      at(0),
      at(4),
    )
    expect(layers[0]!.areas).toHaveLength(2)
  })
  test('above five servers the largest four and the others', () => {
    expect(largest([1, 9, 3, 8, 2, 7], 5)).toEqual({ own: [1, 2, 3, 5], rest: [4, 0] })
    const servers = ['a', 'b', 'c', 'd', 'e', 'f']
    const layers = layShares(series([[1, 9, 3, 8, 2, 7]], servers), at(0), at(1))
    expect(layers.map(({ name, agents }) => [name, agents])).toEqual([
      ['b', [9]],
      ['c', [3]],
      ['d', [8]],
      ['f', [7]],
      ['2 others', [3]],
    ])
  })
  test('a name stands only where all of it lies in its layer', () => {
    const rows = Array.from({ length: 25 }, (_, i) => (i < 12 ? [100, 1] : [50, 51]))
    const [dlp1, dlp2] = layShares(series(rows), at(0), at(24), 600)
    expect(dlp1!.label).toMatchObject({ x: 0 })
    expect(dlp2!.label!.x).toBeGreaterThanOrEqual(12 / 24)
    expect(
      layShares(
        series([
          [100, 1],
          [100, 1],
        ]),
        at(0),
        at(1),
        600,
      )[1]!.label,
    ).toBeNull()
  })
})

describe('silences', () => {
  const bin = (fromSeconds: number, toSeconds: number, survived: number, severed: number) => ({
    fromSeconds,
    toSeconds,
    survived,
    severed,
  })
  const timer = {
    incident: 'HF-2041',
    lowerSeconds: 299.91,
    upperSeconds: 300.03,
    role: 'load-balancer',
  } as const
  test('the highest bar is whole, empty bins are left out', () => {
    const laid = laySilences({
      bins: [bin(1, 1.78, 0, 0), bin(56, 100, 300, 0), bin(178, 316, 30, 63)],
      timer,
    })
    expect(laid.bars.map(({ height, crosses }) => [height, crosses])).toEqual([
      [1, 0],
      [0.1, 11],
    ])
    expect([laid.each, laid.survived, laid.severed, laid.axis]).toEqual([6, 330, 63, { from: 1, to: 900 }])
  })
  test('crosses stand at the timer if it lies among these lengths', () => {
    const laid = laySilences({ bins: [bin(178, 316, 30, 63)], timer })
    expect(laid.bars[0]!.crossesAt).toBe(laid.timer)
    const without = laySilences({ bins: [bin(10, 100, 0, 1)], timer: null })
    expect(without.bars[0]!.crossesAt).toBeCloseTo(Math.log(Math.sqrt(1000)) / Math.log(900), 6)
  })
  test('numbers of crosses stand on none: where many are near, the most are told', () => {
    const told = (...bins: ReturnType<typeof bin>[]) =>
      laySilences({ bins, timer: null }).bars.map((bar) => bar.told)
    expect(told(bin(1, 2, 0, 3), bin(10, 20, 5, 0), bin(400, 500, 0, 7))).toEqual(['beside', null, 'beside'])
    expect(told(bin(10, 18, 0, 3), bin(18, 32, 0, 9), bin(32, 56, 0, 4))).toEqual([null, 'above', null])
  })
  test('a timer of a wide interval stands at its upper end', () => {
    expect(timerValue(timer)).toBeCloseTo(299.97)
    expect(timerValue({ ...timer, lowerSeconds: 60 })).toBe(300.03)
    expect(timerValue({ ...timer, upperSeconds: null })).toBe(299.91)
    expect(timerValue(null)).toBeNull()
  })
})

describe('places', () => {
  const places = [
    { network: '10.10.1.0/24', server: 'dlp1', agents: 40 },
    { network: '10.10.1.0/24', server: 'dlp2', agents: 20 },
    { network: '10.10.6.0/24', server: 'dlp2', agents: 30 },
  ]
  test('heights are in proportion to agents, ribbons fill both sides', () => {
    const { networks, servers, ribbons, height } = layPlaces(places, ['dlp1', 'dlp2'])
    expect(networks.map(({ name, agents }) => [name, agents])).toEqual([
      ['10.10.1.0/24', 60],
      ['10.10.6.0/24', 30],
    ])
    expect(networks[0]!.height / networks[1]!.height).toBeCloseTo(2)
    expect(networks[1]!.top + networks[1]!.height).toBeCloseTo(height)
    expect(servers[1]!.top + servers[1]!.height).toBeCloseTo(height)
    expect(ribbons.map(({ network, server, agents }) => [network, server, agents])).toEqual([
      [0, 0, 40],
      [0, 1, 20],
      [1, 1, 30],
    ])
    expect(ribbons.at(-1)!.right[1]).toBeCloseTo(height)
  })
  test('twelve servers: four and the others, nobody is lost', () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ network: 'n', server: `node${i}`, agents: i + 1 }))
    const { servers, ribbons } = layPlaces(many)
    expect(servers.map(({ name }) => name)).toEqual(['node8', 'node9', 'node10', 'node11', '8 others'])
    expect(ribbons.reduce((sum, { agents }) => sum + agents, 0)).toBe(78)
  })
  test('names of small networks do not lie on one another', () => {
    const many = Array.from({ length: 13 }, (_, i) => ({
      network: `10.${i}.0.0/24`,
      server: 'dlp1',
      agents: i === 0 ? 500 : 1,
    }))
    const { networks, labelHeight, height } = layPlaces(many)
    for (const [i, { labelTop }] of networks.entries()) {
      if (i > 0) expect(labelTop - networks[i - 1]!.labelTop).toBeGreaterThanOrEqual(labelHeight - 1e-9)
      expect(labelTop + labelHeight).toBeLessThanOrEqual(
        Math.max(height, networks.length * labelHeight) + 1e-9,
      )
    }
  })
})
