import { describe, expect, test } from 'vitest'
import { collect, emptyCollection } from '../../../src/cli/output/collected.ts'
import { reportText, scopeText } from '../../../src/cli/output/report.ts'
import { textSink } from '../../../src/cli/output/text.ts'
import type { Paint } from '../../../src/cli/output/page.ts'
import type { AnalysisRecord } from '../../../src/model/record.ts'
import { recordedConsole } from '../console.ts'
import {
  agents,
  capture,
  cut,
  hop,
  QUIET_STORY,
  quietSummary,
  servers,
  severedIdle,
  STORY,
  summary,
} from './story.ts'

function report(
  records: readonly AnalysisRecord[],
  columns = 100,
  deviceAt: (address: string) => string | null = () => null,
): string {
  const collected = emptyCollection()
  for (const record of records) collect(collected, record)
  return reportText(collected, { columns, idleSeconds: 60, deviceAt, paint: (_styles, text) => text })
}

describe('the whole report', () => {
  test.each([80, 120])('at %i columns', async (columns) => {
    const text = report(STORY, columns)
    await expect(text).toMatchFileSnapshot(`report.${columns}.txt`)
    const lines = text.split('\n').filter((line) => !line.startsWith('  Wireshark'))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
  })

  test('of a good day', async () => {
    await expect(report(QUIET_STORY, 80)).toMatchFileSnapshot('report.quiet.txt')
  })
})

describe('what was looked at', () => {
  test('no connection at all', () => {
    expect(report([capture({ packets: 12 }), summary({ connections: 0 })])).toContain(
      '\nNo TCP connection in 12 packets: there is nothing to judge.\n',
    )
  })

  test.each([
    [
      0,
      "The longest silence lasted 90 s; being its connection's last or the whole tap's, or not seen whole, it proves nothing.",
    ],
    [
      14.9,
      "The longest silence lasted 90 s; being its connection's last or the whole tap's, or not seen whole, it proves nothing. Up to 14.9 s were survived.",
    ],
    [60, 'Silences up to 60 s were survived.'],
    [4_294_967, 'Silences up to 49 d 17 h were survived.'],
    [4_294_967.295, 'Silences of more than 49 d were survived.'],
  ])('of 90 s of silence at most, %d s were survived', (longestSurvivedSeconds, sentence) => {
    const counts = quietSummary({ longestSilenceSeconds: 90, longestSurvivedSeconds })
    expect(report([capture(), ...agents, ...servers, counts], 120).replaceAll('\n', ' ')).toContain(
      ` ${longestSurvivedSeconds >= 60 ? 'Nothing broken: no' : 'No'} incident in 1 connection of 4 agents with 2 servers. ${sentence} `,
    )
  })

  test('silences that are too short to prove anything', () => {
    const text = report([
      capture(),
      quietSummary({ longestSilenceSeconds: 14.9, longestSurvivedSeconds: 14.9 }),
    ])
    expect(text.replaceAll('\n', ' ')).toContain(
      'The longest silence lasted 14.9 s; from 60 s on a connection counts as idle (idleThreshold in the configuration), ' +
        'so this capture does not show whether idle connections hold.',
    )
  })

  test.each([
    [59.9, 'bold', 'No'],
    [60, 'bold,green', 'Nothing broken: no'],
  ])('a verdict after %d s of survived silence is %s', (seconds, styles, words) => {
    const collected = emptyCollection()
    collect(collected, quietSummary({ longestSilenceSeconds: 90, longestSurvivedSeconds: seconds }))
    const paint: Paint = (applied, text) => (applied.length > 0 ? `<${applied.join(',')}>${text}` : text)
    expect(reportText(collected, { columns: 100, idleSeconds: 60, deviceAt: () => null, paint })).toContain(
      `<${styles}>${words} incident in 1 connection`,
    )
  })

  test.each([
    [
      { agents: 1, addresses: 1, visits: 1, findings: 1 },
      [
        'An agent came once more than agents can be remembered: what it did is not known as its own.',
        'An agent named itself at 1 address more than can be remembered; whether others share it is not known.',
        '1 visit is part of no session: more agents, or services of one agent, than are followed.',
        '1 finding is in no incident: more causes than can be told apart.',
      ],
    ],
    [
      { agents: 0, addresses: 0, visits: 1_204, findings: 0 },
      ['1,204 visits are part of no session: more agents, or services of one agent, than are followed.'],
    ],
    [{ agents: 0, addresses: 0, visits: 0, findings: 0 }, []],
  ])('what found no room: %j', (forgotten, sentences) => {
    const text = report([capture(), quietSummary({ forgotten })], 120)
    expect(text.match(/(?<=^ +! ).+$/gm) ?? []).toEqual(sentences)
  })

  test('packets outside of the time that was asked about', () => {
    const start = Date.UTC(2026, 10, 21, 2) * 1000
    const outside = { packets: 1132, start, end: start + 60e6 }
    expect(report([capture({ packets: 0, outside }), summary({ connections: 0 })])).toContain(
      '\n    1,132 packets outside of the time asked about: 21 Nov 2026 02:00:00 to 02:01:00 UTC.\n',
    )
  })

  test('what of the configuration no traffic fits', () => {
    expect(report([capture(), quietSummary({ misfits: ['Nothing was seen of sepm.'] })])).toContain(
      '\n    ! Nothing was seen of sepm.\n',
    )
  })

  test('standard input by its name', () => {
    expect(report([capture({ path: '-' }), quietSummary()])).toMatch(/^Capture\n {2}.*standard input\n/)
  })

  test('every shortcoming of a capture, in words', () => {
    const quality = {
      truncatedPackets: 12,
      malformedPackets: 1,
      unparsedPackets: 1_500,
      missingSegments: 3,
      oneWayConnections: 2,
      outOfOrderPackets: 4,
      clockSteps: 0,
      evictedConnections: 0,
      untrackedSegments: 0,
      invalidResets: 0,
      interfaceDrops: 7,
      readError: 'a record claims 4 GiB at offset 1204',
      unread: { 'malformed DNS messages': 1, 'TLS records that their keys did not open': 1_200 },
    }
    const skipped = { udp: 1_000, arp: 300, lldp: 150, ospf: 40, pim: 10 }
    expect(
      report([capture({ quality, skipped })], 120)
        .split('\n')
        .slice(3, -1),
    ).toEqual([
      '    ! Reading stopped before the end: a record claims 4 GiB at offset 1204.',
      '    ! 7 packets were dropped by the capturing interface.',
      '    ! 3 segments are missing that the receivers acknowledged.',
      '    ! 12 packets were cut by the snap length; their ends were not read.',
      '    ! 2 connections were seen in one direction only; no silent cut is judged on them.',
      '    ! 1 packet contradicts itself and was passed over.',
      '    ! 4 packets are stored behind later ones.',
      '    1,500 packets not read: 1,000 udp, 300 arp, 150 lldp, 40 ospf and 1 more.',
      '    Not read, or only so far: TLS records that their keys did not open (1,200) and malformed DNS messages (1).',
      '',
      'No TCP connection in 1,204 packets (1,000 udp, 300 arp, 150 lldp, 40 ospf and 1 more): there is nothing to judge.',
    ])
  })

  test('a service that has no name but its address is told once', () => {
    const found = {
      ...servers[0]!,
      service: '10.10.3.11:8000',
      name: '10.10.3.11:8000',
      identifiedBy: 'discovered' as const,
    }
    expect(report([capture(), found])).toContain('servers      10.10.3.11:8000 (seen in traffic)\n')
  })

  test('IPv6 servers that were discovered', () => {
    const found = {
      ...servers[0]!,
      name: '2001:db8::11',
      address: '2001:db8::11',
      identifiedBy: 'discovered' as const,
    }
    expect(report([capture(), found])).toContain(
      'service      dlp-endpoint: [2001:db8::11]:8000 (seen in traffic)',
    )
  })
})

describe('nothing is without bound', () => {
  const incidents = Array.from({ length: 1_200 }, (_, i) => ({ ...hop, id: `HF-${i}`, agents: i }))
  const records: AnalysisRecord[] = [
    ...Array.from({ length: 600 }, (_, i) => capture({ tap: `t${i}` })),
    ...Array.from({ length: 900 }, (_, i) => ({
      ...servers[0]!,
      service: `service ${i % 300}`,
      name: `s${i}`,
    })),
    ...incidents,
    ...incidents.flatMap(({ id }) =>
      Array.from({ length: 30 }, (_, i) => ({
        kind: 'occurrence' as const,
        incident: id,
        finding: cut({ agent: { id: `A-${i}`, address: '10.0.0.1' } }),
      })),
    ),
    summary({ incidents: { critical: 0, warning: 1_200, info: 0 } }),
  ]

  test('what is left out is counted, with the way to see it', () => {
    const text = report(records)
    expect(text.split('\n').length).toBeLessThan(800)
    expect(text).toContain('  and 580 more (--format ndjson --include capture lists all)')
    expect(text).toContain('and 876 more servers (--format ndjson --include server lists all)')
    expect(text).toContain(
      '1,180 more incidents, none of them worse: --format ndjson --include incident lists all.',
    )
    expect(text).toContain(
      '1,200 incidents in 21 connections of agents that were not seen with 900 servers: 1,200 warning.',
    )
  })
})

describe('an incident', () => {
  test('comes before those that are less severe, and after those that hit more agents', () => {
    const text = report([
      { ...hop, severity: 'info', title: 'Third.' },
      { ...severedIdle, agents: 2, title: 'Second.' },
      { ...severedIdle, id: 'HF-1', agents: 9, title: 'First.' },
    ])
    expect(['First.', 'Second.', 'Third.'].map((title) => text.indexOf(title))).toEqual(
      ['First.', 'Second.', 'Third.'].map((title) => text.indexOf(title)).toSorted((a, b) => a - b),
    )
    expect(text).toContain('INFO  Third.')
  })

  test('shows the packets of different agents', () => {
    const of = (agent: string, packet: number): AnalysisRecord => ({
      kind: 'occurrence',
      incident: 'HF-2041',
      finding: cut({
        agent: { id: agent, address: '10.10.1.1' },
        evidence: [{ tap: 'client', packet, at: 0, ends: null, note: 'x' }],
      }),
    })
    const text = report([severedIdle, of('A', 1), of('A', 2), of('A', 3), of('B', 4), of('C', 5), of('D', 6)])
    expect([...text.matchAll(/#(\d+)/g)].map(([, packet]) => packet)).toEqual(['1', '4', '5'])
    expect(text).toContain('agents       A, B, C and D')
  })

  test('tells agents that have no name by the address that they came from', () => {
    const nameless: AnalysisRecord = {
      kind: 'occurrence',
      incident: 'HF-2041',
      finding: cut({ agent: null, evidence: [{ tap: 'client', packet: 1, at: 0, ends: null, note: 'x' }] }),
    }
    expect(report([severedIdle, nameless])).toContain(
      `agent not known, from ${nameless.finding.tuple![0].address}`,
    )
  })

  test('says who did it as far as it is known', () => {
    const by = (role: 'middlebox' | 'unknown', address: string | null) =>
      report([{ ...hop, actor: { role, address, confidence: 0.4 } }])
    expect(by('middlebox', null)).toContain('by           some device in between, confidence 0.40\n')
    expect(by('unknown', null)).toContain('by           not known\n')
  })

  test('calls who did it what the configuration does', () => {
    const names: Readonly<Record<string, string>> = { '10.10.2.10': 'lb1' }
    const actor = { role: 'load-balancer', address: '10.10.2.10', confidence: 0.95 } as const
    expect(report([{ ...hop, actor }], 100, (address) => names[address] ?? null)).toContain(
      'by           load balancer lb1 (10.10.2.10), confidence 0.95\n',
    )
  })

  test('shows no timer where details hold none', () => {
    expect(report([{ ...severedIdle, details: { timer: 'soon', attribution: [{ test: 1 }] } }])).not.toMatch(
      /timer  |because/,
    )
  })

  test('shows what is known of a timer', () => {
    const timer = { survived: 0, severed: 4, candidates: ['AWS NLB', 'Azure'], upperSeconds: 352.5 }
    expect(report([{ ...severedIdle, details: { timer } }])).toContain(
      [
        '  timer        at most 352.5 s: 4 silences cut, 0 survived',
        '               default of AWS NLB and Azure',
      ].join('\n'),
    )
  })

  test('shows hostile names as what they are', () => {
    const bad = 'EPA\u001b[2J\u202e'
    const text = report([
      capture({ path: bad, tap: bad }),
      { ...servers[0]!, name: bad, service: bad },
      {
        ...severedIdle,
        title: bad,
        summary: bad,
        remedy: bad,
        filter: bad,
        service: bad,
        requirements: [bad],
      },
      {
        kind: 'occurrence',
        incident: 'HF-2041',
        finding: cut({
          agent: { id: bad, address: bad },
          evidence: [{ tap: bad, packet: 1, at: 0, ends: null, note: bad }],
        }),
      },
    ])
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text).toContain('EPA\\x1b[2J\\u{202e}')
  })
})

describe('the sink', () => {
  test('writes when it is finished, plain where there is no terminal', () => {
    const console = recordedConsole()
    const sink = textSink(console.out, { columns: 80, idleSeconds: 60, deviceAt: () => null })
    for (const record of STORY) sink.write(record)
    expect(console.written.out).toBe('')
    sink.finish()
    expect(console.written.out).toBe(report(STORY, 80))
  })

  test('asks for no kind that it does not show', () => {
    expect(
      [
        ...textSink(recordedConsole().out, { columns: 80, idleSeconds: 60, deviceAt: () => null }).kinds,
      ].toSorted(),
    ).toEqual(['agent', 'capture', 'incident', 'occurrence', 'requirement', 'server', 'summary', 'what-if'])
  })
})

test.each([
  [{ connections: 15, agents: 7, servers: 0 }, '15 connections of 7 agents with servers that were not seen'],
  [{ connections: 1, agents: 1, servers: 1 }, '1 connection of 1 agent with 1 server'],
  [{ connections: 15, agents: 0, servers: 2 }, '15 connections of agents that were not seen with 2 servers'],
  [{ connections: 0, agents: 0, servers: 0 }, '0 connections of 0 agents with 0 servers'],
])('what was seen: %j', (of, text) => expect(scopeText(of)).toBe(text))
