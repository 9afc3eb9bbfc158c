/** Connections that all end at one age, and one that nobody ended. */
import { expect, test } from 'vitest'
import type { CutAtAge } from '../../../src/model/cadence.ts'
import type { DetectorEvent } from '../../../src/model/event.ts'
import { SECOND, seconds } from '../../../src/model/time.ts'
import { followAges } from '../../../src/sessions/ends/ages.ts'
import type { Surroundings } from '../../../src/sessions/follower.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'

const AGE = seconds(3600)
const service = { name: 'dlp', style: 'persistent', idleThreshold: seconds(60) }

/** What became of the connection that was opened the day before. */
type Fate = 'is open' | 'was left' | 'was a check'

/** Four agents at a server, each cut after an hour by somebody nearer than it. */
function told(
  fate: Fate,
  [how, hopLimit]: readonly ['finished' | 'reset', number] = ['finished', 63],
): number {
  const events: CutAtAge[] = []
  const due: (() => void)[] = []
  const follower = followAges({
    tell: (event: DetectorEvent) => void events.push(event as CutAtAge),
    later: (_at: number, act: () => void) => void due.push(act),
  } as Surroundings)
  const opens = (agent: string, start: number): TrackedSighting => {
    const sighting = {
      connection: start,
      tap: 'client',
      leg: 'direct',
      firstLeg: 'direct',
      service,
      handshake: 'complete',
      responder: { address: '10.10.2.10', port: 443 },
      start,
      agent: { id: agent },
      ending: {
        finished: [null, how === 'finished' ? { time: start + AGE, usualHopLimit: 61, hopLimit } : null],
        resets: [null, how === 'reset' ? { time: start + AGE, usualHopLimit: 61, hopLimit } : null],
      },
    } as unknown as TrackedSighting
    Object.assign(sighting, { path: { sightings: [sighting] } })
    follower.observe!['connection-opened']!({} as never, sighting)
    return sighting
  }
  const before = opens('A0', 0)
  if (fate === 'was left') follower.left!(before)
  if (fate === 'was a check') {
    before.leg = 'probe'
    follower.closed!(before, { end: before.start + 1 } as never)
  }
  for (let i = 1; i <= 4; i++) {
    const sighting = opens(`A${i}`, seconds(86_400 + 100 * i))
    const end = { from: 1, first: true, idleBefore: 0, time: sighting.start + AGE, packet: i }
    follower.observe![how]!(end as never, sighting)
    follower.closed!(sighting, { end: end.time } as never)
    for (const act of due.splice(0)) act()
  }
  expect(events.every(({ age }) => age === 3600 * SECOND)).toBe(true)
  return events.length
}

test('one that is still open became older: there is no limit on their age', () => {
  expect(told('is open')).toBe(0)
})

test('one that was left behind says nothing', () => {
  expect(told('was left')).toBe(4)
})

test('one that turned out to be a check of health is over when it closes', () => {
  expect(told('was a check')).toBe(4)
})

test.each([
  ['a reset from nearer than the server is a device’s', 63, 4],
  ['one from as far away is the server’s own, whatever hop limit it began with', 252, 0],
])('%s', (_what, hopLimit, count) => expect(told('was left', ['reset', hopLimit])).toBe(count))
