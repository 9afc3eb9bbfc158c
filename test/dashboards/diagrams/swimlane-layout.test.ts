/** One agent over time: lanes, bars, silences, cuts, hops, addresses. */
import { describe, expect, test } from 'vitest'
import { LANES_MAX, laySwimlane } from '../../../dashboards/diagrams/swimlane-layout.ts'
import type { AgentView } from '../../../src/api/contract.ts'

const START = Date.parse('2026-11-20T21:00:00Z')
const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString()

const stay = (
  server: string,
  from: number,
  to: number,
  endedBy: AgentView['stays'][number]['endedBy'] = 'hop',
  service = 'dlp',
) => ({
  server,
  service,
  start: at(from),
  end: at(to),
  connections: 1,
  bytes: 1,
  endedBy,
})

const cut = (server: string, minutes: number) => ({
  type: 'severed-idle',
  at: at(minutes),
  server: { name: server, address: '', port: 1 },
})

const agent = (patch: object): AgentView =>
  ({
    id: 'EPA-0017',
    from: at(0),
    to: at(100),
    stays: [],
    connections: [],
    happenings: [],
    addresses: [],
    week: [],
    ...patch,
  }) as unknown as AgentView

test('lanes come in the order of the first stay, with their sums', () => {
  const { lanes } = laySwimlane(
    agent({ stays: [stay('dlp2', 40, 60), stay('dlp1', 0, 40), stay('dlp1', 60, 100)] }),
    1000,
  )
  expect(lanes.map(({ server, attachedSeconds, times }) => [server, attachedSeconds, times])).toEqual([
    ['dlp1', 4800, 2],
    ['dlp2', 1200, 1],
  ])
})

test('too many servers: the busiest keep their lanes, the rest share the last', () => {
  const stays = Array.from({ length: 12 }, (_, i) => stay(`node${i}`, i * 8, i * 8 + 1 + i / 2))
  const { lanes, others } = laySwimlane(agent({ stays }), 1000)
  expect(lanes).toHaveLength(LANES_MAX)
  expect(others).toBe(5)
  expect(lanes.at(-1)!.server).toBe('5 others')
  expect(lanes.reduce((sum, { times }) => sum + times, 0)).toBe(12)
})

test('bars that cannot be told apart are one; what is outside is cut off', () => {
  const { bars } = laySwimlane(
    agent({ stays: [stay('dlp1', -10, 20), stay('dlp1', 20.01, 30), stay('dlp1', 60, 140)] }),
    1000,
  )
  expect(bars.map(({ from, to }) => [from, to])).toEqual([
    [0, 0.3],
    [0.6, 1],
  ])
})

test('five hundred stays stay few shapes', () => {
  const stays = Array.from({ length: 500 }, (_, i) => stay('dlp1', i * 0.2, i * 0.2 + 0.199))
  expect(laySwimlane(agent({ stays }), 300).bars.length).toBeLessThan(5)
})

describe('silences', () => {
  const connection = (idleBeforeEndSeconds: number, server: string | null = 'dlp1') => ({
    id: 1,
    server,
    start: at(0),
    end: at(50),
    endReason: 'middlebox-rst',
    maxIdleSeconds: 300,
    idleBeforeEndSeconds,
  })
  const stays = [stay('dlp1', 0, 50)]
  test('lie before the end', () =>
    expect(laySwimlane(agent({ stays, connections: [connection(600)] }), 1000).silences).toEqual([
      { from: 0.4, to: 0.5, y: 38 },
    ]))
  test('too short to be seen, or at no server in sight, are not drawn', () =>
    expect(
      laySwimlane(
        agent({ stays, connections: [connection(2), connection(600, null), connection(600, 'x')] }),
        1000,
      ).silences,
    ).toEqual([]))
})

test('cuts close to one another are one with a count; those outside the time are none', () => {
  const happenings = [
    cut('dlp1', 50),
    cut('dlp1', 50.1),
    cut('dlp1', 90),
    cut('dlp1', 140),
    { ...cut('dlp1', 10), type: 'nat-change' },
  ]
  const { cuts } = laySwimlane(agent({ stays: [stay('dlp1', 0, 100)], happenings }), 1000)
  expect(cuts).toEqual([
    { at: 0.5, y: 38, count: 2, isTold: true },
    { at: 0.9, y: 38, count: 1, isTold: false },
  ])
})

test('a hop joins lanes of one service; a failover says so', () => {
  const stays = [
    stay('dlp1', 0, 40, 'failover'),
    stay('dlp2', 50, 70),
    stay('keys1', 71, 72, 'hop', 'sems'),
    stay('dlp1', 70, 100),
  ]
  expect(laySwimlane(agent({ stays }), 1000).hops).toEqual([
    { from: 0.4, fromY: 38, to: 0.5, toY: 92, isFailover: true },
    { from: 0.7, fromY: 92, to: 0.7, toY: 38, isFailover: false },
  ])
})

test('addresses in turn share a row in turns of tone; more at one time than rows are counted', () => {
  const stayAt = (address: string, from: number, to: number) => ({ address, start: at(from), end: at(to) })
  const one = laySwimlane(
    agent({ addresses: [stayAt('203.0.113.5', 0, 40), stayAt('203.0.113.9', 40, 100)] }),
    1000,
  )
  expect(one.addresses.map(({ address, row, isOdd }) => [address, row, isOdd])).toEqual([
    ['203.0.113.5', 0, false],
    ['203.0.113.9', 0, true],
  ])
  const five = laySwimlane(agent({ addresses: [1, 2, 3, 4, 5].map((n) => stayAt(`a${n}`, 0, 100)) }), 1000)
  expect([five.addresses.length, five.hiddenAddresses]).toEqual([3, 2])
})
