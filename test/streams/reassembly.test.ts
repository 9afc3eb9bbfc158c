import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DETACH } from '../../src/model/stream.ts'
import { ReassemblyAccount } from '../../src/streams/account.ts'
import { STRETCH_OVERHEAD } from '../../src/streams/held.ts'
import {
  HALF_HELD_BYTES_MAX,
  HOLE_PATIENCE,
  HOLE_PATIENCE_SEGMENTS,
  Stream,
  UNACKNOWLEDGED_PATIENCE,
} from '../../src/streams/reassembly.ts'
import { ALPHABET, played, START } from './played.ts'
import { recorder } from './recorder.ts'

describe('in order', () => {
  test('segments are handed on where they lie, across the wrap of sequence numbers', () => {
    const p = played()
    p.send(0, 5)
    p.send(5, 12)
    expect(p.log).toEqual(['0 abcde #1 @1', '0 fghijkl #2 @2'])
    expect(p.account.heldBytes).toBe(0)
  })

  test('the borrowed buffer is passed on, not a copy', () => {
    const seen: Uint8Array[] = []
    const consumer = recorder([ALPHABET, ALPHABET])
    const data = consumer.data
    consumer.data = (side, bytes, ...rest) => (seen.push(bytes), data(side, bytes, ...rest))
    const stream = new Stream(consumer, new ReassemblyAccount())
    stream.segment(0, 77, ALPHABET, 0, 3, 3, 1, 1)
    expect(seen[0]).toBe(ALPHABET)
  })

  test('without a start, the first segment seen is the start', () => {
    const consumer = recorder([ALPHABET, ALPHABET])
    const stream = new Stream(consumer, new ReassemblyAccount())
    stream.segment(1, 123_456, ALPHABET, 0, 3, 3, 1, 1)
    stream.startsAt(1, 5)
    stream.segment(1, 123_459, ALPHABET, 3, 5, 2, 2, 2)
    expect(consumer.log).toEqual(['1 abc #1 @1', '1 de #2 @2'])
  })

  test('retransmissions and overlaps are trimmed, probes and empty segments do nothing', () => {
    const p = played()
    p.send(0, 5)
    p.send(0, 5)
    p.send(4, 5) // a keep-alive probe: one old octet
    p.send(5, 5)
    p.send(3, 8)
    expect(p.log).toEqual(['0 abcde #1 @1', '0 fgh #5 @5'])
  })

  test('what the snap length cut is a gap', () => {
    const p = played()
    p.send(0, 10, { captured: 4 })
    p.send(10, 12)
    expect(p.log).toEqual(['0 abcd #1 @1', '0 gap 6 #1 @1', '0 kl #2 @2'])
    expect(p.account).toMatchObject({ gaps: 1, gapBytes: 6 })
  })
})

describe('out of order', () => {
  test('swapped neighbours come out in order, with their own packets and times', () => {
    const p = played()
    p.send(5, 8)
    p.send(8, 10)
    p.send(0, 5)
    expect(p.log).toEqual(['0 abcde #3 @3', '0 fgh #1 @1', '0 ij #2 @2'])
    expect(p.account).toMatchObject({ heldBytes: 0, gaps: 0 })
  })

  test('acknowledged before it was stored: still in order', () => {
    const p = played()
    p.acknowledge(5)
    p.send(0, 5)
    for (let i = 0; i < 2 * HOLE_PATIENCE_SEGMENTS; i++) p.acknowledge(5)
    expect(p.log).toEqual(['0 abcde #2 @2'])
  })

  test('an early segment that was cut keeps the place of what was cut', () => {
    const p = played()
    p.send(5, 10, { captured: 2 })
    p.send(10, 12)
    p.send(0, 5)
    expect(p.log).toEqual(['0 abcde #3 @3', '0 fg #1 @1', '0 gap 3 #1 @1', '0 kl #2 @2'])
  })

  test('of two copies the first wins, also when the second comes in order', () => {
    const p = played()
    const stream = p.stream
    stream.segment(0, (START + 2) >>> 0, Buffer.from('XY'), 0, 2, 2, 1, 1)
    stream.segment(0, START, Buffer.from('abcdef'), 0, 6, 6, 2, 2)
    expect(p.log).toEqual(['0 ab #2 @2', '0 XY #1 @1', '0 ef #2 @2'])
  })
})

describe('a hole', () => {
  test('that was acknowledged becomes a gap when patience in time is over', () => {
    const p = played()
    p.send(5, 8, { at: 10 })
    p.acknowledge(8, 20)
    p.acknowledge(8, 20 + HOLE_PATIENCE)
    expect(p.log).toEqual([])
    p.acknowledge(8, 21 + HOLE_PATIENCE)
    expect(p.log).toEqual([`0 gap 5 #0 @${21 + HOLE_PATIENCE}`, '0 fgh #0 @10'])
  })

  test('what waited behind a hole whose time is over comes before what follows on the other side', () => {
    const followers: readonly ((p: ReturnType<typeof played>, at: number) => void)[] = [
      (p, at) => p.stream.segment(1, 500, ALPHABET, 0, 2, 2, at, 9),
      (p, at) => p.stream.finish(1, at, 9, 500),
      (p, at) => p.stream.acknowledged(1, 501, at, 9),
    ]
    for (const follow of followers) {
      const p = played()
      p.stream.startsAt(1, 500)
      p.send(5, 8, { at: 10 })
      p.acknowledge(8, 20)
      follow(p, 21 + HOLE_PATIENCE)
      expect(p.log.slice(0, 2)).toEqual([`0 gap 5 #9 @${21 + HOLE_PATIENCE}`, '0 fgh #0 @10'])
    }
  })

  test('what fills a hole late, but before anything else came, still fills it', () => {
    const p = played()
    p.send(5, 8, { at: 10 })
    p.acknowledge(8, 20)
    p.send(0, 5, { at: 21 + HOLE_PATIENCE })
    expect(p.log).toEqual([`0 abcde #0 @${21 + HOLE_PATIENCE}`, '0 fgh #0 @10'])
  })

  test('that was acknowledged becomes a gap when patience in segments is over', () => {
    const p = played()
    p.acknowledge(5)
    for (let i = 0; i < HOLE_PATIENCE_SEGMENTS; i++) p.acknowledge(5)
    expect(p.log).toEqual([])
    p.acknowledge(5)
    expect(p.log).toEqual([`0 gap 5 #${HOLE_PATIENCE_SEGMENTS + 2} @${HOLE_PATIENCE_SEGMENTS + 2}`])
  })

  test('holes acknowledged at the same time are given up together', () => {
    const p = played()
    p.send(2, 4, { at: 1 })
    p.send(6, 8, { at: 1 })
    p.acknowledge(8, 2)
    p.send(10, 12, { at: 3 + HOLE_PATIENCE })
    const at = 3 + HOLE_PATIENCE
    expect(p.log).toEqual([`0 gap 2 #0 @${at}`, '0 cd #0 @1', `0 gap 2 #0 @${at}`, '0 gh #0 @1'])
  })

  test('that nobody acknowledged waits for a retransmission as long as senders retransmit', () => {
    const p = played()
    p.send(5, 8, { at: 10 })
    p.send(8, 9, { at: 10 + UNACKNOWLEDGED_PATIENCE })
    expect(p.log).toEqual([])
    p.send(9, 10, { at: 11 + UNACKNOWLEDGED_PATIENCE })
    expect(p.log[0]).toBe(`0 gap 5 #0 @${11 + UNACKNOWLEDGED_PATIENCE}`)
  })

  test('is given up when the half is full, and the stream goes on', () => {
    const p = played()
    const bytes = new Uint8Array(8192).fill(120)
    const each = bytes.length + STRETCH_OVERHEAD
    const fits = Math.floor((HALF_HELD_BYTES_MAX - STRETCH_OVERHEAD) / each)
    for (let i = 0; i <= fits; i++) {
      expect(p.account.halfFull).toBe(0)
      const sequence = (START + 1000 + i * 8192) >>> 0
      p.stream.segment(0, sequence, bytes, 0, 8192, 8192, i, i)
    }
    expect(p.account).toMatchObject({ halfFull: 1, tapFull: 0, heldBytes: 0, gaps: 1, gapBytes: 1000 })
    expect(p.consumer.delivered[0]).toBe((fits + 1) * 8192)
  })

  test('is given up when the tap is full: the others keep what they hold', () => {
    const account = new ReassemblyAccount(3000)
    const one = played(account)
    const other = played(account)
    one.send(100, 2100)
    other.send(5, 1000)
    expect(other.log[0]).toBe('0 gap 5 #1 @1')
    expect(other.consumer.delivered[0]).toBe(995)
    expect(account).toMatchObject({ tapFull: 1, heldBytes: 2000 + STRETCH_OVERHEAD })
    one.stream.close(9)
    expect(account.heldBytes).toBe(0)
  })
})

describe('the end', () => {
  test('a FIN comes after the octets before it', () => {
    const p = played()
    p.finish(8)
    p.send(3, 8)
    p.send(0, 3)
    expect(p.log).toEqual(['0 abc #3 @3', '0 defgh #2 @2', '0 end #1 @1'])
  })

  test('a FIN without a sequence number comes after what was seen', () => {
    const p = played()
    p.send(3, 8)
    p.stream.finish(0, 7, 7)
    p.send(0, 3)
    expect(p.log.at(-1)).toBe('0 end #7 @7')
  })

  test.each(['before', 'after'])(
    'missing octets before a FIN that is acknowledged %s it is stored',
    (when) => {
      const p = played()
      p.send(0, 5, { at: 1 })
      if (when === 'before') p.acknowledge(9, 2)
      p.finish(8)
      p.acknowledge(9, 3)
      p.acknowledge(9, 4 + HOLE_PATIENCE)
      expect(p.log.map((line) => line.split(' #')[0])).toEqual(['0 abcde', '0 gap 3', '0 end'])
    },
  )

  test('the acknowledgment of the FIN is not one of an octet', () => {
    const p = played()
    p.send(0, 8)
    p.acknowledge(9, 2)
    p.finish(8)
    p.stream.close(500)
    expect(p.log).toEqual(['0 abcdefgh #1 @1', '0 end #2 @2', 'close @500'])
  })

  test('after the FIN nothing is delivered', () => {
    const p = played()
    p.send(0, 2)
    p.finish(2)
    p.send(2, 4)
    expect(p.log).toEqual(['0 ab #1 @1', '0 end #2 @2'])
  })

  test('closing delivers what waits, with its gaps', () => {
    const p = played()
    p.send(2, 4)
    p.send(6, 8)
    p.acknowledge(10)
    p.stream.close(99)
    expect(p.log).toEqual([
      '0 gap 2 #3 @99',
      '0 cd #1 @1',
      '0 gap 2 #3 @99',
      '0 gh #2 @2',
      '0 gap 2 #3 @99',
      'close @99',
    ])
    expect(p.stream.detached).toBe(true)
    expect(p.account.heldBytes).toBe(0)
  })
})

describe('answers', () => {
  test('DETACH ends it all, and gives back what was held', () => {
    const p = played()
    p.consumer.answers = [DETACH]
    p.send(9, 12)
    p.send(0, 3)
    p.send(3, 9)
    p.finish(12)
    p.stream.close(50)
    expect(p.log).toEqual(['0 abc #2 @2'])
    expect(p.stream.detached).toBe(true)
    expect(p.account.heldBytes).toBe(0)
  })

  test('unwanted octets are counted, not delivered, in whatever order they come', () => {
    const p = played()
    p.consumer.answers = [10]
    p.send(0, 2)
    p.send(8, 14) // early, and beyond what is unwanted
    expect(p.account.heldBytes).toBe(0)
    p.send(2, 8)
    p.send(14, 16)
    expect(p.log).toEqual(['0 ab #1 @1', '0 mn #2 @2', '0 op #4 @4'])
  })

  test('unwanted octets need no room, and no hole is given up for them', () => {
    const p = played(new ReassemblyAccount(0))
    p.consumer.answers = [10]
    p.send(0, 2)
    p.send(8, 12)
    p.send(2, 8)
    p.send(12, 14)
    expect(p.log).toEqual(['0 ab #1 @1', '0 mn #4 @4'])
    expect(p.account).toMatchObject({ tapFull: 0, gaps: 0 })
  })

  test('gaps inside unwanted octets are not told; a gap that outlasts them is, from there on', () => {
    const p = played()
    p.consumer.answers = [10]
    p.send(0, 2)
    p.send(14, 16)
    p.stream.close(7)
    expect(p.log).toEqual(['0 ab #1 @1', '0 gap 2 #2 @7', '0 op #2 @2', 'close @7'])
  })

  test('all the rest may be unwanted: the other side and the FIN still come', () => {
    const p = played()
    p.consumer.answers = [Number.MAX_SAFE_INTEGER]
    p.send(0, 2)
    p.send(500, 600)
    p.send(0, 3, { side: 1 })
    p.finish(700)
    expect(p.log).toEqual(['0 ab #1 @1', '1 abc #3 @3', '0 end #4 @4'])
  })

  test('a gap may be answered too', () => {
    const p = played()
    p.consumer.answers = [0, 3]
    p.send(0, 4, { captured: 2 })
    p.send(4, 9)
    expect(p.log).toEqual(['0 ab #1 @1', '0 gap 2 #1 @1', '0 hi #2 @2'])
  })
})

test('a side that is never captured is known by what the other acknowledges', () => {
  const p = played()
  const { stream } = p
  stream.segment(0, START, ALPHABET, 0, 3, 3, 1, 1)
  stream.acknowledged(1, 5000, 1, 1)
  stream.acknowledged(1, 5400, 2, 2)
  stream.acknowledged(1, 5400, 3 + HOLE_PATIENCE, 3)
  expect(p.log).toEqual(['0 abc #1 @1', `1 gap 400 #3 @${3 + HOLE_PATIENCE}`])
})

test('what lies beyond any window is ignored and counted', () => {
  const p = played()
  p.send(0, 2)
  p.stream.segment(0, (START + 2 ** 31) >>> 0, ALPHABET, 0, 4, 4, 2, 2)
  p.acknowledge(2 ** 30 + 100)
  p.send(2, 4)
  p.stream.close(9)
  expect(p.log).toEqual(['0 ab #1 @1', '0 cd #3 @3', 'close @9'])
  expect(p.account.implausible).toBe(2)
})

test('a stream of 5 GiB in steps: the place wraps, nothing is made up', () => {
  const consumer = recorder([new Uint8Array(0), new Uint8Array(0)], () => Number.MAX_SAFE_INTEGER)
  const stream = new Stream(consumer, new ReassemblyAccount())
  stream.acknowledged(0, 7, 0, 0)
  for (let at = 0; at < 5 * 2 ** 30; at += 2 ** 29) {
    stream.segment(0, (1 + at) >>> 0, ALPHABET, 0, 10, 10, at, at)
    stream.acknowledged(0, (11 + at) >>> 0, at, at)
  }
  expect(consumer.log.length).toBe(1)
})

describe('any order of any segments', () => {
  const STORY = 600
  const sent = Uint8Array.from({ length: STORY }, (_, i) => (i * 7 + (i >> 5)) & 0xff)
  /**
   * A segment: where, how long, how much of it captured, how far it is displaced, whether an acknowledgment
   * follows it.
   */
  const segment = fc.record({
    at: fc.nat(STORY - 1),
    length: fc.integer({ min: 1, max: 90 }),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(90) }),
    acknowledged: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, fc.nat(STORY)),
  })
  const play = fc.record({
    segments: fc.array(segment, { maxLength: 60 }),
    start: fc.constantFrom(0, 1, 0x7fff_ff00, 0xffff_fe00, 0xffff_ffff),
    fin: fc.boolean(),
    answers: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(120)), { maxLength: 30 }),
  })

  function reassemble(
    p: typeof play extends fc.Arbitrary<infer T> ? T : never,
    acknowledge: boolean,
    skip: boolean,
  ) {
    const consumer = recorder([sent, sent])
    if (skip) consumer.answers = [...p.answers]
    const account = new ReassemblyAccount()
    const stream = new Stream(consumer, account)
    stream.startsAt(0, p.start)
    const seen = new Set<number>()
    const reached = { segments: 0, acknowledged: 0 }
    for (const [i, { at, length, cut, acknowledged }] of p.segments.entries()) {
      const end = Math.min(STORY, at + length)
      const captured = Math.max(0, end - at - cut)
      for (let k = at; k < at + captured; k++) seen.add(k)
      reached.segments = Math.max(reached.segments, end)
      stream.segment(0, (p.start + at) >>> 0, sent, at, at + captured, end - at, i, i)
      if (acknowledge && acknowledged !== null) {
        reached.acknowledged = Math.max(reached.acknowledged, acknowledged)
        stream.acknowledged(0, (p.start + acknowledged) >>> 0, i, i)
      }
    }
    if (p.fin) stream.finish(0, 99, 99, (p.start + STORY) >>> 0)
    stream.close(100)
    return { consumer, account, seen, end: p.fin ? STORY : Math.max(reached.segments, reached.acknowledged) }
  }

  test('delivers every octet once, or says that it is missing', () => {
    fc.assert(
      fc.property(play, (p) => {
        const { consumer, account, end } = reassemble(p, true, false)
        expect(consumer.wrong).toEqual([])
        expect(consumer.at[0]).toBe(end)
        expect(consumer.delivered[0] + consumer.missing[0].size).toBe(end)
        expect(account).toMatchObject({ heldBytes: 0, gapBytes: consumer.missing[0].size })
        expect(consumer.log.includes('0 end #99 @99')).toBe(p.fin)
      }),
      { numRuns: 400 },
    )
  })

  test('without early acknowledgments or cuts, only what was never captured is missing', () => {
    fc.assert(
      fc.property(play, (p) => {
        const uncut = { ...p, segments: p.segments.map((s) => ({ ...s, cut: 0 })) }
        const { consumer, seen, end } = reassemble(uncut, false, false)
        const never = Array.from({ length: end }, (_, i) => i).filter((i) => !seen.has(i))
        expect([...consumer.missing[0]].sort((a, b) => a - b)).toEqual(never)
      }),
      { numRuns: 400 },
    )
  })

  test('unwanted octets keep the place', () => {
    fc.assert(
      fc.property(play, (p) => {
        const { consumer, account } = reassemble(p, true, true)
        expect(consumer.wrong).toEqual([])
        expect(account.heldBytes).toBe(0)
      }),
      { numRuns: 400 },
    )
  })
})
