import { expect, test } from 'vitest'
import { recordReference } from '../../src/model/record-reference.ts'
import { FileNumbers } from '../../src/pipeline/file-numbers.ts'

const numbers = new FileNumbers()
numbers.begins('a..c', 'a', 0)
numbers.begins('a..c', 'b', 12) //  nothing is in it
numbers.begins('a..c', 'c', 12)
numbers.begins('rx+tx', 'rx', 0)
numbers.begins('rx+tx', 'tx', 2 ** 30)

test.each([
  ['the first of the first', 'a..c', 1, 'a', 1],
  ['the last of the first', 'a..c', 12, 'a', 12],
  ['the first of the last', 'a..c', 13, 'c', 1],
  ['of an interface', 'a..c/eth0', 20, 'c/eth0', 8],
  ['of two directions', 'rx+tx', 2 ** 30 + 3, 'tx', 3],
])('a packet is named by its file: %s', (_name, tap, packet, of, number) => {
  expect(numbers.ofItsFile({ tap, packet })).toEqual({ tap: of, packet: number })
})

test.each([
  ['of any other tap', 'a', 13],
  ['that is none', 'a..c', 0],
  ['that is a flow record', 'a..c', recordReference(1, 2, 3)],
])('a packet %s is itself', (_name, tap, packet) => {
  const reference = { tap, packet }
  expect(numbers.ofItsFile(reference)).toBe(reference)
})
