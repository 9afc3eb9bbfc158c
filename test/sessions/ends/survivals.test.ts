import { expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { Survivals } from '../../../src/sessions/ends/survivals.ts'
import { Parties, silence, summaryOf } from '../parties.ts'

const CONFIG = {
  services: [
    { name: 'dlp', ports: [443], idleThreshold: '60s', servers: [{ name: 'a', addresses: ['192.0.2.10'] }] },
  ],
}

/** What is told after connections of which each survived so much, and paused for so long, in seconds. */
function told(
  connections: readonly { survived?: number; pause?: number; lost?: boolean }[],
): readonly number[] {
  const parties = new Parties(CONFIG)
  const survivals = new Survivals()
  for (const { survived = 0, pause = 0, lost = false } of connections) {
    const sighting = parties.sighting({ to: { address: '192.0.2.10', port: 443 } })
    if (lost) sighting.end.silence = silence(sighting, 'unanswered')
    const spans = { longestSurvived: seconds(survived), maxIdle: seconds(Math.max(survived, pause)) }
    survivals.note(sighting, summaryOf(sighting, spans))
  }
  return survivals.of('dlp', 'direct')
}

test.each([
  ['silences that count as idle', [{ survived: 300 }, { survived: 90 }], [300, 90]],
  [
    'the longest pause that does not',
    [{ survived: 300 }, { pause: 5 }, { pause: 8 }, { pause: 2 }],
    [300, 8],
  ],
  ['a pause alone', [{ pause: 5 }], [5]],
  ['none of a connection that was lost', [{ pause: 5 }, { pause: 50, lost: true }], [5]],
  ['none that retransmissions make', [{ pause: 0.5 }], []],
  ['none as long as what counts, of which nothing shows that it was survived', [{ pause: 70 }], []],
])('%s', (_what, connections, expected) => {
  expect(told(connections)).toEqual(expected)
})
