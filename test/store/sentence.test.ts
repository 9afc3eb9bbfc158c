import { expect, test } from 'vitest'
import { INCIDENT_TYPES, type Finding } from '../../src/model/incident.ts'
import { sentenceOf } from '../../src/store/sentence.ts'
import { cut } from '../cli/output/story.ts'

const somebody = { role: 'middlebox', address: null, confidence: 0.5 } as const
const nat = { role: 'nat', address: null, confidence: 0.9 } as const
const unknown = { role: 'unknown', address: null, confidence: 0.3 } as const
const cookies = [
  { name: 'ovidCookie', injected: false },
  { name: 'BIGipServer', injected: true },
]

test.each<[Partial<Finding>, string]>([
  [{}, 'The load balancer 10.10.2.10 cut the idle connection of EPA-0017 to dlp1 after 15 s of silence.'],
  [
    { actor: somebody, details: { silenceSeconds: 3_725 } },
    'Something between EPA-0017 and dlp1 cut their idle connection after 62 min 5 s of silence.',
  ],
  [
    { actor: somebody, agent: null, server: null, details: { silenceSeconds: 0.04 } },
    'Something between the agent behind 10.10.1.101 and dlp-endpoint cut their idle connection after 40 ms of silence.',
  ],
  [
    { type: 'server-idle-close', details: { silenceSeconds: 30 } },
    'dlp1 closed the idle connection of EPA-0017 after 30 s of silence.',
  ],
  [
    { type: 'server-idle-close', server: null, service: null, details: {} },
    'The server closed the idle connection of EPA-0017.',
  ],
  [
    { type: 'half-open-leftover' },
    'dlp1 still holds a connection of EPA-0017, which has gone to another server.',
  ],
  [
    { type: 'reconnect-overhead', details: { bytes: 92_480, seconds: 4.21 } },
    'EPA-0017 came back to dlp1 and was sent 92,480 octets in 4.2 s.',
  ],
  [
    { type: 'server-hop', details: { previousServer: 'dlp2', previousServerHealthy: true } },
    'The load balancer 10.10.2.10 moved EPA-0017 from dlp2 to dlp1, although the server before was healthy.',
  ],
  [
    { type: 'reconnect-overhead', details: { bytes: 92, seconds: 0 } },
    'EPA-0017 came back to dlp1 and was sent 92 octets in less than 1 ms.',
  ],
  [
    { type: 'server-idle-close', details: { silenceSeconds: 10_790 } },
    'dlp1 closed the idle connection of EPA-0017 after 3 h 0 min of silence.',
  ],
  [
    {
      type: 'server-hop',
      actor: somebody,
      details: { previousServer: 'dlp2', previousServerHealthy: false },
    },
    'EPA-0017 moved from dlp2 to dlp1, although the server before was not seen to fail.',
  ],
  [
    { type: 'nat-change', actor: nat, details: { from: '203.0.113.5', to: '203.0.113.9' } },
    'The address translation gave EPA-0017 the address 203.0.113.9 instead of 203.0.113.5.',
  ],
  [
    { type: 'nat-rebind', actor: nat, details: { from: '203.0.113.5:1', to: '203.0.113.5:2' } },
    'The address translation moved an open connection of EPA-0017 from 203.0.113.5:1 to 203.0.113.5:2.',
  ],
  [
    { type: 'nat-rebind', actor: nat, agent: null, tuple: null, details: { from: '203.0.113.5', to: null } },
    'The address translation lost the mapping of an open connection of an agent to dlp1.',
  ],
  [
    { type: 'multiple-set-cookie', details: { cookies } },
    'EPA-0017 was sent more than one cookie at enrolment: ovidCookie, BIGipServer; the load balancer 10.10.2.10 added BIGipServer.',
  ],
  [
    {
      type: 'duplicate-set-cookie',
      actor: unknown,
      agent: null,
      details: { cookies: [{ name: 'a' }, { name: 'a' }] },
    },
    'The agent behind 10.10.1.101 was sent one cookie twice: a.',
  ],
])('%o', (changes, sentence) => {
  expect(sentenceOf(cut(changes))).toBe(sentence)
})

test('facts that are missing or of another kind harm no sentence, and names are cut', () => {
  for (const type of INCIDENT_TYPES) {
    const details = { silenceSeconds: 'x', bytes: null, from: 5, to: {}, cookies: 'none', previousServer: [] }
    expect(sentenceOf(cut({ type, details }))).toMatch(/^[A-Zd].*\.$/)
    expect(sentenceOf(cut({ type, agent: { id: 'A'.repeat(9_999), address: null } })).length).toBeLessThan(
      400,
    )
  }
})
