import { describe, expect, test } from 'vitest'
import { DETACH } from '../../../src/model/stream.ts'
import { concat, keyLogOf, made, text } from './craft.ts'
import { record as talk } from './handshakes.ts'
import { play } from './play.ts'

const pages: [string, string][] = [
  ['ask', 'a'.repeat(120_000)],
  ['more', 'b'.repeat(120_000)],
]
const long12 = await talk({ talk: pages, client: { maxVersion: 'TLSv1.2' } })
const long13 = await talk({ talk: pages })

describe('the consumer inside', () => {
  test.each([
    ['TLS 1.2', long12],
    ['TLS 1.3', long13],
  ])('is not given what it skips (%s)', (_name, { story, keyLog: keys, sent }) => {
    let first = 0
    const answer = (side: number, length: number): number =>
      side === 1 && first === 0 ? ((first = length), 40_000) : 0
    const { inside, counts } = play(story, { keys, answer })
    expect(first).toBeGreaterThan(0)
    expect(inside).toEqual([sent[0], sent[1].slice(0, first) + sent[1].slice(first + 40_000)])
    expect(counts.unauthenticated).toBe(0)
  })

  test('of TLS 1.2, skipped records are not even opened', () => {
    const all = play(long12.story, { keys: long12.keyLog }).counts
    const some = play(long12.story, { keys: long12.keyLog, answer: () => 200_000 }).counts
    expect(some.opened).toBeLessThan(all.opened)
    expect(some.records).toBe(all.records)
  })

  test.each([
    ['TLS 1.2', long12],
    ['TLS 1.3', long13],
  ])('when it has enough, tickets and alerts are still read (%s)', (name, { story, keyLog: keys }) => {
    const { inside, alerts, tickets, calls, counts } = play(story, { keys, answer: () => DETACH })
    expect(tickets).toHaveLength(name === 'TLS 1.3' ? 2 : 0)
    expect(inside).toEqual(['ask', ''])
    expect(alerts.map((a) => [a.from, a.level, a.description])).toEqual([
      [0, 1, 0],
      [1, 1, 0],
    ])
    expect(calls).toEqual([])
    expect(counts.opened).toBeLessThan(play(story, { keys }).counts.opened)
  })

  test('is given a gap where a record is not authentic', () => {
    const { story, client } = made()
    const altered = client(23, text('altered'))
    altered[8]! ^= 1
    const said = concat(client(23, text('before')), client(23, text('after')))
    const first = client(23, text('late'))
    // Numbered 0, altered; 1 and 2, good; 3, good.
    const { inside, counts } = play([...story, { side: 0, bytes: concat(altered, said, first) }], {
      keys: keyLogOf(),
    })
    expect(inside).toEqual(['…beforeafterlate', ''])
    expect(counts.unauthenticated).toBe(1)
  })

  test('is given a gap of the right length once it is in the middle of things', () => {
    const { story, client } = made()
    const [first, second, third] = ['one', 'second', 'three'].map((word) => client(23, text(word)))
    second![10]! ^= 1
    const { inside } = play([...story, { side: 0, bytes: concat(first!, second!, third!) }], {
      keys: keyLogOf(),
    })
    expect(inside).toEqual(['one······three', ''])
  })
})
