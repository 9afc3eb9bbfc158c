/**
 * A story told in records: two taps around a load balancer whose idle timer of 15 s cuts three silent agents
 * of dlp-endpoint again and again, and one of them comes back on the other server. The numbers agree with one
 * another.
 */
import type { Finding } from '../../../src/model/incident.ts'
import type {
  AgentRecord,
  AnalysisRecord,
  CaptureRecord,
  ConnectionRecord,
  IncidentRecord,
  OccurrenceRecord,
  ServerRecord,
  SessionRecord,
  SummaryRecord,
} from '../../../src/model/record.ts'
import type { CaptureQuality } from '../../../src/model/quality.ts'
import type { Micros } from '../../../src/model/time.ts'

/** 2026-11-21T02:05:40Z */
const START: Micros = Date.UTC(2026, 10, 21, 2, 5, 40) * 1000
const after = (seconds: number): Micros => START + Math.round(seconds * 1e6)

/** Nothing is missing. */
export const WHOLE: CaptureQuality = {
  truncatedPackets: 0,
  malformedPackets: 0,
  unparsedPackets: 0,
  missingSegments: 0,
  oneWayConnections: 0,
  outOfOrderPackets: 0,
  clockSteps: 0,
  evictedConnections: 0,
  untrackedSegments: 0,
  invalidResets: 0,
  interfaceDrops: 0,
  readError: null,
}

export const capture = (changes: Partial<CaptureRecord> = {}): CaptureRecord => ({
  kind: 'capture',
  tap: 'client',
  path: 'captures/c1_idle_rr.client.pcap.gz',
  sha256: '5f0c7dfb6a3b4a0d1f0f7c1b6c1e64c7f3f1c58d6c0f60d4bb7b0c1ae5b5a6d2',
  format: 'pcap',
  linkTypes: ['EN10MB'],
  packets: 1204,
  bytes: 941_230,
  start: START,
  end: after(211.302),
  quality: WHOLE,
  skipped: {},
  ...changes,
})

export const connection = (changes: Partial<ConnectionRecord> = {}): ConnectionRecord => ({
  kind: 'connection',
  id: 3,
  tap: 'client',
  stream: 3,
  path: [],
  service: 'dlp-endpoint',
  agent: 'EPA-0017',
  server: 'dlp1',
  client: { address: '10.10.1.101', port: 40747 },
  serverEndpoint: { address: '10.10.2.10', port: 8000 },
  resolvedName: null,
  start: after(0.25),
  end: after(146.123456),
  handshake: 'complete',
  handshakeRttSeconds: 0.000246,
  clientPackets: 31,
  serverPackets: 78,
  clientBytes: 4210,
  serverBytes: 92_480,
  clientUniqueBytes: 4210,
  serverUniqueBytes: 91_020,
  retransmissions: 1,
  outOfOrder: 0,
  keepAlives: 0,
  captureDuplicates: 0,
  maxIdleSeconds: 15.003211,
  idleBeforeEndSeconds: 15.003211,
  longestSurvivedSeconds: 0,
  endReason: 'server-fin',
  tls: null,
  http: null,
  ...changes,
})

export const agents: readonly AgentRecord[] = ['EPA-0017', 'EPA-0020', 'EPA-0023', '10.10.1.240'].map(
  (id, i) => ({
    kind: 'agent',
    id,
    identifiedBy: i < 3 ? 'payload-pattern' : 'address',
    confidence: i < 3 ? 0.98 : 0.5,
    addresses: [{ address: i < 3 ? `10.10.1.${101 + i}` : id, start: START, end: after(211) }],
  }),
)

export const servers: readonly ServerRecord[] = ['dlp1', 'dlp2'].map((name, i) => ({
  kind: 'server',
  id: `dlp-endpoint/${name}`,
  name,
  service: 'dlp-endpoint',
  address: `10.10.3.${11 + i}`,
  port: 8000,
  identifiedBy: 'config',
}))

export const session: SessionRecord = {
  kind: 'session',
  id: 's1',
  service: 'dlp-endpoint',
  agent: 'EPA-0017',
  server: 'dlp1',
  start: after(0.25),
  end: after(146.123456),
  connections: 1,
  bytes: 96_690,
  endedBy: 'severed',
}

export const cut = (changes: Partial<Finding> = {}): Finding => ({
  type: 'severed-idle',
  severity: 'critical',
  at: after(146.123456),
  tap: 'client',
  agent: { id: 'EPA-0017', address: '10.10.1.101' },
  server: { name: 'dlp1', address: '10.10.3.11', port: 8000 },
  service: 'dlp-endpoint',
  connection: 3,
  tuple: [
    { address: '10.10.1.101', port: 40747 },
    { address: '10.10.2.10', port: 8000 },
  ],
  actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.93 },
  manner: 'fin',
  confidence: 0.93,
  details: { signature: 'fin', silenceSeconds: 15.003211 },
  evidence: [
    {
      tap: 'client',
      packet: 1310,
      at: after(131.120245),
      ends: null,
      note: 'the last packet before 15.00 s of silence',
    },
    {
      tap: 'client',
      packet: 1311,
      at: after(146.123456),
      ends: null,
      note: 'FIN from 10.10.2.10, hop limit 64 as always',
    },
    {
      tap: 'server',
      packet: 1290,
      at: after(146.123311),
      ends: null,
      note: 'FIN to dlp1 0.1 ms before, from 10.10.3.1',
    },
  ],
  cause: 'dlp-endpoint|10.10.2.10|load-balancer',
  requirements: ['S0-04', 'S0-15'],
  ...changes,
})

const cutOf = (id: string, address: string, seconds: number, packet: number): Finding =>
  cut({
    at: after(seconds),
    agent: { id, address },
    server: { name: 'dlp2', address: '10.10.3.12', port: 8000 },
    connection: packet,
    evidence: [
      {
        tap: 'client',
        packet,
        at: after(seconds - 15.002),
        ends: null,
        note: 'the last packet before 15.00 s of silence',
      },
      {
        tap: 'client',
        packet: packet + 9,
        at: after(seconds),
        ends: null,
        note: 'FIN from 10.10.2.10, hop limit 64 as always',
      },
    ],
  })

export const severedIdle: IncidentRecord = {
  kind: 'incident',
  id: 'HF-2041',
  type: 'severed-idle',
  severity: 'critical',
  service: 'dlp-endpoint',
  title: 'The load balancer 10.10.2.10 cut 3 idle agents after 15 s.',
  summary:
    'It closed the connection to the agent and the one to the server within 1 ms, 7 times in 3 min 6 s, each time after 15.00 s ' +
    'without a packet. Neither end had asked for it. Each agent was back within 1.1 s and downloaded its policies again.',
  start: after(20.053),
  end: after(206.2),
  occurrences: 7,
  agents: 3,
  actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.93 },
  requirements: ['S0-04', 'S0-15'],
  remedy:
    'On the load balancer 10.10.2.10, raise the idle timeout of dlp-endpoint from 15 s to at least 86,400 s: these agents may be ' +
    'silent for as long as they like. Or keep the connections busy: something at most every 11 s.',
  filter:
    'tcp.flags.fin == 1 && ip.addr == 10.10.2.10 && tcp.port == 8000 && ip.addr == 10.10.1.101 && tcp.time_delta > 14.98',
  confidence: 0.93,
  details: {
    timer: {
      lowerSeconds: 14.9871,
      upperSeconds: 15.0018,
      survived: 12,
      severed: 7,
      candidates: [],
      safeKeepAliveSeconds: 11.98,
    },
    attribution: [
      { test: 'both ends closed in the same instant', weight: 3.1, observed: '0.1 ms apart on 7 of 7' },
      { test: 'the silence repeats', weight: 1.6, observed: '14.998 to 15.003 s on 7 of 7, 3 agents' },
      { test: 'no packet provoked it', weight: 0, observed: 'neither end spoke for 15 s' },
      { test: 'the hop limit is that of the server side', weight: -0.8, observed: '64 on all packets' },
    ],
  },
}

export const hop: IncidentRecord = {
  kind: 'incident',
  id: 'HF-2045',
  type: 'server-hop',
  severity: 'warning',
  service: 'dlp-endpoint',
  title: 'EPA-0017 came back on dlp2 instead of dlp1.',
  summary:
    'dlp1 was healthy: it answered 2 other agents at the same time. A new server sends all policies again.',
  start: after(147.2),
  end: after(147.2),
  occurrences: 1,
  agents: 1,
  actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.81 },
  requirements: ['S0-09', 'S0-16'],
  remedy:
    'On the load balancer 10.10.2.10, set source-address persistence for dlp-endpoint to at least 86,400 s.',
  filter: 'ip.addr == 10.10.3.12 && tcp.port == 8000 && tcp.flags.syn == 1',
  confidence: 0.81,
  details: { previousServer: 'dlp1', cause: 'round-robin', previousServerHealthy: true },
}

const occurrence = (incident: string, finding: Finding): OccurrenceRecord => ({
  kind: 'occurrence',
  incident,
  finding,
})

const hopFinding = cut({
  type: 'server-hop',
  severity: 'warning',
  at: after(147.2),
  tap: 'server',
  server: { name: 'dlp2', address: '10.10.3.12', port: 8000 },
  connection: 9,
  manner: null,
  evidence: [
    {
      tap: 'server',
      packet: 1301,
      at: after(147.2),
      ends: null,
      note: 'SYN to dlp2; the agent names itself in #1305',
    },
  ],
})

export const summary = (changes: Partial<SummaryRecord> = {}): SummaryRecord => ({
  kind: 'summary',
  captures: 2,
  packets: 2391,
  connections: 21,
  agents: 4,
  servers: 2,
  incidents: { critical: 1, warning: 1, info: 0 },
  longestSilenceSeconds: 15.003211,
  longestSurvivedSeconds: 14.988,
  forgotten: { agents: 0, addresses: 0, visits: 0, findings: 0 },
  elapsedSeconds: 0.4,
  ...changes,
})

const NO_INCIDENTS = { critical: 0, warning: 0, info: 0 }

/** One connection, and nothing wrong with it. */
export const quietSummary = (changes: Partial<SummaryRecord> = {}): SummaryRecord =>
  summary({ captures: 1, connections: 1, incidents: NO_INCIDENTS, ...changes })

export const STORY: readonly AnalysisRecord[] = [
  capture(),
  capture({
    tap: 'server',
    path: 'captures/c1_idle_rr.server.pcap.gz',
    packets: 1187,
    quality: { ...WHOLE, missingSegments: 3, unparsedPackets: 42, oneWayConnections: 1 },
    skipped: { arp: 30, lldp: 12 },
  }),
  ...agents,
  ...servers,
  ...Array.from({ length: 20 }, (_, i) =>
    connection({ id: i, maxIdleSeconds: 14.9871, idleBeforeEndSeconds: 3 }),
  ),
  connection({ id: 20 }),
  session,
  severedIdle,
  hop,
  occurrence('HF-2041', cutOf('EPA-0020', '10.10.1.102', 20.053, 211)),
  occurrence('HF-2041', cutOf('EPA-0020', '10.10.1.102', 36.2, 402)),
  occurrence('HF-2041', cutOf('EPA-0020', '10.10.1.102', 53.1, 611)),
  occurrence('HF-2041', cut()),
  occurrence('HF-2041', cutOf('EPA-0023', '10.10.1.103', 170.4, 1501)),
  occurrence('HF-2045', hopFinding),
  summary(),
]

/** The same network on a good day. */
export const QUIET_STORY: readonly AnalysisRecord[] = [
  capture({ tap: '', path: 'monday.pcapng', format: 'pcapng' }),
  ...agents,
  ...servers,
  connection({ maxIdleSeconds: 198.4, idleBeforeEndSeconds: 1, endReason: 'open' }),
  quietSummary({ longestSilenceSeconds: 198.4, longestSurvivedSeconds: 198.4 }),
]
