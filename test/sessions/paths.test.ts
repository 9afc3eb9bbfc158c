import { describe, expect, test } from 'vitest'
import { Paths } from '../../src/sessions/paths.ts'
import type { TrackedPath, TrackedSighting } from '../../src/sessions/sighting.ts'
import { relayAddress } from '../../src/model/party.ts'
import { SECOND } from '../../src/model/time.ts'
import { AGENT, Parties, SERVER } from './parties.ts'
import type { SightingParts } from './parties.ts'

const BALANCER = { address: '10.10.3.1', port: 10_000 }
const VIP = { address: '10.10.2.10', port: 443 }
const OUTER = { address: '203.0.113.5', port: 20_000 }
/** Both legs belong to one service. */
const CONFIG = {
  services: [{ name: 's', vips: [VIP.address], servers: [{ name: 's1', addresses: [SERVER.address] }] }],
}
const TEXT = 'agent=A1 hello to you'

type Two = readonly [a: SightingParts, b: SightingParts]
type Says = (paths: Paths, sighting: TrackedSighting, parties: Parties) => void

const opens: Says = (paths, sighting, parties) => paths.opened(sighting, parties.sequenceOf(sighting))
const hello: Says = (paths, sighting) => paths.hello(sighting, 'r'.repeat(64))
const opening: Says = (paths, sighting) => paths.opening(sighting, TEXT)
const namedAfter =
  (seconds: number): Says =>
  (paths, sighting, { agents }) => {
    const agent = agents.named({ id: 'A1', by: 'cookie', confidence: 0.9 })
    paths.named(sighting, agent, sighting.start + seconds * SECOND)
  }
const named = namedAfter(0)

/** Why two sightings are one path; empty if they are not. */
function joined(
  [a, b]: Two,
  says: Says,
  also: (first: TrackedSighting) => void = () => {},
  mayBeRelays: () => boolean = () => false,
): readonly string[] {
  const told: TrackedPath[] = []
  const paths = new Paths((path) => told.push(path), mayBeRelays)
  const parties = new Parties(CONFIG)
  const [first, second] = [parties.sighting(a), parties.sighting(b)]
  says(paths, first, parties)
  also(first)
  says(paths, second, parties)
  if (first.path !== second.path) {
    expect(told).toEqual([])
    return []
  }
  expect(told).toEqual([first.path])
  expect(first.path.sightings).toEqual([first, second])
  return first.path.joinedBy
}

const FRONT = { tap: 'client', leg: 'front', to: VIP } as const
const BACK = { tap: 'server', leg: 'back', from: BALANCER } as const
const ISN = [7, 8] as const

describe('one connection', () => {
  test.each<[string, Two, Says, string]>([
    ['the same tuple at two taps', [{}, { tap: 'server' }], opens, 'same addresses and ports'],
    [
      'the same tuple, clocks apart by two seconds',
      [{}, { tap: 'server', start: 2 }],
      opens,
      'same addresses and ports',
    ],
    [
      'the same tuple, at a tap that began later',
      [{}, { tap: 'server', start: 500, handshake: 'none' }],
      opens,
      'same addresses and ports',
    ],
    [
      'other addresses, the same sequence numbers: translated on the way',
      [{ sequence: ISN }, { tap: 'server', from: OUTER, sequence: ISN }],
      opens,
      'same initial sequence numbers',
    ],
    ['a relay that passes TLS on', [FRONT, BACK], hello, 'same TLS ClientHello'],
    ['a relay that passes octets on', [FRONT, { ...BACK, start: 1.9 }], opening, 'same first octets'],
    ['the back leg first, by the clocks', [{ ...BACK, start: 1 }, FRONT], opening, 'same first octets'],
    ['an agent on both legs', [FRONT, BACK], named, 'same agent at the same time'],
    ['both legs at one tap', [FRONT, { ...BACK, tap: 'client' }], named, 'same agent at the same time'],
  ])('%s', (_what, two, says, why) => expect(joined(two, says)).toEqual([why]))

  test('a PROXY header names the front', () => {
    const says: Says = (paths, sighting, parties) => {
      if (sighting.leg === 'front') paths.opened(sighting, parties.sequenceOf(sighting))
      else paths.proxied(sighting, AGENT, VIP)
    }
    expect(joined([FRONT, BACK], says)).toEqual(['PROXY header'])
  })

  test('at three taps: every join is told with its reason', () => {
    const paths = new Paths(() => {})
    const parties = new Parties(CONFIG)
    const front = parties.sighting(FRONT)
    const middle = parties.sighting({ ...FRONT, tap: 'middle' })
    const back = parties.sighting(BACK)
    for (const sighting of [front, middle, back]) {
      paths.opened(sighting, parties.sequenceOf(sighting))
      paths.hello(sighting, 'r')
    }
    expect(front.path.sightings).toEqual([front, middle, back])
    expect(front.path.joinedBy).toEqual(['same addresses and ports', 'same TLS ClientHello'])
    expect([middle.path, back.path]).toEqual([front.path, front.path])
  })
})

describe('two connections', () => {
  test.each<[string, Two, Says]>([
    ['the tuple was used again', [{}, { tap: 'server', start: 3 }], opens],
    ['the same tuple twice at one tap', [{}, { start: 1 }], opens],
    ['another port', [{}, { tap: 'server', from: { ...AGENT, port: 50_001 } }], opens],
    [
      'the same sequence numbers, long after',
      [{ sequence: ISN }, { tap: 'server', from: OUTER, sequence: ISN, start: 3 }],
      opens,
    ],
    [
      'the same number of one side only',
      [{ sequence: ISN }, { tap: 'server', from: OUTER, sequence: [7, 9] }],
      opens,
    ],
    ['both sides of the translation at one tap', [{ sequence: ISN }, { from: OUTER, sequence: ISN }], opens],
    ['the same octets, long after', [FRONT, { ...BACK, start: 2.1 }], opening],
    ['the same octets on one side of the relay', [FRONT, { ...FRONT, tap: 'middle', from: OUTER }], opening],
    ['the same octets without a relay', [{}, { tap: 'server', from: OUTER }], opening],
    ['another service', [FRONT, { ...BACK, to: { address: '192.0.2.77', port: 443 } }], opening],
    ['the same agent, long after', [FRONT, { ...BACK, start: 2.1 }], named],
    ['the same agent at two taps without a relay', [{}, { tap: 'server', from: OUTER }], named],
    ['an agent at a relay and at a server', [FRONT, { tap: 'server', from: OUTER }], named],
  ])('%s', (_what, two, says) => expect(joined(two, says)).toEqual([]))

  test('a greeting that is too short to tell anybody apart', () => {
    const says: Says = (paths, sighting) => paths.opening(sighting, 'EHLO client.exa')
    expect(joined([FRONT, BACK], says)).toEqual([])
  })

  test('another ClientHello', () => {
    const says: Says = (paths, sighting) => paths.hello(sighting, sighting.tap)
    expect(joined([FRONT, BACK], says)).toEqual([])
  })

  test('a PROXY header of somebody else', () => {
    const says: Says = (paths, sighting, parties) => {
      if (sighting.leg === 'front') paths.opened(sighting, parties.sequenceOf(sighting))
      else paths.proxied(sighting, { ...AGENT, port: 1 }, VIP)
    }
    expect(joined([FRONT, BACK], says)).toEqual([])
  })

  test('a connection that was over when the other tap saw one in the middle', () => {
    const two: Two = [{}, { tap: 'server', start: 500, handshake: 'none' }]
    expect(joined(two, opens, (first) => (first.closed = true))).toEqual([])
  })

  test('what two clients say alike tells neither', () => {
    const paths = new Paths(() => {})
    const parties = new Parties(CONFIG)
    const fronts = [AGENT, { address: '10.0.0.6', port: 1 }].map((from) =>
      parties.sighting({ ...FRONT, from }),
    )
    const backs = [1, 2].map((port) => parties.sighting({ ...BACK, from: { ...BALANCER, port } }))
    for (const sighting of [...fronts, ...backs]) paths.opening(sighting, TEXT)
    expect([...fronts, ...backs].map(({ path }) => path.sightings.length)).toEqual([1, 1, 1, 1])
  })
})

describe('a relay that is not known as one', () => {
  const KEPT = { tap: 'server', from: { ...AGENT, port: 10_000 } } as const
  const POOLED = { tap: 'server', from: { address: '10.10.3.9', port: 10_000 } } as const
  const asks =
    (client: string | null): Says =>
    (paths, sighting) =>
      paths.asked(sighting, sighting.leg === 'front' ? null : client, 'GET /policy')

  test.each<[string, SightingParts, Says, string]>([
    ['passes octets on under the agent’s address', KEPT, opening, 'same first octets'],
    ['asks what the agent asks, under its address', KEPT, asks(null), 'same request of one client'],
    ['says for whom it asks', POOLED, asks(AGENT.address), 'same request of one client'],
    ['passes TLS on', POOLED, hello, 'same TLS ClientHello'],
    ['passes on what names the agent', POOLED, named, 'same agent at the same time'],
  ])('%s', (_what, parts, says, why) => {
    expect(
      joined(
        [FRONT, parts],
        says,
        () => {},
        () => true,
      ),
    ).toEqual([why])
  })

  test.each<[string, SightingParts, Says]>([
    ['says what anybody may say', POOLED, opening],
    ['asks for another', POOLED, asks('10.0.0.6')],
    ['does not say for whom it asks', POOLED, asks(null)],
  ])('may be somebody else, who %s', (_what, parts, says) => {
    expect(
      joined(
        [FRONT, parts],
        says,
        () => {},
        () => true,
      ),
    ).toEqual([])
  })

  test('one that it had before is no half of a call that came later', () => {
    const ask = asks(AGENT.address)
    expect(joined([BACK, { ...FRONT, start: 1 }], ask)).toEqual([])
    expect(joined([BACK, { ...FRONT, start: 0.1 }], ask)).toEqual(['same request of one client'])
  })

  test('its connection is known for one from then on; an agent’s is not', () => {
    const parties = new Parties(CONFIG)
    const paths = new Paths(
      () => {},
      () => true,
    )
    const [front, kept, twin] = [FRONT, KEPT, { tap: 'middle' }].map((parts) => parties.sighting(parts)) as [
      TrackedSighting,
      TrackedSighting,
      TrackedSighting,
    ]
    for (const sighting of [front, kept]) opening(paths, sighting, parties)
    paths.opened(twin, parties.sequenceOf(twin))
    expect([front.leg, kept.leg, twin.leg]).toEqual(['front', 'back', 'direct'])
    expect(relayAddress(kept)).toBe(VIP.address)
  })
})

test('what one client says twice at once tells neither', () => {
  const paths = new Paths(() => {})
  const parties = new Parties(CONFIG)
  const fronts = [1, 2].map((port) => parties.sighting({ ...FRONT, from: { ...AGENT, port } }))
  const backs = [1, 2].map((port) => parties.sighting({ ...BACK, from: { ...BALANCER, port } }))
  for (const sighting of [...fronts, ...backs]) paths.opening(sighting, TEXT)
  expect([...fronts, ...backs].map(({ path }) => path.sightings.length)).toEqual([1, 1, 1, 1])
})

test('what one client says twice, one after the other, is said on two paths', () => {
  const paths = new Paths(() => {})
  const parties = new Parties(CONFIG)
  const legs = [0, 3].flatMap((start, i) => [
    parties.sighting({ ...FRONT, start, from: { ...AGENT, port: i } }),
    parties.sighting({ ...BACK, start, from: { ...BALANCER, port: i } }),
  ])
  for (const sighting of legs) paths.opening(sighting, TEXT)
  expect(legs.map(({ path }) => legs.indexOf(path.first))).toEqual([0, 0, 2, 2])
})

test('a joined path keeps what its parts knew', () => {
  const paths = new Paths(() => {})
  const parties = new Parties(CONFIG)
  const [front, back] = [parties.sighting(FRONT), parties.sighting(BACK)]
  back.path.reach(back.server!)
  back.path.ending = true
  back.path.endedAt = 5
  paths.hello(front, 'r')
  paths.hello(back, 'r')
  const { path } = front
  expect([path.hasReached(back.server!), path.ending, path.endedAt]).toEqual([true, true, 5])
})

/** What is over is forgotten, however much comes; what is open is not. */
test('a connection that stays open is known again after many that came and went', () => {
  const paths = new Paths(() => {})
  const parties = new Parties(CONFIG)
  const lasting = parties.sighting({})
  paths.opened(lasting, parties.sequenceOf(lasting))
  for (let i = 0; i < 10_000; i++) {
    const passing = parties.sighting({ from: { address: `10.9.${i >> 8}.${i & 255}`, port: 50_001 } })
    paths.opened(passing, [i, i])
    passing.closed = true
  }
  const late = parties.sighting({ tap: 'server', start: 500, handshake: 'none' })
  paths.opened(late, parties.sequenceOf(late))
  expect(late.path).toBe(lasting.path)
})

test('an agent may name itself five minutes later on one leg than on the other', () => {
  const paths = new Paths(() => {})
  const parties = new Parties(CONFIG)
  const [front, back] = [parties.sighting(FRONT), parties.sighting(BACK)]
  const others = Array.from({ length: 300 }, (_, i) => parties.sighting({ ...FRONT, start: i }))
  named(paths, front, parties)
  others.forEach((sighting, i) =>
    paths.named(sighting, parties.agents.named({ id: `B${i}`, by: 'cookie', confidence: 0.9 }), i * SECOND),
  )
  namedAfter(299)(paths, back, parties)
  expect(back.path).toBe(front.path)
})

test('a leg between two relays is one path with those before and behind it, however it is told of', () => {
  const parties = new Parties(CONFIG)
  const paths = new Paths(() => {})
  const [front, between, back] = [FRONT, { ...FRONT, tap: 'middle', from: BALANCER }, BACK].map((parts) =>
    parties.sighting(parts),
  ) as [TrackedSighting, TrackedSighting, TrackedSighting]
  between.openedFor(front.originator.address)
  for (const sighting of [front, between, back]) named(paths, sighting, parties)
  expect(front.path.sightings).toEqual([front, between, back])
  expect([front, between, back].map(({ isBetweenRelays }) => isBetweenRelays)).toEqual([false, true, false])
})
