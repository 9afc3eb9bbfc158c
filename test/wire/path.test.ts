import { expect, test } from 'vitest'
import { addressBytes } from '../scenario/frame-writer.ts'
import { FURTHER, PathTable } from '../../src/wire/path.ts'
import { GRE, MPLS, VXLAN } from '../../src/wire/tunnels.data.ts'

/** An IP header as far as the table reads it. */
function header(from: string, to: string): Uint8Array {
  const source = addressBytes(from)
  const b = new Uint8Array(60)
  const at = source.length === 4 ? 12 : 8
  b.set(source, at)
  b.set(addressBytes(to), at + source.length)
  return b
}
const A = '10.0.0.1'
const B = '10.0.0.2'

test('equal steps have equal numbers, in either direction; other ones do not', () => {
  const paths = new PathTable()
  expect(paths.isUsed).toBe(false)
  const there = paths.between(0, VXLAN, 7, header(A, B), 0, 4)
  expect(paths.between(0, VXLAN, 7, header(B, A), 0, 4)).toBe(there)
  const others = [
    paths.between(0, VXLAN, 8, header(A, B), 0, 4),
    paths.between(0, GRE, 7, header(A, B), 0, 4),
    paths.between(there, VXLAN, 7, header(A, B), 0, 4),
    paths.between(0, VXLAN, 7, header(A, '10.0.0.3'), 0, 4),
    paths.between(0, VXLAN, 7, header('::1', '::2'), 0, 6),
    paths.along(0, VXLAN, 7),
  ]
  expect(new Set([0, FURTHER, there, ...others]).size).toBe(9)
  expect(paths.isUsed).toBe(true)
})

test('their text is made of kind, identifier if there is one, and ends', () => {
  const paths = new PathTable()
  const outer = paths.between(0, GRE, 0xffff_ffff, header(B, A), 0, 4)
  const middle = paths.along(outer, MPLS, 0)
  const inner = paths.between(middle, VXLAN, 7, header('2001:db8::2', '2001:db8::1'), 0, 6)
  expect(paths.text(0)).toEqual([])
  expect(paths.text(inner)).toEqual([`gre 4294967295 ${B} ${A}`, 'mpls', 'vxlan 7 2001:db8::2 2001:db8::1'])
  expect(paths.text(inner)).toBe(paths.text(inner))
})

test('numbers stay as the table grows', () => {
  const paths = new PathTable()
  const numbers = Array.from({ length: 5_000 }, (_, id) => paths.along(0, MPLS, id))
  expect(new Set(numbers).size).toBe(5_000)
  expect(numbers.map((_, id) => paths.along(0, MPLS, id))).toEqual(numbers)
  expect(paths.text(numbers[4_321]!)).toEqual(['mpls 4321'])
})

test('a full table puts all further paths together, and counts', () => {
  const paths = new PathTable(2)
  const known = [paths.along(0, MPLS, 1), paths.along(0, MPLS, 2)]
  expect([paths.along(0, MPLS, 3), paths.along(0, MPLS, 4), paths.along(0, MPLS, 1)]).toEqual([
    FURTHER,
    FURTHER,
    known[0],
  ])
  expect(paths.refused).toBe(2)
  expect(paths.text(FURTHER)).toEqual(['further tunnels'])
})
