import type { PacketReference } from '../../../src/model/packet.ts'
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { Health } from '../../../src/sessions/servers/health.ts'
import { Parties } from '../parties.ts'

const parties = new Parties()
const server = parties.sighting().server!
const other = parties.sighting({ to: { address: '192.0.2.11', port: 443 } }).server!
const shown = (packet: number): PacketReference => ({ tap: 'client', packet, at: packet, ends: null })
const between = (health: Health, from: number, to: number): number | null =>
  health.answerOf(server, seconds(from), seconds(to))?.packet ?? null

describe('answers', () => {
  const health = new Health()
  for (const at of [10, 10.5, 20, 30]) health.answered(server, seconds(at), shown(at * 10))

  test.each([
    [0, 9, null],
    [0, 10, 100],
    [10, 10, 100],
    [10.4, 10.6, null], // one proof a second is kept
    [10, 25, 200],
    [0, 100, 300],
    [31, 100, null],
  ])('between %d and %d: packet %d', (from, to, packet) => expect(between(health, from, to)).toBe(packet))

  test("are the server's own", () => expect(health.answerOf(other, 0, seconds(100))).toBe(null))
})

describe('a connection that was served for a while', () => {
  const serving = (pause: number): Health => {
    const health = new Health()
    health.served(server, seconds(10), seconds(110), seconds(pause), shown(9))
    return health
  }

  test.each([
    ['in the middle, for longer than it ever paused', 5, 40, 50, 9],
    ['for no longer than it may have paused', 10, 40, 50, null],
    ['before it began', 5, 5, 50, null],
    ['after its end', 5, 50, 111, null],
  ])('%s', (_what, pause, from, to, packet) => expect(between(serving(pause), from, to)).toBe(packet))

  test('says nothing if it paused for half its life', () => {
    expect(between(serving(51), 12, 108)).toBe(null)
    expect(between(serving(50), 12, 108)).toBe(9)
  })
})

describe('failures', () => {
  const health = new Health()
  const failure = (at: number) => ({
    at: seconds(at),
    tap: 'client',
    packet: at,
    ends: null,
    what: `refused at ${at}`,
    by: `10.0.0.${at}`,
    manner: 'refused' as const,
  })
  for (const at of [10, 20]) health.failed(server, failure(at))

  test('the last one within the span', () => {
    expect(health.failureOf(server, seconds(0), seconds(100))).toEqual(failure(20))
    expect(health.failureOf(server, seconds(0), seconds(19))).toEqual(failure(10))
    expect(health.failureOf(server, seconds(11), seconds(19))).toBe(null)
    expect(health.failureOf(other, seconds(0), seconds(100))).toBe(null)
  })

  test('the last one that whoever opened a path met', () => {
    const met = (by: readonly string[], to: number, of = server) => {
      const sightings = by.map((address) => parties.sighting({ from: { address, port: 50_000 } }))
      const path = { sightings, joinedBy: [] }
      return health.failureMetBy(path, of.service, ['none', of.name], 0, seconds(to))?.failure.at ?? null
    }
    expect(met(['10.0.0.10', '10.0.0.20'], 100)).toBe(seconds(20))
    expect(met(['10.0.0.10'], 100)).toBe(seconds(10))
    expect(met(['10.0.0.10'], 9)).toBe(null)
    expect(met(['10.0.0.30'], 100)).toBe(null)
    expect(met(['10.0.0.10'], 100, other)).toBe(null)
  })

  test('end the time for which a server is known to be well', () => {
    const fresh = new Health()
    expect(fresh.healthySince(server)).toBe(null)
    fresh.answered(server, seconds(5), shown(1))
    fresh.answered(server, seconds(8), shown(2))
    expect(fresh.healthySince(server)).toBe(seconds(5))
    fresh.failed(server, failure(10))
    expect(fresh.healthySince(server)).toBe(null)
    fresh.answered(server, seconds(12), shown(3))
    expect([fresh.healthySince(server), fresh.healthySince(other)]).toEqual([seconds(12), null])
  })
})

test('who waits for an answer is told once', () => {
  const health = new Health()
  const heard: number[] = []
  health.await(server, (at) => heard.push(at))
  for (const at of [5, 6]) {
    health.answered(other, seconds(at), shown(1))
    health.answered(server, seconds(at), shown(1))
  }
  expect(heard).toEqual([seconds(5)])
})

test('the newest proofs are kept', () => {
  const health = new Health()
  for (let i = 0; i < 300; i++) health.answered(server, seconds(i), shown(i + 1))
  expect(between(health, 0, 43)).toBe(null)
  expect(between(health, 0, 44)).toBe(45)
  expect(between(health, 0, 299)).toBe(300)
})
