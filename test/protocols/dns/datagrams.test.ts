import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { seconds } from '../../../src/model/time.ts'
import { DnsDatagrams, mayBeDns } from '../../../src/protocols/dns/datagrams.ts'
import { ANSWER_WITHIN, Pairing } from '../../../src/protocols/dns/pairing.ts'
import { readMessage } from '../../../src/protocols/dns/message.ts'
import { address, ASKED, bytesOf, message, question, record, RESPONSE } from './craft.ts'

const CLIENT = { address: '10.0.0.5', port: 40000 }
const SERVER = { address: '10.0.0.53', port: 53 }

class Play {
  readonly observations: Observation[] = []
  readonly counted: string[] = []
  readonly names = new DnsDatagrams(
    'client',
    (o) => void this.observations.push(o),
    (reason) => void this.counted.push(reason),
  )
  private packet = 0

  asks(at: number, id = 1, of = 'a.example', from = CLIENT): this {
    return this.sends(message({ id, questions: [question(of)] }), from, SERVER, at)
  }

  answers(at: number, id = 1, of = 'a.example', to = CLIENT): this {
    const answers = [record(ASKED, 1, 5, address('192.0.2.1'))]
    return this.sends(message({ id, flags: RESPONSE, questions: [question(of)], answers }), SERVER, to, at)
  }

  sends(text: string, from: typeof CLIENT, to: typeof CLIENT, at: number): this {
    const bytes = bytesOf(text)
    this.names.datagram(bytes, 0, bytes.length, from, to, seconds(at), ++this.packet)
    return this
  }

  of<K extends 'dns-answer' | 'dns-unanswered'>(kind: K): ObservationOf<K>[] {
    return this.observations.filter((o): o is ObservationOf<K> => o.kind === kind)
  }
}

test('of ports, only that of the name service counts', () => {
  expect([mayBeDns(53, 1), mayBeDns(1, 53), mayBeDns(5353, 5353), mayBeDns(5355, 1)]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

describe('a query and its response', () => {
  test('are one answer, in full', () => {
    const play = new Play().asks(1).answers(1.5)
    expect(play.observations).toEqual([
      {
        kind: 'dns-answer',
        time: seconds(1.5),
        tap: 'client',
        client: CLIENT,
        server: SERVER,
        transport: 'udp',
        connection: null,
        id: 1,
        name: 'a.example',
        type: 'A',
        class: 1,
        queryPacket: 1,
        lastQueryPacket: 1,
        asked: seconds(1),
        attempts: 1,
        packet: 2,
        rcode: 0,
        authoritative: false,
        truncated: false,
        answers: [{ name: 'a.example', type: 'A', ttl: 5, data: '192.0.2.1' }],
        chain: [],
        addresses: [{ address: '192.0.2.1', ttl: 5 }],
        latency: seconds(0.5),
      },
    ])
  })

  test('belong together by number, question and ends; case does not matter', () => {
    const other = { ...CLIENT, port: 1 }
    const play = new Play()
      .asks(1, 1, 'A.Example')
      .answers(2)
      .asks(3, 2)
      .answers(4, 3)
      .answers(5, 2, 'b.example')
    play.answers(6, 2, 'a.example', other)
    expect(play.of('dns-answer').map((o) => o.queryPacket)).toEqual([1, null, null, null])
  })

  test('sent again is another attempt; answered again, or captured twice, is told once', () => {
    const play = new Play().asks(1).asks(6).asks(7).answers(8).answers(8.1)
    expect(play.of('dns-answer')).toMatchObject([
      { attempts: 3, queryPacket: 1, lastQueryPacket: 3, asked: seconds(1), latency: seconds(1) },
    ])
  })

  test('the same number again, once it was answered, is another query', () => {
    const play = new Play().asks(1).answers(2).asks(3).answers(4)
    expect(play.of('dns-answer').map((o) => [o.queryPacket, o.attempts])).toEqual([
      [1, 1],
      [3, 1],
    ])
  })
})

describe('no response', () => {
  test('is told once a resolver has stopped waiting, and no earlier', () => {
    const play = new Play().asks(1).asks(6)
    const due = seconds(6) + ANSWER_WITHIN
    play.names.tick(due - 1)
    expect(play.observations).toEqual([])
    play.names.tick(due)
    expect(play.of('dns-unanswered')).toMatchObject([
      { time: due, name: 'a.example', attempts: 2, queryPacket: 1, lastQueryPacket: 2, asked: seconds(1) },
    ])
    play.answers(30)
    expect(play.of('dns-answer')).toMatchObject([{ queryPacket: null, latency: null, attempts: 0 }])
  })

  test('where there was one, nothing', () => {
    const play = new Play().asks(1).answers(2)
    play.names.tick(seconds(1000))
    expect(play.of('dns-unanswered')).toEqual([])
  })
})

test('what is no DNS is counted', () => {
  const play = new Play().sends('\xff\xff', CLIENT, SERVER, 1).asks(2)
  const cut = message({ flags: RESPONSE, answers: [record(ASKED, 1, 5, 'abc')] })
  play.sends(cut, SERVER, CLIENT, 3)
  expect(play.names.counters).toEqual({ messages: 2, others: 1, malformed: 1 })
  expect(play.counted).toEqual(['dns-other', 'dns-malformed'])
})

test('the queries remembered are bounded: the oldest are forgotten', () => {
  const observations: Observation[] = []
  const emit = (o: Observation): void => void observations.push(o)
  const pairing = new Pairing({ tap: '', transport: 'udp', connection: null, emit }, 32)
  const bytes = bytesOf(message({}))
  const query = readMessage(bytes, 0, bytes.length)!
  for (let i = 0; i <= 32; i++) pairing.query(query, { address: `${i}`, port: 1 }, SERVER, i, i)
  expect([pairing.size, pairing.forgotten]).toEqual([31, 2])
  for (const i of [1, 2]) pairing.response(query, { address: `${i}`, port: 1 }, SERVER, 5, 5)
  expect(observations).toMatchObject([{ queryPacket: null }, { queryPacket: 2 }])
})
