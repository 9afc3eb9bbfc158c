/** First sentences: of an agent, a service's shares, all services, conformance; and the span of time in the
 * address. */
import { describe, expect, test } from 'vitest'
import { agentFacts, agentSentence, withHiddenServer } from '../../../dashboards/pages/agent-words.ts'
import { laySwimlane } from '../../../dashboards/diagrams/swimlane-layout.ts'
import { conformanceHeadline, matching } from '../../../dashboards/pages/conformance.tsx'
import { sharesSentence } from '../../../dashboards/pages/service-words.ts'
import { byHealth, headline } from '../../../dashboards/pages/services.tsx'
import { spanOf, spanQuery } from '../../../dashboards/pages/span.tsx'
import type { AgentView, RequirementRow, ServiceRow } from '../../../src/api/contract.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

describe('an agent', () => {
  const lb1 = { role: 'load-balancer', address: '10.10.2.10', name: 'lb1', confidence: 0.97 }
  const cut = (at: string, silenceSeconds = 300.01, actor: object = lb1) => ({
    type: 'severed-idle',
    at,
    actor,
    details: { silenceSeconds },
  })
  const stay = {
    server: 'dlp2',
    service: 'dlp',
    start: '2026-11-21T02:55:12Z',
    end: '2026-11-21T03:12:00Z',
    endedBy: 'open',
  }
  const agent = (happenings: readonly object[], stays: readonly object[] = [stay]): AgentView =>
    ({
      happenings,
      stays,
      connections: [],
      services: ['dlp'],
      addresses: [{ address: 'a' }, { address: 'b' }, { address: 'a' }],
    }) as unknown as AgentView

  test('says how often it was cut, by whom and after how long', () =>
    expect(
      plain(
        agentSentence(
          agent([
            cut('2026-11-21T01:00:00Z'),
            cut('2026-11-20T22:25:12Z', 300.4),
            { type: 'server-hop', at: '2026-11-21T01:00:01Z' },
          ]),
        ),
      ),
    ).toBe(
      'Cut 2 times since 20 Nov 22:25:12 UTC, always by the load balancer lb1 after 300 s of silence. Once it moved to another server.',
    ))
  test('names nobody who is not proven, and no length that differs', () => {
    const unknown = { role: 'middlebox', address: null, name: null, confidence: 0.6 }
    expect(
      plain(
        agentSentence(
          agent([cut('2026-11-20T22:25:12Z', 60, unknown), cut('2026-11-20T23:25:12Z', 300, unknown)]),
        ),
      ),
    ).toBe('Cut 2 times since 20 Nov 22:25:12 UTC, by something on the path.')
  })
  test('nothing is a result', () => {
    expect(agentSentence(agent([]))).toBe('Nothing happened to it in this time. It was attached to dlp2.')
    expect(agentSentence(agent([], []))).toBe('It was not seen in this time.')
  })
  test('whose servers are hidden has one lane, with its silences and cuts', () => {
    const [start, end] = ['2026-11-21T01:00:00Z', '2026-11-21T02:00:00Z']
    const hidden: AgentView = {
      ...agent([{ ...cut(end), server: null }], []),
      from: start,
      to: '2026-11-21T03:00:00Z',
      addresses: [],
      connections: [
        {
          id: 1,
          server: null,
          start,
          end,
          endReason: 'silent',
          maxIdleSeconds: 300,
          idleBeforeEndSeconds: 300,
        },
      ],
    }
    expect(plain(agentSentence({ ...hidden, happenings: [] }))).toBe(
      'Nothing happened to it in this time. Which server took its 1 connection was not seen: something on the way hides that. A capture behind it shows it.',
    )
    const laid = laySwimlane(withHiddenServer(hidden), 600)
    expect(laid.lanes).toMatchObject([{ server: 'not seen', attachedSeconds: 3_600, times: 1 }])
    expect([laid.bars.length, laid.silences.length, laid.cuts.length]).toEqual([1, 1, 1])
    const seen = agent([])
    expect(withHiddenServer(seen)).toBe(seen)
  })
  test('facts', () =>
    expect(agentFacts(agent([cut('2026-11-21T01:00:00Z'), { type: 'server-hop' }]))).toEqual({
      cuts: 1,
      hops: 1,
      addresses: 2,
      attachedTo: 'dlp2',
      since: '2026-11-21T02:55:12Z',
      isAttached: true,
    }))
})

describe('shares in words', () => {
  const shares = (agents: readonly (readonly number[])[]) => ({
    shares: { servers: ['dlp1', 'dlp2'], points: agents.map((row, i) => ({ at: String(i), agents: row })) },
  })
  test('who has how many, and who gained', () =>
    expect(
      plain(
        sharesSentence(
          shares([
            [50, 50],
            [50, 50],
            [50, 50],
            [30, 70],
            [30, 70],
            [30, 70],
          ]),
        ),
      ),
    ).toBe('At the end: dlp2 70 % and dlp1 30 %. dlp2 gained 20 % of the agents since the beginning.'))
  test('of a short time, its beginning and its end', () =>
    expect(
      plain(
        sharesSentence(
          shares([
            [4, 2],
            [3, 3],
            [1, 5],
          ]),
        ),
      ),
    ).toBe('At the end: dlp2 83 % and dlp1 17 %. dlp2 gained 50 % of the agents since the beginning.'))
  test('hardly a change', () =>
    expect(
      plain(
        sharesSentence(
          shares([
            [50, 50],
            [0, 0],
            [49, 51],
          ]),
        ),
      ),
    ).toBe('At the end: dlp2 51 % and dlp1 49 %. The shares hardly changed.'))
})

test('services: the worst first, and how many are broken', () => {
  const row = (name: string, worst: ServiceRow['worst']): ServiceRow => ({ name, worst }) as ServiceRow
  const rows = [row('epo', null), row('sepm', 'warning'), row('b', 'critical'), row('a', 'critical')]
  expect(byHealth(rows).map(({ name }) => name)).toEqual(['a', 'b', 'sepm', 'epo'])
  expect(plain(headline(rows))).toBe('2 of 4 services are broken.')
  expect(plain(headline(rows.slice(0, 2)))).toBe('1 of 2 services shows something to look at.')
  expect(headline(rows.slice(0, 1))).toBe('The one service is well.')
})

describe('conformance', () => {
  const row = (
    id: string,
    status: RequirementRow['status'],
    service: string | null = 'dlp',
  ): RequirementRow => ({
    id,
    status,
    service,
    title: `Title of ${id}`,
    observations: 1,
    incidents: [],
    needs: status === 'not-observed' ? 'a capture of both sides' : null,
  })
  const rows = [
    row('S0-04', 'violated'),
    row('S0-05', 'met'),
    row('S1-01', 'not-observed', 'sepm'),
    row('S1-02', 'at-risk', null),
  ]
  test('begins with what is violated', () => {
    expect(plain(conformanceHeadline(rows))).toBe('1 of 4 requirements is violated.')
    expect(plain(conformanceHeadline(rows.slice(1)))).toBe(
      'Of 3 requirements none is violated, 1 is at risk.',
    )
  })
  test('filters combine', () => {
    const ids = (query: string): string[] => matching(rows, new URLSearchParams(query)).map(({ id }) => id)
    expect(ids('')).toHaveLength(4)
    expect(ids('status=violated&status=met')).toEqual(['S0-04', 'S0-05'])
    expect(ids('service=sepm&text=BOTH')).toEqual(['S1-01'])
    expect(ids('service=dlp&text=both')).toEqual([])
  })
})

test('the span of time is told from its ends', () => {
  expect(spanOf('2026-11-20T21:12:00Z', '2026-11-21T03:12:00Z')).toBe('6 h')
  expect(spanOf('2026-11-20T03:12:30Z', '2026-11-21T03:12:00Z')).toBe('24 h')
  expect(spanOf('2026-11-20T20:00:00Z', '2026-11-21T03:12:00Z')).toBeNull()
  expect(spanQuery(new URLSearchParams('from=a&x=1'))).toEqual({ from: 'a', to: null })
})
