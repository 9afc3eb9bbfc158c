import { describe, expect, test } from 'vitest'
import type { AgentPurpose } from '../../../src/model/agent-message.ts'
import { sepmMessage, sepmOutcome } from '../../../src/protocols/sepm/message.ts'

const SMC = (): string => 'Smc'
const HIDDEN = '3397A86EC64FCE11F15337B7BE75CF1EF7443FFA'

test('a heartbeat as clients send it: everything in it is hidden', () => {
  expect(sepmMessage(`/secars/secars.dll?h=${HIDDEN}`, SMC)).toEqual({
    protocol: 'sepm',
    purpose: 'check-in',
    agentId: null,
    source: null,
    action: null,
    group: null,
    mode: null,
    obfuscated: true,
  })
  expect(sepmMessage(`/secars/secars.dll?h=${HIDDEN.repeat(20)}`, SMC)?.obfuscated).toBe(true)
})

test('one whose parameters can be read', () => {
  const query = 'l=9&action=26&hid=0F0E0D&groupid=AB12&mode=1'
  expect(sepmMessage(`/secars/secars.dll?${query}`, SMC)).toEqual({
    protocol: 'sepm',
    purpose: 'check-in',
    agentId: '0F0E0D',
    source: null,
    action: '26',
    group: 'AB12',
    mode: 'pull',
    obfuscated: false,
  })
})

test('modes, ids and what is half hidden', () => {
  const of = (query: string) => sepmMessage(`/secars/secars.dll?${query}`, SMC)
  expect(['mode=0', 'mode=1', 'mode=2', ''].map((query) => of(query)?.mode)).toEqual([
    'push',
    'pull',
    null,
    null,
  ])
  expect(of('hk=E68008')?.agentId).toBe('E68008')
  expect(of('hid=&hk=E68008')?.agentId).toBe('E68008')
  expect(of('h=0A&action=1')).toMatchObject({ obfuscated: false, action: '1' })
  expect(of('h=0AB')?.obfuscated).toBe(false) // half an octet
  expect(of('h=')?.obfuscated).toBe(false)
})

describe.each<[string, string | null, AgentPurpose | null]>([
  ['/secars/secars.dll?hello,secars', null, 'liveness'],
  ['/SECARS/secars.dll?h=00', null, 'check-in'],
  ['/secreg/secreg.dll?action=1', null, 'registration'],
  ['/content/{C60DC234-65F9-4674-94AE-62158EFCA433}/180101001/full.zip', 'Smc', 'content'],
  ['/content/{C60DC234-65F9-4674-94AE-62158EFCA433}/180101001/full.zip', 'curl/8', null],
  ['/content/page', 'Smc', null],
  ['/group/index2.dat', 'Smc', 'content'],
  ['/index.xml?x', 'Smc', 'content'],
  ['/index2.dat', null, null],
  ['/secar/', 'Smc', null],
  ['/x/secars/', 'Smc', null],
])('%s of %s', (target, userAgent, purpose) => {
  test(`${purpose}`, () => expect(sepmMessage(target, () => userAgent)?.purpose ?? null).toBe(purpose))
})

test.each([
  [200, 'done'],
  [304, 'nothing'],
  [400, 'refused'],
  [403, 'refused'],
  [404, 'failed'],
  [468, 'unknown-agent'],
  [500, 'failed'],
  [503, 'busy'],
])('status %d: %s', (status, outcome) => expect(sepmOutcome(status)).toBe(outcome))
