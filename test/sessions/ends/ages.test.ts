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

/** Four agents at a relay, each cut after an hour; another one's connection was left open the day before. */
function told(isLeft: boolean): number {
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
      leg: 'front',
      service,
      handshake: 'complete',
      responder: { address: '10.10.2.10', port: 443 },
      start,
      agent: { id: agent },
      ending: { finished: [null, { time: start + AGE, usualHopLimit: null, hopLimit: null }], resets: [] },
    } as unknown as TrackedSighting
    Object.assign(sighting, { path: { sightings: [sighting] } })
    follower.observe!['connection-opened']!({} as never, sighting)
    return sighting
  }
  const forgotten = opens('A0', 0)
  if (isLeft) follower.left!(forgotten)
  for (let i = 1; i <= 4; i++) {
    const sighting = opens(`A${i}`, seconds(86_400 + 100 * i))
    const end = { from: 1, first: true, idleBefore: 0, time: sighting.start + AGE, packet: i }
    follower.observe!.finished!(end as never, sighting)
    follower.closed!(sighting, { end: end.time } as never)
    for (const act of due.splice(0)) act()
  }
  expect(events.every(({ age }) => age === 3600 * SECOND)).toBe(true)
  return events.length
}

test('one that is still open became older: there is no limit on their age', () => {
  expect(told(false)).toBe(0)
})

test('one that was left behind says nothing', () => {
  expect(told(true)).toBe(4)
})
