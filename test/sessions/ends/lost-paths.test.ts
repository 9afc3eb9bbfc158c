import { describe, expect, test } from 'vitest'
import { lostSighting } from '../../../src/sessions/ends/lost-paths.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { finished, Parties, reset, silence } from '../parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [443],
      servers: [{ name: 'dlp1', addresses: ['192.0.2.10'] }],
    },
  ],
}

describe('the sighting that shows how a path was lost', () => {
  const lost = (change: (sighting: TrackedSighting) => void): boolean => {
    const sighting = new Parties(CONFIG).sighting()
    change(sighting)
    return lostSighting(sighting.path) !== null
  }
  const idle = (sighting: TrackedSighting): void => void (sighting.end.silence = silence(sighting, 'aborted'))
  const resetByAgent = (sighting: TrackedSighting, hopLimit: number): void => {
    idle(sighting)
    sighting.end.resets[0] = reset(sighting, 0, 310, { hopLimit, usualHopLimit: 127 })
  }

  test.each<[string, (sighting: TrackedSighting) => void, boolean]>([
    ['idle at its end', idle, true],
    ['not idle', () => {}, false],
    ['what became of it is not known', (s) => (s.end.silence = silence(s, 'unknown')), false],
    ['the agent reset it', (s) => resetByAgent(s, 127), false],
    ['a reset in its name, from nearer by', (s) => resetByAgent(s, 64), true],
    ['a reset in its name that started elsewhere and came as far', (s) => resetByAgent(s, 63), false],
    [
      'the agent gave up on one that nobody answered',
      (s) => {
        resetByAgent(s, 127)
        s.end.silence = silence(s, 'unanswered')
      },
      true,
    ],
  ])('%s', (_what, change, expected) => expect(lost(change)).toBe(expected))

  /** A relay aborts its own connection after 300 s; the agent's was closed then, from the servers' side. */
  const kept = (closedAt: number): boolean => {
    const parties = new Parties(CONFIG)
    const [front, back] = [parties.sighting({ leg: 'front' }), parties.sighting({ leg: 'back' })]
    front.end.finished[1] = finished(front, 1, closedAt)
    idle(back)
    front.path.join(back.path, 'PROXY header')
    return lostSighting(front.path) !== null
  }

  test('is none where a relay kept its own, and closed it when nobody came', () => {
    expect([kept(20), kept(307), kept(309)]).toEqual([false, false, true])
  })

  /** A relay aborts its own connection after 300 s, and tells the agent, whose side was not idle. */
  const relayed = (requests: number, responses: number): boolean => {
    const parties = new Parties(CONFIG)
    const [front, back] = [parties.sighting({ leg: 'front' }), parties.sighting({ leg: 'back' })]
    front.end.finished[1] = finished(front, 1, 310)
    idle(back)
    Object.assign(back, { requests, responses })
    front.path.join(back.path, 'PROXY header')
    return lostSighting(front.path) !== null
  }

  test('is none where the server owed an answer, for which the relay waited no longer', () => {
    expect([relayed(2, 1), relayed(2, 2), relayed(0, 0)]).toEqual([false, true, true])
  })

  /** The server asks at 310 s and is not answered, at its tap; the agent closes, at its own. */
  const givenUp = (closedAt: number): string | null => {
    const parties = new Parties(CONFIG)
    const [client, server] = ['client', 'server'].map((tap) => parties.sighting({ tap }))
    server!.end.silence = silence(server!, 'unanswered', { brokenBy: 1 })
    client!.end.silence = silence(client!, 'closed', { to: closedAt, breaker: 'fin' })
    client!.end.finished[0] = finished(client!, 0, closedAt)
    client!.path.join(server!.path, 'same addresses and ports')
    return lostSighting(client!.path)?.tap ?? null
  }

  test('is that of the tap where nobody answered, if the agent closed only later', () => {
    expect([givenUp(300), givenUp(311), givenUp(328)]).toEqual([null, null, 'server'])
  })
})
