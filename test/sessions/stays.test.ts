import { BlindTimes } from '../../src/sessions/blind-times.ts'
import { describe, expect, test } from 'vitest'
import type { ConnectionSummary } from '../../src/model/connection.ts'
import type { SilenceOutcome } from '../../src/model/observation.ts'
import type { Leg } from '../../src/model/party.ts'
import type { SessionRecord } from '../../src/model/record.ts'
import { seconds } from '../../src/model/time.ts'
import { Health } from '../../src/sessions/servers/health.ts'
import { Policy } from '../../src/sessions/servers/policy.ts'
import { ServerMoves } from '../../src/sessions/servers/server-moves.ts'
import { Stays } from '../../src/sessions/stays.ts'
import { ATTACHMENTS_MAX } from '../../src/sessions/agents/tracked-agent.ts'
import { AGENT, finished, Parties, reset, silence, summaryOf } from './parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      ports: [443],
      servers: [
        { name: 'dlp1', addresses: ['192.0.2.10'], priority: 1 },
        { name: 'dlp2', addresses: ['192.0.2.11'], priority: 2 },
      ],
    },
  ],
}
/** A packet that shows something at so many seconds. */
const shownAt = (n: number) => ({ tap: 'client', packet: 1, at: seconds(n), ends: null })
const at = (n: number) => ({ to: { address: `192.0.2.1${n - 1}`, port: 443 } })

class Story {
  readonly parties = new Parties(CONFIG)
  readonly health = new Health()
  private readonly due: (() => void)[] = []
  readonly stays = new Stays(
    new ServerMoves({
      blind: new BlindTimes(),
      health: this.health,
      policy: new Policy(this.parties.inventory),
      later: (_at, act) => void this.due.push(act),
      tell: () => {},
    }),
  )
  readonly records: SessionRecord[] = []

  constructor() {
    this.stays.reportTo((record) => this.records.push(record))
  }

  /** A visits server `n`; the visit before, as server and time. */
  visits(n: number, time: number, agent = 'A') {
    const sighting = this.parties.sighting(at(n))
    const previous = this.stays.visit(this.parties.visit(sighting, agent, time))
    return { sighting, previous: previous === null ? null : `${previous.server.name} ${previous.at / 1e6}` }
  }

  /** Agents that were at a server. */
  get atServers(): number {
    return [...this.parties.agents.all()].filter(({ wasAtServer }) => wasAtServer).length
  }

  /** Time passes: what waits to be known is. */
  settles(): void {
    for (const act of this.due.splice(0)) act()
  }

  ended(now: number): string[] {
    this.settles()
    this.stays.ended(seconds(now))
    return this.records.map(
      (r) => `${r.agent} ${r.server} ${r.start / 1e6}-${r.end / 1e6} ${r.connections} ${r.endedBy}`,
    )
  }
}

test('visits to one server are one stay; the last contact is remembered', () => {
  const story = new Story()
  expect(story.visits(1, 10).previous).toBe(null)
  expect(story.visits(1, 20).previous).toBe('dlp1 10')
  expect(story.visits(2, 30).previous).toBe('dlp1 20')
  expect(story.ended(100)).toEqual(['A dlp1 10-20 2 hop', 'A dlp2 30-100 1 capture-end'])
  expect(story.records.map(({ id, service }) => [id, service])).toEqual([
    ['S1', 'dlp'],
    ['S2', 'dlp'],
  ])
  expect([story.stays.servers.size, story.atServers]).toEqual([2, 1])
})

test('a stay lasts until its last packet, even if that is told after the next has begun', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  const { sighting: second } = story.visits(1, 20)
  story.visits(2, 60)
  story.health.answered(sighting.server!, seconds(60), shownAt(60)) // it was well: the agent hopped
  story.settles()
  expect(story.records).toEqual([])
  story.stays.closed(sighting, summaryOf(sighting, { end: seconds(19) }))
  story.stays.closed(second, summaryOf(second, { end: seconds(50) }))
  expect(story.records.map(({ end, endedBy }) => [end / 1e6, endedBy])).toEqual([[50, 'hop']])
  expect(story.ended(100)).toEqual(['A dlp1 10-50 2 hop', 'A dlp2 60-100 1 capture-end'])
})

test('what is left open at the server before does not make the stay longer', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  story.visits(2, 60)
  story.stays.closed(sighting, summaryOf(sighting, { end: seconds(90) }))
  expect(story.ended(100)[0]).toBe('A dlp1 10-60 1 hop')
})

test('agents are apart', () => {
  const story = new Story()
  story.visits(1, 10)
  expect(story.visits(2, 20, 'B').previous).toBe(null)
  expect(story.ended(30)).toHaveLength(2)
})

describe('a move', () => {
  test('is a failover if the server before had failed since', () => {
    const story = new Story()
    story.visits(1, 10)
    const { server } = story.parties.sighting(at(1))
    const failure = { ...shownAt(15), what: 'refused', manner: 'refused' } as const
    story.health.failed(server!, { ...failure, by: AGENT.address })
    story.visits(2, 20)
    expect(story.ended(30)[0]).toBe('A dlp1 10-10 1 failover')
  })

  test('is none if it failed for somebody else', () => {
    const story = new Story()
    story.visits(1, 10)
    const { server } = story.parties.sighting(at(1))
    const failure = { ...shownAt(15), what: 'refused', manner: 'refused' } as const
    story.health.failed(server!, { ...failure, by: '10.0.0.99' })
    story.visits(2, 20)
    expect(story.ended(30)[0]).toBe('A dlp1 10-10 1 hop')
  })

  test('back after a hop is another one', () => {
    const story = new Story()
    story.visits(1, 10)
    story.visits(2, 20)
    story.settles()
    story.health.answered(story.parties.sighting(at(1)).server!, seconds(21), shownAt(21))
    story.visits(1, 30)
    expect(story.ended(40).map((line) => line.split(' ').at(-1))).toEqual(['hop', 'hop', 'capture-end'])
  })

  test('is a failback if it leads to a server that is preferred', () => {
    const story = new Story()
    story.visits(2, 10)
    story.visits(1, 20)
    expect(story.ended(30)[0]).toBe('A dlp2 10-10 1 failback')
  })
})

/** What a session ends by, when its only connection ended so. */
function endedBy(
  parts: Partial<ConnectionSummary>,
  outcome?: SilenceOutcome,
  leg: Leg = 'direct',
  closer?: 0 | 1,
): string {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  sighting.leg = leg
  if (outcome !== undefined) sighting.end.silence = silence(sighting, outcome)
  if (closer !== undefined) sighting.end.finished[closer] = finished(sighting, closer, 310)
  story.stays.closed(sighting, summaryOf(sighting, parts))
  return story.ended(400)[0]!.split(' ').at(-1)!
}

describe('the end of a session', () => {
  test.each<[string, Partial<ConnectionSummary>, SilenceOutcome | undefined, Leg, 0 | 1 | undefined, string]>(
    [
      ['still open', { endReason: 'open', endedBy: null }, undefined, 'direct', undefined, 'open'],
      ['the agent closed', { endReason: 'client-fin', endedBy: 0 }, undefined, 'direct', 0, 'agent'],
      [
        'the agent closed an idle one',
        { endReason: 'client-fin', endedBy: 0 },
        'closed',
        'direct',
        0,
        'agent',
      ],
      ['the server closed', { endReason: 'server-fin', endedBy: 1 }, undefined, 'direct', 1, 'server'],
      [
        'the server closed an idle one',
        { endReason: 'server-fin', endedBy: 1 },
        'closed',
        'direct',
        1,
        'server',
      ],
      ['nobody answered', { endReason: 'silent', endedBy: null }, undefined, 'direct', undefined, 'severed'],
      [
        'nobody answered, then it was reset',
        { endReason: 'client-rst', endedBy: 0 },
        'unanswered',
        'direct',
        undefined,
        'severed',
      ],
      [
        'the next segment drew a reset',
        { endReason: 'server-rst', endedBy: 1 },
        'reset',
        'direct',
        undefined,
        'severed',
      ],
      [
        'a relay closed an idle one',
        { endReason: 'server-fin', endedBy: 1 },
        'closed',
        'front',
        1,
        'severed',
      ],
      [
        'a relay closed an idle one to the server',
        { endReason: 'client-fin', endedBy: 0 },
        'closed',
        'back',
        0,
        'severed',
      ],
      [
        'another took its place',
        { endReason: 'superseded', endedBy: null },
        undefined,
        'direct',
        undefined,
        'capture-end',
      ],
    ],
  )('%s', (_what, parts, outcome, leg, closer, expected) => {
    expect(endedBy(parts, outcome, leg, closer)).toBe(expected)
  })
})

test('octets of its connections, and its end: that of the last', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  const other = story.visits(1, 12).sighting
  story.stays.closed(sighting, summaryOf(sighting, { end: seconds(30) }))
  story.stays.closed(other, summaryOf(other, { end: seconds(25) }))
  story.stays.closed(story.parties.sighting(), summaryOf(sighting, { end: seconds(99) })) // of no stay
  story.ended(400)
  expect(story.records).toMatchObject([{ bytes: 400, end: seconds(30), connections: 2, endedBy: 'agent' }])
})

describe('a connection that is over before its visit is made', () => {
  /** A server is visited by a connection of which the end is known already. */
  const shortVisit = (story: Story, n: number, from: number, to: number): void => {
    const sighting = story.parties.sighting(at(n))
    sighting.visited = true
    story.stays.closed(sighting, summaryOf(sighting, { end: seconds(to) }))
    story.stays.visit(story.parties.visit(sighting, 'A', from))
  }

  test('is part of the stay, with its octets, and holds nothing open', () => {
    const story = new Story()
    shortVisit(story, 1, 10, 11)
    shortVisit(story, 1, 20, 21)
    expect(story.ended(400)).toEqual(['A dlp1 10-21 2 agent'])
    expect(story.records[0]!.bytes).toBe(400)
  })

  test('lets the stay end when the agent went elsewhere', () => {
    const story = new Story()
    shortVisit(story, 1, 10, 11)
    shortVisit(story, 2, 20, 21)
    story.health.answered(story.parties.sighting(at(1)).server!, seconds(20), shownAt(20)) // the agent hopped
    story.settles()
    expect(story.records.map(({ server, end, endedBy }) => [server, end, endedBy])).toEqual([
      ['dlp1', seconds(11), 'hop'],
    ])
  })
})

test('a connection on which another agent speaks is open for that one alone', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  story.stays.visit(story.parties.visit(sighting, 'B', 20))
  story.stays.closed(sighting, summaryOf(sighting, { end: seconds(30) }))
  expect(story.ended(400)).toEqual(['A dlp1 10-10 1 capture-end', 'B dlp1 20-30 1 agent'])
})

test('a reset of the agent is its own word', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  sighting.end.silence = silence(sighting, 'aborted')
  sighting.end.resets[0] = reset(sighting, 0, 310)
  story.stays.closed(sighting, summaryOf(sighting, { endReason: 'client-rst', endedBy: 0 }))
  expect(story.ended(400)).toEqual(['A dlp1 10-20 1 agent'])
})

test('behind a relay, the end is what the agent said in front of it', () => {
  const story = new Story()
  const { sighting } = story.visits(1, 10)
  sighting.leg = 'back'
  sighting.end.silence = silence(sighting, 'closed')
  const front = story.parties.sighting({ leg: 'front' })
  front.end.finished[0] = finished(front, 0, 310)
  sighting.path.join(front.path, 'PROXY header')
  story.stays.closed(sighting, summaryOf(sighting, { endReason: 'client-fin', endedBy: 0 }))
  expect(story.ended(400)).toEqual(['A dlp1 10-20 1 agent'])
})

describe('an agent at more services than are followed', () => {
  /** Visits a service on each of so many ports. */
  function scans(count: number): Story {
    const story = new Story()
    for (let i = 0; i < count; i++) {
      const sighting = story.parties.sighting({ to: { address: '192.0.2.99', port: 1000 + i } })
      story.stays.visit(story.parties.visit(sighting, 'A', i))
    }
    return story
  }

  test('is part of no session there; the others go on', () => {
    const story = scans(ATTACHMENTS_MAX + 3)
    expect(story.stays.unfollowed).toBe(3)
    expect(story.visits(1, 5_000)).toMatchObject({ previous: null, sighting: { stay: null } })
    const known = story.parties.sighting({ to: { address: '192.0.2.99', port: 1000 } })
    expect(story.stays.visit(story.parties.visit(known, 'A', 6_000))).toMatchObject({ at: 0 })
    story.ended(7_000)
    expect([story.records.length, story.stays.unfollowed]).toEqual([ATTACHMENTS_MAX, 4])
    expect(story.stays.servers.size).toBe(ATTACHMENTS_MAX + 4)
  })

  test('up to the limit all are followed', () => {
    expect(scans(ATTACHMENTS_MAX).stays.unfollowed).toBe(0)
  })

  test('one that is not remembered itself is followed nowhere', () => {
    const story = new Story()
    const agent = story.parties.agents.named({ id: 'A', by: 'http-header', confidence: 0.99 })
    agent.isRemembered = false
    expect(story.visits(1, 10).previous).toBe(null)
    expect(story.visits(2, 20).previous).toBe(null)
    expect([story.ended(100), story.stays.unfollowed, story.atServers]).toEqual([[], 2, 0])
  })
})
