/** What the ladder draws of an occurrence: halves, directions, rows, the silence, the culprits. */
import { describe, expect, test } from 'vitest'
import {
  arrowLabel,
  halvesOf,
  isCulprit,
  layLadder,
  originOf,
  ROWS_MAX,
} from '../../../dashboards/diagrams/ladder-layout.ts'
import type { EvidenceView, OccurrenceView, SegmentView } from '../../../src/api/contract.ts'

const AGENT = '10.10.1.101'
const VIP = '10.10.2.10'
const SERVER = '10.10.3.11'
const START = Date.parse('2026-11-21T02:02:58.164Z')
const sized = (octets: number): string => `${octets} B`

const segment = (
  source: string,
  destination: string,
  flags: readonly string[],
  patch: Partial<SegmentView> = {},
): SegmentView => ({
  source: { address: source, port: destination === SERVER || destination === VIP ? 49812 : 10443 },
  destination: { address: destination, port: destination === SERVER || destination === VIP ? 10443 : 49812 },
  flags,
  payloadBytes: 0,
  hopLimit: 64,
  sequence: 1,
  acknowledgment: 1,
  window: 4380,
  wireBytes: 54,
  ...patch,
})

const packet = (
  tap: string,
  number: number,
  seconds: number,
  note: string,
  what: SegmentView | null,
): EvidenceView => ({
  tap,
  packet: number,
  at: new Date(START + seconds * 1000).toISOString(),
  note,
  segment: what,
})

const occurrence = (
  evidence: readonly EvidenceView[],
  patch: Partial<OccurrenceView> = {},
): OccurrenceView => ({
  id: 1,
  incident: 'HF-2041',
  type: 'severed-idle',
  severity: 'critical',
  at: evidence.at(-1)?.at ?? '',
  tap: 'client',
  service: 'dlp-endpoint',
  agent: { id: 'EPA-0017', address: AGENT },
  server: { name: 'dlp1', address: SERVER, port: 10443 },
  actor: { role: 'load-balancer', address: VIP, name: 'lb1', confidence: 0.97 },
  manner: 'rst',
  sentence: '',
  remedy: '',
  confidence: 0.97,
  details: { silenceSeconds: 300.03 },
  connection: 0,
  evidence,
  previous: null,
  next: null,
  ...patch,
})

const TWO_TAPS = [
  packet('client', 1206, 0, 'last packet before the silence', segment(AGENT, VIP, ['ACK'])),
  packet('server', 1189, 0.001, 'last packet before the silence', segment('10.10.3.1', SERVER, ['ACK'])),
  packet(
    'client',
    1311,
    300.03,
    'RST after 300.0 s of silence, unprovoked',
    segment(VIP, AGENT, ['RST', 'ACK'], { hopLimit: 255 }),
  ),
  packet(
    'server',
    1290,
    300.031,
    'RST after 300.0 s of silence, unprovoked',
    segment('10.10.3.1', SERVER, ['RST', 'ACK'], { hopLimit: 255 }),
  ),
]

describe('two taps', () => {
  const ladder = layLadder(occurrence(TWO_TAPS), sized)
  test('each sees its half, the agent’s first', () =>
    expect(ladder.taps).toEqual([
      { name: 'client', half: 'agent' },
      { name: 'server', half: 'server' },
    ]))
  test('what happens at once shares a row', () => {
    expect(ladder.rows.map(({ arrows }) => arrows.map(({ packet: n }) => n))).toEqual([
      [1206, 1189],
      [1311, 1290],
    ])
    expect(ladder.rows.map(({ apartMicros }) => apartMicros)).toEqual([null, 1000])
  })
  test('the device resets both: its arrows point away from it', () =>
    expect(ladder.rows[1]!.arrows.map(({ half, direction, isCulprit: c }) => [half, direction, c])).toEqual([
      ['agent', 'left', true],
      ['server', 'right', true],
    ]))
  test('the silence is a break with the length that was measured', () =>
    expect(ladder.break).toMatchObject({ seconds: 300.03, isSilence: true }))
  test('rows and break do not touch', () => {
    const { top, bottom } = ladder.break!
    expect(top).toBeGreaterThan(ladder.rows[0]!.y + 10)
    expect(bottom).toBeLessThan(ladder.rows[1]!.y - 20)
    expect(bottom - top).toBeGreaterThan(80)
    expect(ladder.height).toBeGreaterThan(ladder.rows[1]!.y + 20)
  })
})

describe('one tap', () => {
  test('the half is told by the addresses', () => {
    expect([...halvesOf(occurrence([TWO_TAPS[0]!]))]).toEqual([['client', 'agent']])
    const beyond = packet('x', 1, 0, '', segment('10.10.3.1', SERVER, ['ACK']))
    expect([...halvesOf(occurrence([beyond]))]).toEqual([['x', 'server']])
  })
  test('where both addresses pass, by the name of the tap, then by an untouched hop limit', () => {
    const both = (tap: string, hopLimit: number): EvidenceView =>
      packet(tap, 1, 0, '', segment(SERVER, AGENT, ['ACK'], { hopLimit }))
    expect([...halvesOf(occurrence([both('server', 61)])).values()]).toEqual(['server'])
    expect([...halvesOf(occurrence([both('tap1', 64)])).values()]).toEqual(['server'])
    expect([...halvesOf(occurrence([both('tap1', 61)])).values()]).toEqual(['agent'])
  })
  test('no device: the tap sees the whole way', () => {
    const actor = { role: 'server', address: SERVER, name: 'dlp1', confidence: 0.99 } as const
    const ladder = layLadder(
      occurrence(
        [packet('client', 1, 0, 'FIN of the server after 30 s', segment(SERVER, AGENT, ['FIN', 'ACK']))],
        { actor, manner: 'fin' },
      ),
      sized,
    )
    expect(ladder).toMatchObject({ hasDevice: false, taps: [{ name: 'client', half: 'whole' }], break: null })
    expect(ladder.rows[0]!.arrows[0]).toMatchObject({
      half: 'whole',
      direction: 'left',
      isCulprit: true,
      label: 'FIN, ttl 64',
    })
  })
})

test('without octets a packet keeps its place and its note', () => {
  const bare = TWO_TAPS.map((one) => ({ ...one, segment: null }))
  const ladder = layLadder(occurrence(bare), sized)
  expect(
    ladder.rows.flatMap(({ arrows }) =>
      arrows.map(({ direction, label, isCulprit: c }) => [direction, label, c]),
    ),
  ).toEqual([
    [null, 'last packet before the silence', false],
    [null, 'last packet before the silence', false],
    [null, 'RST after 300.0 s of silence, unprovoked', true],
    [null, 'RST after 300.0 s of silence, unprovoked', true],
  ])
  expect(ladder.taps.map(({ half }) => half)).toEqual(['agent', 'server'])
})

describe('culprits', () => {
  const note = (text: string, flags: readonly string[] | null): EvidenceView =>
    packet('client', 1, 0, text, flags === null ? null : segment(AGENT, SERVER, flags))
  test.each([
    ['last of 7 retransmissions, unanswered', ['PSH', 'ACK'], 'silent', true],
    ['first segment after 300.0 s of silence: never answered', null, 'silent', true],
    ['first segment after 300.0 s of silence', ['PSH', 'ACK'], 'rst', false],
    ['the reset that it drew', ['RST'], 'rst', true],
    ["the agent's FIN; the server never sends its own", ['FIN', 'ACK'], null, false],
    ['the server has no such connection: RST without ACK', ['RST'], null, true],
    ['the agent at dlp1', ['SYN'], null, false],
    ['2 Set-Cookie lines: a, b', ['PSH', 'ACK'], null, false],
  ] as const)('%s', (text, flags, manner, expected) =>
    expect(isCulprit(note(text, flags), manner)).toBe(expected),
  )
})

test('an arrow says octets if there are any, else flags', () => {
  const label = (flags: readonly string[], payloadBytes = 0, culprit = false): string =>
    arrowLabel(segment(AGENT, SERVER, flags, { payloadBytes, hopLimit: 255 }), culprit, sized)
  expect(label(['PSH', 'ACK'], 214)).toBe('214 B')
  expect(label(['ACK'])).toBe('ACK')
  expect(label(['SYN', 'ACK'])).toBe('SYN ACK')
  expect(label(['FIN', 'PSH', 'ACK'], 5)).toBe('FIN, 5 B')
  expect(label(['RST', 'ACK'], 0, true)).toBe('RST, ttl 255')
})

test('between packets that merely prove, a gap is no silence', () => {
  const hop = [
    packet('server', 310, 0, 'the agent at dlp1', segment('10.10.3.1', SERVER, ['SYN'])),
    packet('server', 990, 576, '9 min 36 s later at dlp2', segment('10.10.3.1', '10.10.3.12', ['SYN'])),
  ]
  const ladder = layLadder(
    occurrence(hop, {
      details: {},
      manner: null,
      server: { name: 'dlp2', address: '10.10.3.12', port: 10443 },
    }),
    sized,
  )
  expect(ladder.break).toMatchObject({ seconds: 576, isSilence: false })
  expect(ladder.rows.map(({ arrows: [arrow] }) => [arrow!.direction, arrow!.label])).toEqual([
    ['right', 'SYN to 10.10.3.11'],
    ['right', 'SYN'],
  ])
})

test('of many packets the ends are drawn and the rest is counted', () => {
  const many = Array.from({ length: 40 }, (_, i) =>
    packet('client', i + 1, i, 'probe', segment(AGENT, VIP, ['ACK'])),
  )
  const ladder = layLadder(occurrence(many), sized)
  expect(ladder.rows).toHaveLength(ROWS_MAX)
  expect(ladder.left).toBe(24)
  expect(ladder.rows.at(-1)!.arrows[0]!.packet).toBe(40)
})

test('no packets, no rows', () =>
  expect(layLadder(occurrence([]), sized)).toMatchObject({ rows: [], break: null, taps: [], left: 0 }))

test('on the left stands the agent; of no agent, whoever speaks with the server', () => {
  const check = packet('server', 7, 0, 'no greeting', segment(SERVER, '10.10.3.1', ['PSH', 'ACK']))
  expect(originOf(occurrence([check]))).toEqual({ name: 'EPA-0017', address: AGENT })
  const ofNobody: Partial<OccurrenceView> = {
    agent: null,
    actor: { role: 'server', address: SERVER, name: null, confidence: 0.9 },
  }
  expect(originOf(occurrence([check], ofNobody))).toEqual({ name: '10.10.3.1', address: null })
  const isNotKept = packet('server', 7, 0, 'no greeting', null)
  expect(originOf(occurrence([isNotKept], ofNobody))).toEqual({ name: 'client', address: null })
  expect(originOf(occurrence([check], { ...ofNobody, server: null })).name).toBe('client')
  // Behind a device the packets show the device, which is drawn already.
  expect(originOf(occurrence([check], { agent: null }))).toEqual({ name: 'agent', address: null })
})
