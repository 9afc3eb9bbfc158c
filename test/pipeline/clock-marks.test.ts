import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { ClockMarks, clockOffset } from '../../src/pipeline/clock-marks.ts'
import { FirstLook } from '../../src/pipeline/first-look.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'
import { tcpFrame, type TcpFrame } from '../scenario/frame-writer.ts'
import { vxlan } from '../wire/wrap.ts'
import { readerOf } from './reader.ts'

interface Seen {
  readonly at: Micros
  readonly frame: Uint8Array
  /** Octets that were captured of it; all unless said. */
  readonly captured?: number
}

/** What is remembered of frames, of Ethernet unless said. */
function marksOf(seen: readonly Seen[], linkType = 1): ClockMarks {
  const marks = new ClockMarks()
  const look = new FirstLook(marks)
  const batch = new FrameBatch()
  const frames = seen.map(({ at, frame, captured }) => ({
    time: at,
    bytes: frame.subarray(0, captured),
    wireLength: frame.length,
  }))
  const reader = readerOf(frames, { interfaces: [{ linkType }] })
  while (reader.next(batch) === true) look.take(batch, reader.interfaces)
  return marks
}

const segment = (differs: Partial<TcpFrame>): Uint8Array =>
  tcpFrame({
    source: '192.0.2.10',
    destination: '10.0.0.5',
    sourcePort: 443,
    destinationPort: 50_000,
    sequence: 1,
    acknowledgment: 1,
    flags: 16,
    ...differs,
  })
const says = (text: string): Uint8Array => segment({ payload: Buffer.from(text) })
const accepts = (sequence: number): Uint8Array => segment({ sequence, flags: 18 })

/** The same frames at a second tap, `by` later each, as `changed`. */
function offsetOf(
  frames: readonly Uint8Array[],
  by: (i: number) => Micros,
  changed = (frame: Uint8Array): Uint8Array => frame,
) {
  const at = (i: number): Micros => 1000 * SECOND + i * 7 * SECOND
  const here = frames.map((frame, i) => ({ at: at(i), frame }))
  const there = frames.map((frame, i) => ({ at: at(i) + by(i), frame: changed(frame) }))
  return clockOffset(marksOf(there), marksOf(here))
}

const three = (frameOf: (i: number) => Uint8Array): Uint8Array[] => [0, 1, 2].map(frameOf)

describe('the clock of a capture is ahead', () => {
  test('as handshakes show that both saw', () => {
    const frames = three((i) => accepts(1_000_000 + i))
    expect(offsetOf(frames, () => 90 * SECOND)).toEqual({ ahead: 90 * SECOND, matched: 3 })
  })

  test('as what was said shows, the one in the middle of the differences', () => {
    const frames = three((i) => says(`report ${i} of an agent that has something to say`))
    expect(offsetOf(frames, (i) => 9 * SECOND + i)).toEqual({ ahead: 9 * SECOND + 1, matched: 3 })
  })

  test('as hellos show, which hold chance', () => {
    const hello = (i: number): Uint8Array =>
      segment({ payload: Buffer.from([22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3, ...Array<number>(54).fill(i)]) })
    expect(offsetOf(three(hello), () => 90 * SECOND)).toEqual({ ahead: 90 * SECOND, matched: 3 })
  })

  test('as what was said shows, where one handshake shows that they are of one time', () => {
    const frames = [accepts(7), ...three((i) => says(`report ${i} of an agent that has something to say`))]
    expect(offsetOf(frames, () => 90 * SECOND)).toEqual({ ahead: 90 * SECOND, matched: 4 })
  })

  test('as lines of a head show to which a relay has added', () => {
    const head = (i: number, added = ''): string =>
      `GET / HTTP/1.1\r\n${added}X-Request-Id: 0000-1111-2222-333${i}\r\n\r\n`
    const frames = three((i) => says(head(i)))
    const relayed = (frame: Uint8Array): Uint8Array =>
      says(Buffer.from(frame.subarray(54)).toString().replace('\r\n', '\r\nVia: 1.1 lb\r\n'))
    expect(offsetOf(frames, () => SECOND, relayed)).toEqual({ ahead: SECOND, matched: 3 })
  })

  test('where a mirror port sends what it saw through a tunnel', () => {
    const frames = three((i) => accepts(1_000_000 + i))
    const mirrored = (frame: Uint8Array): Uint8Array => vxlan(7, frame)
    expect(offsetOf(frames, () => 90 * SECOND, mirrored)).toEqual({ ahead: 90 * SECOND, matched: 3 })
  })
})

describe('nothing is known of it', () => {
  test('where differences do not agree', () => {
    const frames = three((i) => accepts(1_000_000 + i))
    expect(offsetOf(frames, (i) => i * 10 * SECOND)).toBeNull()
    const more = Array.from({ length: 7 }, (_, i) => accepts(1_000_000 + i))
    expect(offsetOf(more, (i) => (i < 3 ? 5 : 100 * i) * SECOND)).toBeNull()
  })

  test('where the same was said at the same time of another day', () => {
    const frames = three((i) => says(`report ${i} of an agent that has something to say`))
    expect(offsetOf(frames, () => 86_400 * SECOND)).toBeNull()
  })

  test('where everybody says the same', () => {
    expect(
      offsetOf(
        three(() => says('hello, here is an agent of yours')),
        () => SECOND,
      ),
    ).toBeNull()
  })

  test('where little is said, or the snap length cut it', () => {
    expect(
      offsetOf(
        three((i) => says(`short ${i}`)),
        () => SECOND,
      ),
    ).toBeNull()
    const cut = [0, 1, 2].map((i) => ({
      at: i,
      frame: says(`report ${i} of an agent, and more`),
      captured: 60,
    }))
    expect([...marksOf(cut).said, ...marksOf(cut).certain]).toEqual([])
  })

  test('of frames that hold no TCP', () => {
    const marks = marksOf(
      three((i) => accepts(i)).map((frame, at) => ({ at, frame })),
      147,
    )
    expect([...marks.said, ...marks.certain]).toEqual([])
  })
})

test('what a mirror port shows twice counts once; what is sent again tells nothing', () => {
  const frame = accepts(7)
  expect([
    ...marksOf([
      { at: 10, frame },
      { at: 900, frame },
    ]).certain.values(),
  ]).toEqual([10])
  expect([
    ...marksOf([
      { at: 10, frame },
      { at: SECOND, frame },
    ]).certain.values(),
  ]).toEqual([NaN])
})

test('whatever the frames hold', () => {
  const seen = fc.record({
    at: fc.nat(),
    frame: fc.uint8Array({ maxLength: 200 }),
    flips: fc.array(fc.nat(199)),
  })
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 20 }), fc.constantFrom(0, 1, 101, 113, 276), (all, linkType) => {
      const frames = all.map(({ at, frame, flips }) => {
        const bytes =
          flips.length % 2 === 0 ? frame : Uint8Array.from(says('a word that is said, and more of it'))
        for (const flip of flips) if (flip < bytes.length) bytes[flip] = bytes[flip]! ^ 0xff
        return { at, frame: bytes }
      })
      const marks = marksOf(frames, linkType)
      expect(clockOffset(marks, marks)?.ahead ?? 0).toBe(0)
    }),
  )
})
