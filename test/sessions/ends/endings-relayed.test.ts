/** Ends of paths that run through a relay: its own connection to a server may come and go. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { finished, reset, silence } from '../parties.ts'

import { Story } from './endings-story.ts'

const from = (n: number) => ({ from: { address: `10.0.1.${n}`, port: 50_000 } })

describe('a path through a relay', () => {
  /** Both legs, joined and open. */
  function relayed() {
    const s = new Story()
    const front = s.opens({ leg: 'front' })
    const back = s.opens({ tap: 'server', leg: 'back', ...from(2) })
    front.path.join(back.path, 'same agent at the same time')
    for (const sighting of [front, back]) s.open.set(sighting.connection, sighting)
    s.arrives(front)
    return { s, front, back }
  }
  const purge = (s: Story, back: TrackedSighting, at: number): void => {
    s.endings.silence(back, silence(back, 'aborted', { to: at }))
    s.endings.reset(back, reset(back, 0, at))
    s.open.delete(back.connection)
  }

  test('does not end with the relay’s own connection, while the agents’ side is open', () => {
    const { s, front, back } = relayed()
    purge(s, back, 100)
    expect(s.told('path-ended', 200)).toEqual([])
    expect([front.path.ending, front.path.endedAt]).toEqual([false, null])
  })

  test('ends when the agents’ side does, later or at once', () => {
    const { s, front, back } = relayed()
    purge(s, back, 100)
    s.agenda.runUntil(seconds(200))
    s.endings.silence(front, silence(front, 'closed', { to: 310, brokenBy: 1, breaker: 'fin' }))
    s.endings.finished(front, finished(front, 1, 310))
    expect(s.told('path-ended')).toMatchObject([{ at: seconds(310), lost: front }])
    const other = relayed()
    purge(other.s, other.back, 310)
    other.s.endings.silence(
      other.front,
      silence(other.front, 'closed', { to: 310, brokenBy: 1, breaker: 'fin' }),
    )
    expect(other.s.told('path-ended')).toMatchObject([{ at: seconds(310), lost: other.front }])
  })

  test('ends with the relay’s own connection, where nothing more is known of the agents’ side', () => {
    const { s, front, back } = relayed()
    s.open.delete(front.connection) // its capture is over
    purge(s, back, 310)
    expect(s.told('path-ended')).toMatchObject([{ at: seconds(310), lost: back }])
  })

  test('is not left for another connection of the relay, nor lost where that is shared', () => {
    const { s, front, back } = relayed()
    purge(s, back, 310)
    const further = s.opens({ tap: 'server', leg: 'back', ...from(3), start: 312 })
    s.arrives(further)
    expect(front.path.hasNext).toBe(false)
    const named = (id: string) => s.parties.agents.named({ id, by: 'http-header', confidence: 0.9 })
    further.speaker = named('C')
    s.parties.pools.spoke(further, named('D'))
    s.endings.silence(front, silence(front, 'closed', { to: 313, brokenBy: 1, breaker: 'fin' }))
    const shared = s.opens({ tap: 'server', leg: 'back', ...from(3), start: 314 })
    s.arrives(shared)
    expect(front.path.hasNext).toBe(false)
    s.endings.silence(shared, silence(shared, 'aborted', { from: 320, to: 420 }))
    expect(s.told('path-ended').map(({ lost }) => lost)).toEqual([front, null])
  })
})

describe('what ended together with it through one relay', () => {
  const RELAY = { tap: 'server', leg: 'back', from: { address: '10.10.3.1', port: 2 } } as const

  test.each([
    ['is what its server or relay closed', 1, 1],
    ['is not what the agent had closed in front of it', 0, 0],
  ] as const)('%s', (_what, by, count) => {
    const s = new Story()
    const [front, back] = [s.opens({ leg: 'front', ...from(1) }), s.opens(RELAY)]
    front.path.join(back.path, 'PROXY header')
    s.endings.finished(front, finished(front, by, 310))
    s.endings.finished(back, finished(back, 0, 310))
    s.closesAt(310, { ...RELAY, from: { ...RELAY.from, port: 3 } })
    expect(s.told('path-ended')[0]!.endedTogether).toHaveLength(count)
  })
})
