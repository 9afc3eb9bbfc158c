/**
 * Exchanges of one connection through reassembly, with packets missing and packets out of order: whatever is
 * missing, no response is told to another request than its own.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { otherSide } from '../../../src/model/packet.ts'
import type { Side } from '../../../src/model/packet.ts'
import { milliseconds, seconds } from '../../../src/model/time.ts'
import type { Micros } from '../../../src/model/time.ts'
import { BEHIND_MAX, PENDING_MAX } from '../../../src/protocols/http/pairing.ts'
import { openHttp } from '../../../src/protocols/http/parser.ts'
import { ReassemblyAccount } from '../../../src/streams/account.ts'
import { HOLE_PATIENCE, Stream } from '../../../src/streams/reassembly.ts'
import { contextInto } from '../parser.case.ts'

interface Segment {
  readonly side: Side
  readonly sequence: number
  readonly acknowledgment: number
  readonly text: string
  readonly time: Micros
}

/** What a client and a server send: segments, each of which acknowledges all that came before it. */
class Wire {
  readonly segments: Segment[] = []
  time = 0
  private readonly next: [number, number] = [1000, 5000]

  send(side: Side, text: string, after: Micros, size = 1460): void {
    for (let at = 0; at < text.length; at += size) {
      this.time += at === 0 ? after : 10
      this.push(side, text.slice(at, at + size))
    }
  }

  acknowledge(side: Side, after: Micros): void {
    this.time += after
    this.push(side, '')
  }

  private push(side: Side, text: string): void {
    const { time, next } = this
    const acknowledgment = next[otherSide(side)]
    this.segments.push({ side, sequence: next[side], acknowledgment, text, time })
    next[side] += text.length
  }
}

const noTunnel = () => {
  throw new Error('there is no tunnel')
}

/** The observations of the segments that were captured, in the order in which they are stored. */
function observed(
  segments: readonly Segment[],
  { bodies = false, counted = [] as string[] } = {},
): Observation[] {
  const observations: Observation[] = []
  const wants = { openings: true, fingerprints: true, alerts: true, bodies: 'excerpt' } as const
  const count = (reason: string) => void counted.push(reason)
  const context = { ...contextInto(observations), count, ...(bodies ? { wants } : {}) }
  const stream = new Stream(openHttp(context, noTunnel), new ReassemblyAccount())
  stream.startsAt(0, 1000)
  stream.startsAt(1, 5000)
  for (const [packet, { side, sequence, acknowledgment, text, time }] of segments.entries()) {
    stream.acknowledged(otherSide(side), acknowledgment, time, packet)
    const bytes = Buffer.from(text, 'latin1')
    stream.segment(side, sequence, bytes, 0, bytes.length, bytes.length, time, packet)
  }
  stream.close(seconds(100))
  return observations
}

const isTransaction = (o: Observation): o is ObservationOf<'http-transaction'> =>
  o.kind === 'http-transaction'

/** `3 3` for a request and its response, `3 -` and `- 3` for one alone. */
const pairs = (observations: readonly Observation[]): string[] =>
  observations.filter(isTransaction).map(({ request, response }) => {
    const asked = request?.target.slice(1) ?? '-'
    const answer = response?.headers.find(({ name }) => name === 'Number')?.value ?? '-'
    return `${asked} ${answer}`
  })

const requestOf = (n: number, method = 'GET', body = '') =>
  `${method} /${n} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const responseTo = (n: number, method = 'GET', body = 'body') =>
  `HTTP/1.1 200 OK\r\nNumber: ${n}\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`

/** `count` exchanges, one every `every`. */
function exchanges(count: number, every: Micros): Wire {
  const wire = new Wire()
  for (let n = 0; n < count; n++) {
    wire.send(0, requestOf(n), every / 2)
    wire.acknowledge(1, 10)
    wire.send(1, responseTo(n), every / 2 - 20)
    wire.acknowledge(0, 10)
  }
  return wire
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const own = (from: number, to: number) => numbers(from, to).map((n) => `${n} ${n}`)
const without = ({ segments }: Wire, ...lost: string[]) =>
  segments.filter(({ text }) => !lost.some((part) => text.includes(part)))

describe('behind a gap', () => {
  test('a request is missing: its response is told without', () => {
    const wire = exchanges(30, milliseconds(9))
    expect(pairs(observed(without(wire, '/2 ')))).toEqual([...own(0, 2), '- 2', ...own(3, 30)])
  })

  test('a response is missing: its request is told without, and the others have their own', () => {
    const wire = exchanges(10, milliseconds(9))
    wire.time += seconds(1)
    wire.send(0, requestOf(10), 0)
    wire.send(1, responseTo(10), milliseconds(1))
    expect(pairs(observed(without(wire, 'Number: 2\r')))).toEqual([...own(0, 2), '2 -', ...own(3, 11)])
  })

  test('a response and the request behind it are missing: none is told to the other', () => {
    const wire = exchanges(30, milliseconds(9))
    const told = pairs(observed(without(wire, 'Number: 2\r', '/3 ')))
    expect(told.toSorted()).toEqual([...own(0, 2), '2 -', '- 3', ...own(4, 30)].toSorted())
  })

  test('what comes late has bodies under the index of its request', () => {
    const wire = exchanges(30, milliseconds(9))
    const all = observed(without(wire, '/2 ', 'Number: 9\r'), { bodies: true })
    const numberOf = new Map(all.filter(isTransaction).map((o) => [o.index, o]))
    const bodies = all.flatMap((o) => (o.kind === 'http-body' ? [o.index] : []))
    expect(bodies.length).toBe(29)
    expect(new Set(bodies).size).toBe(29)
    for (const index of bodies) expect(numberOf.get(index)!.response).not.toBeNull()
    const asked = all.flatMap((o) => (o.kind === 'http-request' ? [[o.index, o.request.target]] : []))
    for (const [index, target] of asked) expect(numberOf.get(index as number)!.request!.target).toBe(target)
  })

  test('the requests are not captured: responses wait only for what may be late', () => {
    const wire = new Wire()
    for (let n = 0; n < 40; n++) wire.send(1, responseTo(n), milliseconds(30))
    const seen: Observation[] = []
    const consumer = openHttp(contextInto(seen), noTunnel)
    for (const [packet, { text, time }] of wire.segments.entries()) {
      const bytes = Buffer.from(text)
      consumer.data(1, bytes, 0, bytes.length, time, packet)
      if (packet === 10) consumer.gap(0, 1000, time, packet)
      expect(pairs(seen).length).toBe(packet <= 10 ? 0 : packet - 3)
    }
    expect(BEHIND_MAX).toBe(HOLE_PATIENCE)
  })

  test('the responses are not captured: requests wait only for what may be late', () => {
    const { segments } = exchanges(3 * PENDING_MAX, milliseconds(30))
    const counted: string[] = []
    const told = pairs(
      observed(
        segments.filter(({ side }) => side === 0),
        { counted },
      ),
    )
    expect(told).toEqual(numbers(0, 3 * PENDING_MAX).map((n) => `${n} -`))
    expect(counted).not.toContain('http-pairing-lost')
  })

  test('more responses than may wait: the oldest are told alone', () => {
    const wire = new Wire()
    for (let n = 0; n < PENDING_MAX + 3; n++) wire.send(1, responseTo(n), 10)
    const seen: Observation[] = []
    const consumer = openHttp(contextInto(seen), noTunnel)
    for (const [packet, { text, time }] of wire.segments.entries()) {
      const bytes = Buffer.from(text)
      consumer.data(1, bytes, 0, bytes.length, time, packet)
    }
    expect(pairs(seen)).toEqual(['- 0', '- 1', '- 2'])
  })
})

describe('out of order', () => {
  test('two exchanges stored by direction, the responses first', () => {
    const { segments } = exchanges(8, milliseconds(1))
    const batch = segments.slice(0, 8)
    const stored = [...batch.filter(({ side }) => side === 1), ...batch.filter(({ side }) => side === 0)]
    expect(pairs(observed([...stored, ...segments.slice(8)]))).toEqual(own(0, 8))
  })

  test('a response to HEAD that is stored before it has no body', () => {
    const wire = new Wire()
    wire.send(0, requestOf(0, 'HEAD'), 10)
    wire.send(1, responseTo(0, 'HEAD'), 10)
    wire.send(0, requestOf(1), 10)
    wire.send(1, responseTo(1), 10)
    const all = observed([1, 3, 0, 2].map((at) => wire.segments[at]!))
    expect(pairs(all)).toEqual(own(0, 2))
    expect(all.filter(isTransaction).map(({ response }) => response!.bodyBytes)).toEqual([0, 4])
  })

  test('a capture that begins between them: what is older than a request does not answer it', () => {
    const wire = new Wire()
    wire.send(1, responseTo(0), 10)
    wire.send(0, requestOf(1), 10)
    wire.send(1, responseTo(1), 10)
    const [zero, asked, one] = wire.segments
    expect(pairs(observed([asked!, zero!, one!]))).toEqual(['- 0', '1 1'])
  })

  test('nothing is missing, and the clock was set back: the order counts', () => {
    const { segments } = exchanges(6, milliseconds(9))
    const back = segments.map((s, i) => (i < 9 ? s : { ...s, time: s.time - seconds(3600) }))
    expect(pairs(observed(back))).toEqual(own(0, 6))
  })
})

/** Octets of the bodies, microseconds of what is between the messages, octets of a segment. */
interface Exchange {
  readonly method: string
  readonly asked: number
  readonly sent: number
  readonly thinking: Micros
  readonly idle: Micros
  readonly size: number
  readonly acknowledges: boolean
}

/** Segments that are stored by direction, `size` of them at once. */
interface Batch {
  readonly size: number
  readonly first: Side
}

const stored = (segments: readonly Segment[], batches: readonly Batch[]): Segment[] => {
  const all: Segment[] = []
  let at = 0
  for (const { size, first } of batches) {
    const batch = segments.slice(at, (at += size))
    for (const side of [first, otherSide(first)]) all.push(...batch.filter((s) => s.side === side))
  }
  return [...all, ...segments.slice(at)]
}

describe('whatever the order and the losses', () => {
  const plan = (slowest: Micros) => {
    const pause = fc.integer({ min: 20, max: slowest })
    const exchange = fc.record({
      method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST'),
      asked: fc.nat(600),
      sent: fc.nat(1200),
      thinking: pause,
      idle: pause,
      size: fc.constantFrom(90, 536, 1460),
      acknowledges: fc.boolean(),
    })
    const batch = fc.record({
      size: fc.integer({ min: 1, max: 14 }),
      first: fc.constantFrom(0 as Side, 1 as Side),
    })
    return fc.record({
      exchanges: fc.array(exchange, { minLength: 2, maxLength: 25 }),
      lost: fc.array(fc.record({ at: fc.nat(200), count: fc.constantFrom(1, 1, 1, 3, 8) }), {
        maxLength: 4,
      }),
      batches: fc.array(batch, { maxLength: 30 }),
    })
  }

  const played = (all: readonly Exchange[]): Wire => {
    const wire = new Wire()
    for (const [n, { method, asked, sent, thinking, idle, size, acknowledges }] of all.entries()) {
      wire.send(0, requestOf(n, method, method === 'POST' ? 'q'.repeat(asked) : ''), idle, size)
      if (acknowledges) wire.acknowledge(1, 10)
      wire.send(1, responseTo(n, method, 'p'.repeat(sent)), thinking, size)
      if (acknowledges) wire.acknowledge(0, 10)
    }
    return wire
  }

  test('nothing is missing: all have their own', () => {
    fc.assert(
      // A batch is stored within the time that reassembly waits.
      fc.property(plan(HOLE_PATIENCE / 16), ({ exchanges: all, batches }) => {
        const told = pairs(observed(stored(played(all).segments, batches)))
        expect(told.toSorted()).toEqual(own(0, all.length).toSorted())
      }),
      { numRuns: 400 },
    )
  })

  test('packets are missing: no response is told to the request of another, and few lose their own', () => {
    let [lost, apart] = [0, 0]
    fc.assert(
      fc.property(plan(milliseconds(40)), (p) => {
        const { segments } = played(p.exchanges)
        const gone = new Set(p.lost.flatMap(({ at, count }) => numbers(at, at + count)))
        const kept = segments.filter((_, i) => !gone.has(i))
        const told = pairs(observed(stored(kept, p.batches)))
        const wrong = told.filter((pair) => !pair.includes('-') && new Set(pair.split(' ')).size > 1)
        expect(wrong).toEqual([])
        lost += segments.length - kept.length
        apart += p.exchanges.length - told.filter((pair) => !pair.includes('-')).length
      }),
      { numRuns: 400 },
    )
    expect(apart).toBeLessThan(lost)
  })
})
