import { describe, expect, test } from 'vitest'
import { agentOf, agentOnPath, nameSighting, shareAgent } from '../../../src/sessions/agents/path-agent.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { AGENT, Parties } from '../parties.ts'

const parties = new Parties()
const named = (id: string, confidence = 0.9) => parties.agents.named({ id, by: 'cookie', confidence })

/** Two sightings of one path. */
function path(): [TrackedSighting, TrackedSighting] {
  const front = parties.sighting({ leg: 'front' })
  const back = parties.sighting({ tap: 'server', leg: 'back', from: { address: '10.10.3.1', port: 1 } })
  front.path.join(back.path, 'PROXY header')
  return [front, back]
}

describe('an agent that was found on one sighting', () => {
  test('is the agent of all', () => {
    const [front, back] = path()
    nameSighting(back, named('A'))
    expect([front.agent?.id, back.agent?.id]).toEqual(['A', 'A'])
  })

  test.each<[string, (front: TrackedSighting) => void, string]>([
    ['takes the place of a guess by address', (front) => (front.agent = named('by address')), 'A'],
    [
      'leaves one that claimed it with as much right',
      (front) => (front.agent = front.speaker = named('claimed')),
      'claimed',
    ],
    [
      'takes the place of one that claimed it with less',
      (front) => (front.agent = front.speaker = named('weak', 0.5)),
      'A',
    ],
    [
      'takes the place of one that cannot be named',
      (front) => (front.agent = front.speaker = parties.agents.unnamed('tls-session-1', 'tls-session', 0.99)),
      'A',
    ],
  ])('%s', (_what, change, id) => {
    const [front, back] = path()
    change(front)
    nameSighting(back, named('A'))
    expect(front.agent?.id).toBe(id)
  })
})

test('two paths that became one share the better agent; addresses are not asked', () => {
  const [front, back] = path()
  shareAgent(front.path)
  expect([front.agent, back.agent]).toEqual([null, null])
  back.agent = named('A')
  shareAgent(front.path)
  expect(front.agent?.id).toBe('A')
  back.agent = named('B', 0.99)
  shareAgent(front.path)
  expect(front.agent?.id).toBe('B')
})

test("an address speaks for an agent's own side only", () => {
  const [front, back] = path()
  expect(agentOf(front, parties.agents)?.id).toBe(AGENT.address)
  expect(agentOf(back, parties.agents)).toBe(null)
  expect(agentOnPath(back.path, parties.agents)?.id).toBe(AGENT.address)
  back.agent = named('A')
  expect(agentOnPath(front.path, parties.agents)?.id).toBe('A')
})
