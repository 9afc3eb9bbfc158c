import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVENT_CHARACTERS_MAX, eventReader } from '../../../src/cli/tail/event-stream.ts'

const octets = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const events = (...texts: string[]) => {
  const reader = eventReader()
  return texts.flatMap((text) => reader.read(octets(text)))
}
const message = (data: string, id = '') => ({ name: 'message', data, id })

describe('the examples of the standard', () => {
  test('an event of two lines', () => {
    expect(events('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual([message('YHOO\n+2\n10')])
  })

  test('a comment, ids, and one that takes the id back', () => {
    const stream =
      ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n'
    expect(events(stream)).toEqual([
      message('first event', '1'),
      message('second event'),
      message(' third event'),
    ])
  })

  test('empty data is data, and an unfinished event is none', () => {
    expect(events('data\n\ndata\ndata\n\ndata:')).toEqual([message(''), message('\n')])
  })

  test('the space after the colon does not count', () => {
    expect(events('data:test\n\ndata: test\n\n')).toEqual([message('test'), message('test')])
  })
})

describe('fields', () => {
  test('names, and ids that stay until another one comes', () => {
    expect(events('event: incident\nid: 7\ndata: a\n\nevent: heartbeat\ndata: b\n\n')).toEqual([
      { name: 'incident', data: 'a', id: '7' },
      { name: 'heartbeat', data: 'b', id: '7' },
    ])
  })

  test('an event without data only moves the id', () => {
    expect(events('id: 9\nevent: x\n\ndata: y\n\n')).toEqual([message('y', '9')])
  })

  test('an id with a NUL, and fields that nobody knows, do not count', () => {
    expect(events('id: 1\0\nfoo: bar\nData: no\ndata: y\n\n')).toEqual([message('y')])
  })

  test.each([
    ['1500', 1500],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
  ])('retry: %s', (value, ms) => {
    const reader = eventReader()
    reader.read(octets(`retry: ${value}\n\n`))
    expect(reader.retryMs).toBe(ms)
  })

  test('an earlier id is kept', () => {
    expect(eventReader('41').read(octets('data: x\n\n'))).toEqual([message('x', '41')])
  })
})

describe('cuts and line ends', () => {
  test('CR LF cut in the middle is one line end', () => {
    expect(events('data: a\r', '\ndata: b\r\n\r', '\n', 'data: c\r\r')).toEqual([
      message('a\nb'),
      message('c'),
    ])
  })

  test('of CR LF, LF beside an LF that stands alone, only the first belongs to the CR', () => {
    expect(events('data: a\r', '\n', '\n', 'data: b\r', '\n', '\r\n')).toEqual([message('a'), message('b')])
  })

  test('a byte order mark at the beginning', () => {
    expect(events('\ufeffdata: a\n\n')).toEqual([message('a')])
  })

  test('wherever it is cut, and whatever ends its lines, it says the same', () => {
    const lines = [
      'id: 1',
      'event: e\u00e9',
      'data: \ud83d\ude80 a',
      ': c',
      'data:',
      '',
      'data: x',
      '',
      'retry: 3',
      '',
    ]
    const whole = events(`${lines.join('\n')}\n`)
    expect(whole).toHaveLength(2)
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\n', '\r', '\r\n'), { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat(120)),
        (ends, cuts) => {
          // CR and LF beside each other would be one line end.
          const last = (i: number): string => (ends[i] === '\r' && ends[i + 1] === '\n' ? '\r\n' : ends[i]!)
          const text = octets(lines.map((line, i) => line + last(i)).join(''))
          const reader = eventReader()
          const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort(
            (a, b) => a - b,
          )
          const read = places.slice(1).flatMap((to, i) => reader.read(text.subarray(places[i], to)))
          expect(read).toEqual(whole)
          expect(reader.retryMs).toBe(3)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('what is too large', () => {
  const large = 'x'.repeat(EVENT_CHARACTERS_MAX)

  test('a line is passed over with its event, and counted', () => {
    const reader = eventReader()
    expect(reader.read(octets(`id: 1\ndata: ${large}y\n\ndata: next\n\n`))).toEqual([message('next', '1')])
    expect(reader.oversized).toBe(1)
  })

  test('so are many lines', () => {
    const reader = eventReader()
    const half = `data: ${large.slice(0, EVENT_CHARACTERS_MAX / 2)}\n`
    expect(reader.read(octets(`${half}${half}${half}\ndata: next\n\n`))).toEqual([message('next')])
    expect(reader.oversized).toBe(1)
  })
})
