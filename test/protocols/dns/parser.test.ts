import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../../src/model/stream.ts'
import { MESSAGE_BYTES_MAX, openDns } from '../../../src/protocols/dns/parser.ts'
import { runParserCases } from '../parser.case.ts'
import { client, fin, lost, tell } from '../story.ts'
import { address, ASKED, framed, message, question, record, RESPONSE } from './craft.ts'

const query = (id: number, of = 'a.example'): string => message({ id, questions: [question(of)] })
const answer = (id: number, quad: string, of = 'a.example'): string =>
  message({
    id,
    flags: RESPONSE,
    questions: [question(of)],
    answers: [record(ASKED, 1, 5, address(quad))],
  })
const answers = (observations: readonly Observation[]) =>
  observations.filter((o): o is ObservationOf<'dns-answer'> => o.kind === 'dns-answer')
const said = (o: ObservationOf<'dns-answer'>): string =>
  `${o.name} ${o.addresses.map((a) => a.address).join()}`

runParserCases('dns over tcp', {
  open: openDns,
  story: [
    framed(0, query(1), query(2, 'b.example')),
    framed(1, answer(2, '10.0.0.2', 'b.example')),
    framed(0, query(3)),
    framed(1, answer(1, '10.0.0.1'), answer(3, '10.0.0.3')),
  ],
  claims: (o) => (o.kind === 'dns-answer' ? [said(o)] : []),
  held: {
    of: (consumer) => (consumer as ReturnType<typeof openDns>).heldBytes,
    max: 2 * (2 + MESSAGE_BYTES_MAX),
  },
  expect: (observations) => {
    expect(answers(observations).map((o) => [said(o), o.queryPacket, o.packet, o.latency])).toEqual([
      ['b.example 10.0.0.2', 1, 2, 1000],
      ['a.example 10.0.0.1', 1, 4, 3000],
      ['a.example 10.0.0.3', 3, 4, 1000],
    ])
    expect(observations[0]).toMatchObject({ transport: 'tcp', connection: 1, client: { port: 40000 } })
  },
})

describe('gaps', () => {
  const [first, second] = [framed(1, answer(1, '10.0.0.1')), framed(1, answer(2, '10.0.0.2'))]
  const play = (missing: number, from: number) => {
    const story = [
      framed(0, query(1), query(2)),
      { side: 1 as const, bytes: first.bytes.subarray(0, from) },
      lost(1, missing),
      { side: 1 as const, bytes: first.bytes.subarray(from + missing) },
      second,
    ]
    return tell(openDns, story)
  }

  test('inside a message cost that message', () => {
    expect(answers(play(5, 10).observations).map(said)).toEqual(['a.example 10.0.0.2'])
    expect(answers(play(first.bytes.length - 10, 10).observations).map(said)).toEqual(['a.example 10.0.0.2'])
  })

  test('over a length cost the rest of the side', () => {
    const told = play(5, 1)
    expect(answers(told.observations)).toEqual([])
    expect(told.answers[2]).toBe(SKIP_REST)
    expect(told.counted).toEqual(['dns-place-lost'])
  })
})

describe('the end', () => {
  const unanswered = (events: Parameters<typeof tell>[1]) =>
    tell(openDns, events).observations.map((o) =>
      o.kind === 'dns-unanswered' ? [o.name, o.attempts] : o.kind,
    )

  test('an orderly end tells what was never answered; the capture’s end does not', () => {
    expect(unanswered([framed(0, query(1)), fin(1)])).toEqual([['a.example', 1]])
    expect(unanswered([framed(0, query(1))])).toEqual([])
  })

  test('what is no DNS is left', () => {
    const told = tell(openDns, [client('\0\x01x'.repeat(4)), client('\0\x01x')])
    expect(told.answers).toEqual([CONTINUE, DETACH])
    expect(told.counted).toEqual(Array.from({ length: 5 }, () => 'dns-malformed'))
  })
})
