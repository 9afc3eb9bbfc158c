import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import type { TrackedAgent } from '../../src/sessions/agents/tracked-agent.ts'
import { Health } from '../../src/sessions/servers/health.ts'
import { NO_CONNECTION, type Stay, type TrackedSighting } from '../../src/sessions/sighting.ts'
import { SIGHTINGS_MAX, Sightings } from '../../src/sessions/sightings.ts'
import { Stays } from '../../src/sessions/stays.ts'
import { movesOf, Parties } from './parties.ts'

/** One agent's connections to one server, ten seconds apart, each a visit. */
class Story {
  readonly parties = new Parties()
  readonly left: TrackedSighting[] = []
  readonly sightings = new Sightings((sighting) => this.left.push(sighting))
  readonly agent = this.parties.agents.at('client', '10.0.0.5', 'address') as TrackedAgent
  readonly stays = new Stays(movesOf(new Parties(), new Health()))
  readonly stay: Stay
  private at = 0

  constructor() {
    const first = this.opens()
    const { server } = first
    this.stays.visit({ agent: this.agent, server: server!, sighting: first, at: 0, packet: 1 })
    this.stay = this.agent.attachmentTo(first.service)!.stay!
    this.stay.attachment.latest = first
    first.visited = true
  }

  opens(): TrackedSighting {
    const sighting = this.parties.sighting({ start: this.at })
    this.at += 10
    this.sightings.add(sighting)
    return sighting
  }

  rests(): TrackedSighting {
    const sighting = this.opens()
    sighting.visited = true
    sighting.agent = this.agent
    expect(this.sightings.canRest(sighting)).toBe(true)
    this.stays.count(this.stay, sighting, sighting.start)
    this.sightings.rest(sighting, this.stay)
    return sighting
  }
}

describe('a connection that rests', () => {
  test('is made again as it was', () => {
    const s = new Story()
    const before = s.rests()
    expect(s.stay).toMatchObject({ visit: null, quiet: before.connection, connections: 2 })
    expect(s.stay.attachment).toMatchObject({ last: null, quiet: before.connection })
    const again = s.sightings.get(before.connection)!
    expect(again).not.toBe(before)
    const { path: _path, listener: _listener, ...facts } = again
    expect(before).toMatchObject(facts)
    expect(again.path.hasReached(again.server!)).toBe(true)
    expect(s.sightings.get(before.connection)).toBe(again)
    expect(s.stay.attachment).toMatchObject({ last: again, quiet: NO_CONNECTION })
    expect(s.stay.quiet).toBe(NO_CONNECTION)
    expect(s.stay.visit).toMatchObject({ sighting: again, at: again.start, packet: again.startPacket })
  })

  test('follows the one before it, which is told when it is made again', () => {
    const s = new Story()
    const first = s.stay.attachment.last!
    const [second, third] = [s.rests(), s.rests()]
    expect(first.path).toMatchObject({ next: null, quietNext: second.connection })
    const thirdAgain = s.sightings.get(third.connection)!
    expect(first.path.hasNext).toBe(true)
    const secondAgain = s.sightings.get(second.connection)!
    expect([first.path.next, first.path.quietNext]).toEqual([secondAgain, NO_CONNECTION])
    expect([secondAgain.path.next, secondAgain.path.quietNext]).toEqual([thirdAgain, NO_CONNECTION])
    expect(thirdAgain.path.hasNext).toBe(false)
  })

  test('is handed out once when it is over', () => {
    const s = new Story()
    const { connection } = s.rests()
    expect(s.sightings.take(connection)).toMatchObject({ connection, visited: true, stay: s.stay })
    expect([s.sightings.take(connection), s.sightings.get(connection)]).toEqual([null, undefined])
  })

  test('is given up for a later one, unless it is the latest of its agent', () => {
    const s = new Story()
    const [old, latest] = [s.rests(), s.rests()]
    const other = new Story()
    for (const { connection } of [old, latest]) {
      const later = other.opens()
      Object.assign(later, {
        connection: connection + (1 << 16), // the rows that there are
        visited: true,
        agent: other.agent,
      })
      s.sightings.rest(later, other.stay)
    }
    expect(s.sightings.get(old.connection)).toBe(undefined)
    expect(s.stay.attachment.last).toMatchObject({ connection: latest.connection })
    expect(s.stay.visit!.sighting).toBe(s.stay.attachment.last)
  })
})

test.each<[string, (sighting: TrackedSighting, other: TrackedSighting) => void]>([
  ['was not heard of as opening', (s) => Object.defineProperty(s, 'handshake', { value: null })],
  ['runs behind a relay', (s) => void (s.leg = 'back')],
  ['carries requests', (s) => void s.requests++],
  ['has fallen silent', (s) => void (s.initialBytes = 0)],
  ['ends', (s) => void s.end],
  ['has a successor', (s) => s.path.follow(9)],
  ['has a second tap', (s, other) => s.path.join(other.path, 'same addresses and ports')],
])('a connection that %s does not rest', (_what, change) => {
  const s = new Story()
  const sighting = s.opens()
  sighting.visited = true
  change(sighting, s.opens())
  expect(s.sightings.canRest(sighting)).toBe(false)
})

test('beyond the limit, the oldest that its addresses say all of is forgotten', () => {
  const s = new Story()
  const parts = Array.from({ length: SIGHTINGS_MAX + 10 }, () => s.opens())
  parts.forEach((sighting, i) => void (sighting.visited = i !== 1))
  const more = Array.from({ length: 20 }, () => s.opens())
  const kept = (list: readonly TrackedSighting[]) =>
    list.filter((t) => s.sightings.get(t.connection) === t).length
  expect(s.sightings.get(parts[0]!.connection)).toBe(undefined)
  expect(s.sightings.get(parts[1]!.connection)).toBe(parts[1])
  expect(kept(more)).toBe(more.length)
})

test('a new sighting of a connection takes the place of the old one', () => {
  const s = new Story()
  const old = s.opens()
  const fresh = s.opens()
  Object.assign(fresh, { connection: old.connection })
  s.sightings.add(fresh)
  expect(s.sightings.take(old.connection)).toBe(fresh)
  expect(s.sightings.get(old.connection)).toBe(undefined)
})

test('beyond the limit, a connection that its agent left a day ago is forgotten, whatever it says', () => {
  const s = new Story()
  const left = s.opens()
  const shared = s.opens()
  const used = s.opens()
  const kept = s.opens()
  for (const sighting of [left, shared, used, kept])
    Object.assign(sighting, { speaker: s.agent, visited: true })
  left.path.follow(used)
  shared.path.follow(used)
  shared.path.join(s.parties.sighting({ tap: 'server' }).path, 'same addresses and ports')
  used.path.follow(kept)
  // Ten seconds apart: the last of them opens two days later.
  for (let i = 0; i < SIGHTINGS_MAX; i++) {
    const sighting = s.opens()
    Object.assign(sighting, { speaker: s.agent, visited: true })
    used.lastAt = sighting.start
  }
  for (let i = 0; i < SIGHTINGS_MAX / 2; i++) s.opens().speaker = s.agent
  expect(s.sightings.get(left.connection)).toBe(undefined)
  expect(s.sightings.get(shared.connection)).toBe(shared)
  expect(s.sightings.get(used.connection)).toBe(used)
  expect(s.sightings.get(kept.connection)).toBe(kept)
})

test.each([
  ['the latest', 0],
  ['the older ones', SIGHTINGS_MAX],
])('nor does it wait for the limit: as time passes, among %s', (_which, later) => {
  const s = new Story()
  const left = s.opens()
  const shared = s.opens()
  const used = s.opens()
  const last = s.opens()
  for (const sighting of [left, shared, used]) sighting.path.follow(last)
  shared.path.join(s.parties.sighting({ tap: 'server' }).path, 'same addresses and ports')
  for (let i = 0; i < later; i++) s.sightings.take(s.opens().connection)
  // They lose their places to the next ones.
  for (let i = 0; i < 9 && later > 0; i++) s.opens()
  const early = [left, shared, used, last]
  const kept = () => early.map((sighting) => s.sightings.known(sighting.connection) === sighting)
  const isGiven = (hours: number) => {
    for (let minute = 0; minute < 720; minute++) s.sightings.timePassed(seconds(hours * 3600 + minute * 60))
    return kept()
  }
  used.lastAt = seconds(30 * 3600)
  expect(isGiven(12)).toEqual([true, true, true, true])
  expect(isGiven(36)).toEqual([false, true, true, true])
  expect(s.left).toEqual([left])
  expect([left.closed, left.path.next, left.path.hasNext]).toEqual([true, null, true])
  expect([used.closed, last.closed]).toEqual([false, false])
})
