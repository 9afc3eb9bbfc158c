/** A report whose every part says something; the numbers agree with one another. */
import type { AffectedAgent, ReportData, ReportIncident, ReportInput } from '../../../src/cli/report/data.ts'
import type { RequirementRow } from '../../../src/model/view.ts'
import type { Micros } from '../../../src/model/time.ts'
import { WHOLE } from '../output/story.ts'

/** 2026-11-20T22:25:12Z */
const START: Micros = Date.UTC(2026, 10, 20, 22, 25, 12) * 1000
const after = (seconds: number): Micros => START + Math.round(seconds * 1e6)

export const input = (changes: Partial<ReportInput> = {}): ReportInput => ({
  name: 'lb1-north-2026-11-20.pcapng.gz',
  tap: 'client',
  sha256: '9f2c7dfb6a3b4a0d1f0f7c1b6c1e64c7f3f1c58d6c0f60d4bb7b0c1ae5b5a6a1',
  sizeBytes: 9_204_117_003,
  format: 'pcapng',
  packets: 41_804_112,
  start: after(-12),
  end: after(17_239),
  quality: WHOLE,
  connections: null,
  skipped: {},
  ...changes,
})

/** 141 silences up to 299.91 s were survived; 63 of 300.03 s and a little more were not. */
const survivedSeconds = Array.from({ length: 141 }, (_, i) =>
  i < 100 ? 40 + ((i * 37) % 90) : i < 140 ? 150 + (((i - 100) * 53) % 140) : 299.91,
)
const severedSeconds = Array.from({ length: 63 }, (_, i) => 300.03 + (i % 13) * 0.01)

const agentList: readonly AffectedAgent[] = ['0017', '0231', '0108', '0042', '0305', '0077', '0119'].map(
  (digits, i) => ({
    id: `EPA-${digits}`,
    address: `10.10.1.${101 + i}`,
    occurrences: [8, 7, 6, 5, 5, 4, 4][i]!,
    last: after(17_000 - i * 911),
  }),
)

export const severed = (changes: Partial<ReportIncident> = {}): ReportIncident => ({
  id: 'HF-2041',
  type: 'severed-idle',
  severity: 'critical',
  state: 'acknowledged',
  service: 'dlp-endpoint',
  title: 'The load balancer 10.10.2.10 cut 18 idle agents after 300 s.',
  summary:
    'It reset the agent and the server at the same moment, 63 times since 20 Nov 22:25 UTC. Each agent was back within 4 s, and ' +
    'each time it downloaded all its policies again: 144 MB that nobody needed.',
  actor: { role: 'load-balancer', address: '10.10.2.10', name: 'lb1', confidence: 0.97 },
  requirements: ['S0-04', 'S0-15'],
  occurrences: 63,
  agents: 18,
  start: START,
  end: after(17_239),
  confidence: 0.97,
  remedy:
    'On lb1, raise the idle timeout of the virtual server 10.10.2.10:10443 from 300 s to at least 86,400 s. Or keep the ' +
    'connections busy: something on each at most every 239.9 s.',
  filter: 'tcp.flags.reset == 1 && ip.addr == 10.10.1.101 && tcp.port == 10443',
  attribution: [
    {
      test: 'Reset seen at both taps, sent by neither end',
      weight: 4,
      observed: 'client #1311 and server #1290',
    },
    { test: 'Both ends reset in the same instant', weight: 3.1, observed: '0.4 ms apart on 63 of 63' },
    { test: 'No packet provoked the reset', weight: 0, observed: 'neither end spoke for 300.03 s' },
    {
      test: 'RST carries ACK and a window of 4,380',
      weight: -0.8,
      observed: 'a live socket would abort like this',
    },
  ],
  timer: {
    lowerSeconds: 299.91,
    upperSeconds: 300.03,
    survived: 141,
    severed: 63,
    candidates: ['F5 BIG-IP (300 s)', 'Azure Firewall (east-west) (300 s, unconfirmed)'],
    safeKeepAliveSeconds: 239.9,
    severedSeconds,
    survivedSeconds,
  },
  proofs: [
    {
      at: after(13_366.17),
      sentence: 'The load balancer lb1 (10.10.2.10) reset EPA-0017 and dlp1 after 300 s of silence.',
      packets: [
        {
          tap: 'client',
          number: 1206,
          at: after(13_066.14),
          note: 'last packet before the silence',
          segment: null,
        },
        {
          tap: 'client',
          number: 1311,
          at: after(13_366.17),
          note: 'RST after 300.03 s of silence, unprovoked',
          segment: '10.10.2.10:10443 > 10.10.1.101:49152 RST ACK, 0 octets, hop limit 255',
        },
        {
          tap: 'server',
          number: 1290,
          at: after(13_366.1704),
          note: 'RST to dlp1, 0.4 ms later',
          segment: null,
        },
      ],
      packetsLeftOut: 0,
    },
  ],
  agentList,
  times: Array.from({ length: 63 }, (_, i) => after((i * 17_239) / 62)),
  history: [
    { at: '2026-11-21T02:20:00.000000Z', state: 'open', by: 'holdfast', note: '' },
    {
      at: '2026-11-21T03:01:00.000000Z',
      state: 'acknowledged',
      by: 'mara',
      note: 'ticket NET-112 with the network team',
    },
  ],
  ...changes,
})

export const hop = (changes: Partial<ReportIncident> = {}): ReportIncident =>
  severed({
    id: 'HF-2045',
    type: 'server-hop',
    severity: 'warning',
    state: 'open',
    title: '9 of the 18 came back on dlp2 instead of dlp1',
    summary: 'dlp1 was healthy: it answered other agents at the same time.',
    actor: { role: 'middlebox', address: null, name: null, confidence: 0.6 },
    requirements: ['S0-09'],
    occurrences: 9,
    agents: 9,
    timer: null,
    attribution: [],
    proofs: [],
    agentList: agentList.slice(0, 2),
    times: [after(400), after(9_000)],
    start: after(400),
    end: after(9_000),
    history: [],
    filter: '',
    ...changes,
  })

const REQUIREMENTS: readonly RequirementRow[] = [
  {
    id: 'S0-04',
    title: 'Nothing on the path may sever an agent\u2019s connection, idle or not.',
    status: 'violated',
    service: 'dlp-endpoint',
    observations: 204,
    incidents: ['HF-2041'],
    needs: null,
  },
  {
    id: 'S0-09',
    title: 'An agent stays with its server.',
    status: 'at-risk',
    service: 'dlp-endpoint',
    observations: 81,
    incidents: ['HF-2045'],
    needs: null,
  },
  {
    id: 'S0-01',
    title: 'TLS is passed through as it is.',
    status: 'met',
    service: 'dlp-endpoint',
    observations: 1_204,
    incidents: [],
    needs: null,
  },
  {
    id: 'S0-11',
    title: 'A failed server is replaced within 24 h.',
    status: 'not-observed',
    service: 'dlp-endpoint',
    observations: 0,
    incidents: [],
    needs: 'a capture in which a server fails, and `servers` in the configuration',
  },
  {
    id: 'S3-02',
    title: 'Cookies pass the proxy unchanged.',
    status: 'not-applicable',
    service: 'dlp-endpoint',
    observations: 0,
    incidents: [],
    needs: null,
  },
]

export const report = (changes: Partial<ReportData> = {}): ReportData => ({
  version: '0.1.0',
  made: after(40_000),
  source: 'all that holdfast.db holds',
  inputs: [
    input(),
    input({
      name: 'lb1-south-2026-11-20.pcapng.gz',
      tap: 'server',
      quality: {
        ...WHOLE,
        oneWayConnections: 12,
        missingSegments: 3,
        readError: 'cut off at 9,102,114',
        unread: { 'losses of place in HTTP': 1204 },
      },
      connections: 100,
      skipped: { arp: 30, lldp: 12 },
    }),
  ],
  inputsLeftOut: 0,
  relays: [],
  misfits: [],
  totals: {
    packets: 83_400_000,
    connections: 41_204,
    agents: 687,
    servers: 3,
    incidents: { critical: 1, warning: 1, info: 0 },
  },
  whatIfs: [],
  requirements: REQUIREMENTS,
  incidents: [severed(), hop()],
  listed: [],
  leftOut: 0,
  silences: { longestSeconds: 300.15, survivedSeconds: 299.91 },
  idleSeconds: 60,
  ...changes,
})
