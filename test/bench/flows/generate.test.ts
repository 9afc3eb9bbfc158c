import { expect, test } from 'vitest'
import { decoding } from '../../collectors/flows/decoding.ts'
import { messages, RECORDS, VERSIONS } from './generate.ts'

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
