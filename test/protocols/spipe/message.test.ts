import { describe, expect, test } from 'vitest'
import type { AgentPurpose } from '../../../src/model/agent-message.ts'
import { spipeMessage, spipeOutcome } from '../../../src/protocols/spipe/message.ts'

const GUID = '{5E2C8F3A-0B1D-4C6E-9F70-112233445566}'

test('a request line of an agent', () => {
  expect(spipeMessage('POST', `/spipe/pkg?AgentGuid=${GUID}&Source=Agent_3.0.0`, 443)).toEqual({
    protocol: 'spipe',
    purpose: 'check-in',
    agentId: GUID,
    source: 'Agent_3.0.0',
    action: null,
    group: null,
    mode: null,
    obfuscated: false,
  })
})

describe.each<[string, string, number, AgentPurpose | null]>([
  ['POST', `/spipe/pkg?AgentGuid=${GUID}`, 80, 'check-in'],
  ['POST', `/SPIPE/PKG?agentguid=${GUID}`, 80, 'check-in'],
  ['POST', '/spipe/agent', 443, 'check-in'],
  ['POST', '/spipe/agent2', 443, 'check-in'],
  ['POST', '/spipe/event', 443, 'event'],
  ['GET', '/spipe/file?x', 443, 'content'],
  ['POST', '/spipe/', 443, 'other'],
  ['POST', `/spipe/pkg?AgentGuid=${GUID}`, 8081, 'wake-up'], // to the agent's own port
  ['GET', '/spipe/file', 8081, 'content'], // from a SuperAgent
  ['GET', `/Software/Current/policy.xml?AgentGuid=${GUID}`, 8081, 'content'],
  ['GET', `/software/previous/catalog.z?AgentGuid=${GUID}`, 80, 'content'],
  ['GET', '/Software/Current/catalog.z', 80, null], // anybody's folder
  ['POST', '/AgentWakeup', 8081, null],
  ['POST', '/', 8081, null],
  ['GET', '/spipes/pkg', 80, null],
  ['GET', '/x/spipe/pkg', 80, null],
])('%s %s at port %d', (method, target, port, purpose) => {
  test(`${purpose}`, () => expect(spipeMessage(method, target, port)?.purpose ?? null).toBe(purpose))
})

test('a GUID that is encoded, twice there, or not decodable', () => {
  const idOf = (query: string) => spipeMessage('POST', `/spipe/pkg${query}`, 80)?.agentId
  expect(idOf('?AgentGuid=%7B1%7D')).toBe('{1}')
  expect(idOf('?AgentGuid={1}&AgentGuid={2}')).toBe('{1}')
  expect(idOf('?AgentGuid=%zz')).toBe('%zz')
  expect(idOf('?AgentGuid')).toBe('')
  expect(idOf('')).toBeNull()
  expect(idOf(`?AgentGuid=${'1'.repeat(257)}`)).toBeNull()
  expect(idOf(`?${'a=1&'.repeat(32)}AgentGuid={1}`)).toBeNull()
})

test.each([
  [200, 'done'],
  [202, 'nothing'],
  [204, 'nothing'],
  [302, 'done'],
  [401, 'refused'],
  [403, 'refused'],
  [404, 'failed'],
  [500, 'failed'],
  [503, 'busy'],
])('status %d: %s', (status, outcome) => expect(spipeOutcome(status)).toBe(outcome))
