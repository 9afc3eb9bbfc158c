/** Answers for names of services, through the whole analysis. */
import { expect, test } from 'vitest'
import { analysedFiles } from '../../detectors/analysis.ts'
import { answered, held, SERVERS } from '../../detectors/distribution/stories.ts'

const [ONE, TWO] = SERVERS as readonly [string, string]

test('an answer that two taps see is one answer', async () => {
  const [[, capture]] = [...answered([ONE, TWO], [TWO, ONE], [ONE, TWO]).captures()] as [[string, Uint8Array]]
  const analysis = await analysedFiles(
    [
      ['agents', capture],
      ['servers', capture],
    ],
    held(),
  )
  expect(analysis.findings('dns-round-robin').map(({ tap, details }) => [tap, details['answers']])).toEqual([
    ['agents', 3],
  ])
})

test('without a configuration names change as they like', async () => {
  const captures = [...answered([ONE, TWO], [TWO, ONE], [ONE, TWO]).captures()]
  expect((await analysedFiles(captures)).told).toEqual([])
})
