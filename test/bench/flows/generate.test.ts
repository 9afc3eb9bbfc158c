import { expect, test } from 'vitest'
import { decoding } from '../../collectors/flows/decoding.ts'
import { messages, RECORDS, VERSIONS } from './generate.ts'
import { network } from './network.ts'

test.each(VERSIONS)('%s: every message is whole, in sequence, and of different flows', (version) => {
  const { next } = messages(version)
  const run = decoding()
  for (let n = 0; n < 1001; n++) run.take({ bytes: next() })
  expect(run.quality()).toEqual({
    messages: 1001,
    records: 1001 * RECORDS,
    ...(version === 'netflow5' ? {} : { templates: 1 }),
  })
  const tuples = new Set(run.records.map(({ source, sourcePort }) => `${source} ${sourcePort}`))
  expect(tuples.size).toBeGreaterThan(25_000)
  expect(run.records.every(({ start, end, exported }) => start! < end! && end! < exported!)).toBe(true)
})

test('a network: in sequence, at the present time, two of thirty records of the service', () => {
  const { next } = network()
  const run = decoding()
  const now = Date.now()
  for (let n = 0; n < 200; n++) run.take({ bytes: next(now + n) })
  expect(run.quality()).toEqual({ messages: 200, records: 200 * RECORDS })
  const ofService = run.records.filter(
    ({ sourcePort, destinationPort }) => sourcePort === 10_443 || destinationPort === 10_443,
  )
  expect(ofService).toHaveLength((200 * RECORDS) / 15)
  expect(run.records.every(({ start, end, exported }) => start! < end! && end! < exported!)).toBe(true)
  expect(run.records.every(({ exported }) => Math.abs(Number(exported) / 1000 - now) < 1000)).toBe(true)
})
