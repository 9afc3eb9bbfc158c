/** What a relay chose, from the stories of its connections to what detectors are told. */
import { expect, test } from 'vitest'
import type { Assigned, DetectorEvent } from '../../../src/model/event.ts'
import {
  ASSIGNMENTS_MAX,
  FIRST_LOOK,
  LATEST_MAX,
  OPEN_MAX,
  followAssignments,
  TURNS_MAX,
} from '../../../src/sessions/relays/assignments.ts'
import type { Surroundings } from '../../../src/sessions/follower.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'

const SERVICE = { name: 'dlp' }
const server = (name: string): unknown => ({ name, service: SERVICE })
const [ONE, TWO] = [server('dlp1'), server('dlp2')]

function playing() {
  const told: Assigned[] = []
  const due: (() => void)[] = []
  const follower = followAssignments({
    tell: (event: DetectorEvent) => void told.push(event as Assigned),
    later: (_at: number, act: () => void) => void due.push(act),
    settle: 0,
  } as Surroundings)
  /** Time passes. */
  const settles = (): void => {
    for (const act of due.splice(0)) act()
  }
  let connection = 0
  let at = 0
  const opens = (to: unknown, more: object = {}): TrackedSighting => {
    const sighting = {
      connection: ++connection,
      tap: 'server',
      originator: { address: '10.0.0.1', port: 1 },
      start: (at += 1000),
      startPacket: connection,
      leg: 'back',
      service: SERVICE,
      server: to,
      path: { isJoined: false, joinedBy: [] },
      ...more,
    } as unknown as TrackedSighting
    follower.observe['connection-opened']!({} as never, sighting)
    return sighting
  }
  const closes = (sighting: TrackedSighting, bytes = 10): void => {
    follower.observe.finished!({} as never, sighting)
    follower.closed(sighting, { halves: [{ bytes }, { bytes: 0 }] } as never)
  }
  const ended = (): Assigned[] => {
    follower.ended()
    return told
  }
  return { follower, told, opens, closes, ended, settles }
}

test('connections in order, with the load of that moment', () => {
  const { opens, closes, ended } = playing()
  const first = opens(ONE)
  const second = opens(TWO)
  const third = opens(TWO)
  closes(first)
  closes(opens(ONE))
  closes(second)
  closes(third)
  const [{ assignments, relay, tap }] = ended() as [Assigned]
  expect([relay, tap]).toEqual(['10.0.0.1', 'server'])
  expect(assignments.map(({ server: to, among, fewest, isFewest }) => [to, among, fewest, isFewest])).toEqual(
    [
      [ONE, 1, 1, true],
      [TWO, 2, 1, true],
      [TWO, 2, 2, true],
      [ONE, 2, 1, true],
    ],
  )
})

test('one that was left behind is not open any more, told or not', () => {
  const { opens, closes, ended, follower } = playing()
  const left = opens(ONE)
  opens(ONE)
  const told = opens(TWO)
  follower.left(left)
  closes(opens(ONE))
  for (let i = 0; i < ASSIGNMENTS_MAX; i++) closes(opens(TWO))
  follower.left(told)
  closes(opens(ONE))
  const choices = ended().flatMap(({ assignments }) => assignments)
  expect(choices[0]).toMatchObject({ server: ONE, among: 2, fewest: 2, isFewest: true })
  expect(choices.at(-1)).toMatchObject({ server: ONE, among: 2, fewest: 1, isFewest: false })
})

test('they are told when the sample suffices, and again when it has doubled, all of them each time', () => {
  const { opens, closes, told, ended, settles } = playing()
  for (let i = 1; i < 4 * FIRST_LOOK; i++) {
    closes(opens(i % 2 === 0 ? ONE : TWO))
    settles()
  }
  const seen = (): unknown[] => told.map(({ assignments, isWhole }) => [assignments.length, isWhole])
  const looks = [
    [FIRST_LOOK, false],
    [2 * FIRST_LOOK, false],
  ]
  expect(seen()).toEqual(looks)
  ended()
  expect(seen()).toEqual([...looks, [4 * FIRST_LOOK - 1, true]])
})

test('checks that carry nothing, other legs, and what another tap showed already are no choices', () => {
  const { opens, closes, ended } = playing()
  closes(opens(ONE), 0)
  closes(opens(ONE, { leg: 'front' }))
  closes(opens(ONE, { leg: 'direct' }))
  const probe = opens(TWO)
  probe.leg = 'probe'
  closes(probe)
  closes(opens(ONE, { path: { isJoined: true, joinedBy: [], sightings: [{ leg: 'back' }] } }))
  expect(ended()).toEqual([])
})

test('many are told at once, and the count begins anew', () => {
  const { opens, closes, ended, told, follower } = playing()
  const visits = (n: number): void => {
    for (let i = 0; i < n; i++) closes(opens(i % 2 === 0 ? ONE : TWO))
  }
  visits(ASSIGNMENTS_MAX)
  expect(told.map(({ assignments }) => assignments.length)).toEqual([ASSIGNMENTS_MAX - 1])
  visits(3)
  expect(follower.of('dlp', '10.0.0.1')).toHaveLength(LATEST_MAX)
  expect(ended().map(({ assignments }) => assignments.length)).toEqual([ASSIGNMENTS_MAX - 1, 3])
  expect(follower.of('dlp', '10.0.0.2')).toEqual([])
})

test('connections whose agent stays unknown make room as their choices are told', () => {
  const { opens, closes, follower } = playing()
  for (let i = 0; i < OPEN_MAX + ASSIGNMENTS_MAX; i++) closes(opens(ONE))
  expect(follower.unfollowed).toBe(0)
})

test('relays beyond the limit are counted', () => {
  const { opens, follower, ended } = playing()
  for (let i = 0; i < TURNS_MAX + 2; i++) opens(ONE, { originator: { address: `10.0.1.${i}`, port: 1 } })
  expect(follower.unfollowed).toBe(2)
  expect(ended()).toEqual([])
})
