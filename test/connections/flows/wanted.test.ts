import { expect, test } from 'vitest'
import { FlowsWanted } from '../../../src/connections/flows/wanted.ts'
import { batchesOf } from './records.ts'

test('records of services’ ports and of servers’ addresses; of each address it is asked once', () => {
  const asked: string[] = []
  const wanted = new FlowsWanted([10_443], (address) => {
    asked.push(address)
    return address === '10.10.3.11'
  })
  const [batch] = batchesOf([
    { tuple: '10.0.0.5:40000>10.0.9.9:10443', from: 1 },
    { tuple: '10.0.9.9:10443>10.0.0.5:40000', from: 1 },
    { tuple: '10.0.0.5:40000>10.0.9.9:443', from: 1 },
    { tuple: '10.10.3.11:22>10.0.0.5:40000', from: 1 },
    { tuple: '10.0.0.5:40000>10.10.3.11:22', from: 1 },
    { tuple: '10.0.0.5:40000>10.10.3.12:22', from: 1 },
  ])
  const is = Array.from({ length: 6 }, (_, i) => wanted.is(batch!, i))
  expect(is).toEqual([true, true, false, true, true, false])
  expect(asked).toEqual(['10.0.0.5', '10.0.9.9', '10.10.3.11', '10.10.3.12'])
})

test('addresses with any number', () => {
  const wanted = new FlowsWanted([], (address) => address.endsWith('.7'))
  const tuples = Array.from(
    { length: 5000 },
    (_, i) => `10.1.${i >> 8}.${i & 255}:1>10.2.${i >> 8}.${i & 255}:2`,
  )
  const batches = batchesOf(tuples.map((tuple) => ({ tuple, from: 1 })))
  const count = batches.reduce(
    (n, batch) =>
      n + Array.from({ length: batch.count }, (_, i) => wanted.is(batch, i)).filter(Boolean).length,
    0,
  )
  expect(count).toBe(20)
})
