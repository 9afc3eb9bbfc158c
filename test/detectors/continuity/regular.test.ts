import { expect, test } from 'vitest'
import { Regularity } from '../../../src/detectors/continuity/regular.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { attach, balancer, DLP } from '../stories.ts'

test.each([
  [2, ['S0-04', 'S0-15']],
  [3, ['S0-04', 'S0-06', 'S0-15']],
])('%d losses after the same silence name %j', async (losses, requirements) => {
  const s = scenario().behind(balancer('fin'))
  for (let i = 0; i < losses; i++) {
    attach(s, 'A1')
    s.wait(seconds(310))
  }
  attach(s, 'A1')
  const analysis = await analysed(s, { config: DLP, taps: ['client'] })
  expect(analysis.incident('severed-idle')).toMatchObject({ occurrences: losses, requirements })
})

test('silences of all lengths are not regular, nor are those of another cause', () => {
  const regularity = new Regularity(3, 0.1)
  const note = (cause: string, ...silences: readonly number[]): boolean[] =>
    silences.map((silence) => regularity.note(cause, silence))
  expect(note('a', 300, 900, 120, 600)).toEqual([false, false, false, false])
  expect(note('b', 300, 301, 299)).toEqual([false, false, true])
})
