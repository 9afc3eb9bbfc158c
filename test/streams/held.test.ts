import { expect, test } from 'vitest'
import { STRETCH_OVERHEAD, distance, hold } from '../../src/streams/held.ts'
import type { HeldStretch } from '../../src/streams/held.ts'

const FACTS = { time: 0, packet: 0, after: null }

const text = (held: readonly HeldStretch[]): string[] =>
  held.map(
    (s) => `${s.sequence}:${s.bytes === null ? `cut ${s.length}` : Buffer.from(s.bytes).toString('latin1')}`,
  )
const put = (held: HeldStretch[], sequence: number, octets: string): number =>
  hold(held, sequence, octets.length, Buffer.from(`..${octets}`), 2, FACTS)

test('distance is positive if the first is later, across the wrap', () => {
  expect(distance(5, 3)).toBe(2)
  expect(distance(2, 0xffff_fffe)).toBe(4)
  expect(distance(0xffff_fffe, 2)).toBe(-4)
})

test('stretches stand in order, whatever order they come in', () => {
  const held: HeldStretch[] = []
  for (const [sequence, octets] of [
    [20, 'cc'],
    [10, 'aa'],
    [15, 'b'],
  ] as const)
    put(held, sequence, octets)
  expect(text(held)).toEqual(['10:aa', '15:b', '20:cc'])
})

test('the first copy of an octet wins, and only what is new is kept and charged', () => {
  const held: HeldStretch[] = []
  put(held, 12, 'XX')
  put(held, 16, 'YY')
  expect(put(held, 10, 'abcdefghij')).toBe(2 + 2 + 2 + 3 * STRETCH_OVERHEAD)
  expect(text(held)).toEqual(['10:ab', '12:XX', '14:ef', '16:YY', '18:ij'])
  expect(put(held, 11, 'zzzz')).toBe(0)
})

test('octets cut by the snap length keep their place without bytes', () => {
  const held: HeldStretch[] = []
  expect(hold(held, 0xffff_fffe, 5, null, 0, FACTS)).toBe(STRETCH_OVERHEAD)
  put(held, 1, 'abcd')
  expect(text(held)).toEqual(['4294967294:cut 5', '3:cd'])
})

test('a stretch is a copy: the buffer it came from may change', () => {
  const held: HeldStretch[] = []
  const buffer = Buffer.from('abc')
  hold(held, 7, 3, buffer, 0, FACTS)
  buffer.fill(0)
  expect(text(held)).toEqual(['7:abc'])
})
