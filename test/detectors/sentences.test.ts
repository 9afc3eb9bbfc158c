/** What operators read of one, of several, and of those for whom another sentence holds: `describe` of
 * findings that were put together by hand. */
import { expect, test } from 'vitest'
import { DETECTORS } from '../../src/detectors/index.ts'
import type { World } from '../../src/model/event.ts'
import type { Finding, IncidentType } from '../../src/model/incident.ts'

type Text = 'title' | 'summary' | 'remedy'
type Told = Partial<Omit<Finding, 'agent'>> & { readonly agent?: string }

const found = ({ agent = 'A1', ...more }: Told): Finding => ({
  type: 'server-hop',
  severity: 'warning',
  at: 0,
  tap: '',
  agent: { id: agent, address: null },
  server: { name: 'dlp2', address: '10.10.3.12', port: 8000 },
  service: 'dlp',
  connection: 1,
  tuple: null,
  actor: { role: 'unknown', address: null, confidence: 0.5 },
  manner: null,
  confidence: 1,
  details: {},
  evidence: [{ tap: '', packet: 1, at: 0, ends: null, note: '' }],
  cause: '',
  requirements: [],
  ...more,
})

const describe = (type: IncidentType, [first, ...others]: readonly [Told, ...Told[]]) =>
  DETECTORS.find((detector) => detector.type === type)!.describe(
    [found(first), ...others.map(found)],
    {} as World,
  )

const hops = { hops: 3, agents: 1, hopsPerAgentAndDay: 3 }
const switched = { previousNode: 'p1', node: 'p2', symptom: null }
const astray = { cookie: 'SERVERID', expectedServer: 'dlp1' }
const refused = (reason: string): Told => ({ details: { reason, issuer: 'CN=CA', isAlone: false } })
const cookies = { cookies: [{ name: 'a', injected: true, vendor: null }], clientContinued: false }
const clear = (port: number): Told => ({
  details: { leg: 'behind the relay' },
  tuple: [
    { address: `10.10.3.${port}`, port: 1 },
    { address: '10.10.3.11', port: 80 },
  ],
})

test.each<[IncidentType, Text, string, readonly [Told, ...Told[]]]>([
  [
    'scan-at-risk',
    'summary',
    'and 1 agent changed servers 3 times, 3.0 times per agent',
    [{ details: hops }],
  ],
  [
    'scan-at-risk',
    'summary',
    'and an agent changed servers right after it had sent 1,048,576 octets.',
    [{ details: { uploadBytes: 1_048_576 } }],
  ],
  ['session-node-switch', 'summary', '1 web session was taken to another server while it lasted;', [{}]],
  ['session-node-switch', 'summary', '2 web sessions were taken to another server while they', [{}, {}]],
  ['proxy-node-switch', 'summary', '2 web sessions went', [{ details: switched }, { details: switched }]],
  [
    'persistence-cookie-ignored',
    'summary',
    '2 requests of 1 agent came with SERVERID to another server than it stands for, although that one was well: the first to dlp2 instead of dlp1.',
    [{ details: astray }, { details: { ...astray, expectedServer: 'dlp3' } }],
  ],
  ['multiple-set-cookie', 'summary', '1 agent did not go on', [{ details: cookies }, { details: cookies }]],
  ['cleartext', 'summary', 'Requests go on to 1 server as plain HTTP', [clear(1), clear(2)]],
  ['certificate-untrusted', 'remedy', 'Replace the certificate', [refused('revoked')]],
  ['certificate-untrusted', 'remedy', 'Give the server a certificate', [refused('unsupported certificate')]],
  ['certificate-untrusted', 'remedy', 'Install the root', [refused('unknown authority')]],
  [
    'herd-move',
    'remedy',
    'None, if those servers can carry',
    [{ details: { from: 'dlp2', agents: 10, of: 12, seconds: 3, outage: false, isReturn: true } }],
  ],
  [
    'server-idle-close',
    'summary',
    "2 connections ended by the server's own FIN or RST after 60.0 s",
    [
      { manner: 'fin', details: { silenceSeconds: 60, attribution: [] } },
      { manner: 'rst', details: { silenceSeconds: 60, attribution: [] } },
    ],
  ],
  [
    'wakeup-call',
    'summary',
    'Servers called agents twice; 1 of them was followed by',
    [{ details: { followed: true } }, { details: { followed: false } }],
  ],
  [
    'replication-down',
    'summary',
    'Connections for replication failed again and again, from a to b: refused.',
    [{ details: { from: 'a', to: 'b', manner: 'refused' } }],
  ],
  [
    'replica-lag-read',
    'summary',
    '2 clients were sent to another member once each, before',
    [{}, { agent: 'A2' }],
  ],
  [
    'weight-mismatch',
    'summary',
    '(by chance: one in 130,000)',
    [{ details: { observed: { a: 1 }, weights: { a: 1 }, agents: 30, p: 7.6e-6, ports: [] } }],
  ],
])('%s, %s: %s', (type, text, words, findings) => {
  expect(describe(type, findings)[text]).toContain(words)
})
