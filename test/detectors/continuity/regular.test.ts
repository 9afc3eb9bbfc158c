import { expect, test } from 'vitest'
import type { World } from '../../../src/model/event.ts'
import type { Finding } from '../../../src/model/incident.ts'
import type { Service } from '../../../src/model/party.ts'
import { Frequency, Regularity } from '../../../src/detectors/continuity/regular.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { A1, attach, balancer, DLP, DLP1 } from '../stories.ts'

test.each([
  [2, ['S0-04', 'S0-15', 'X-01']],
  [3, ['S0-04', 'S0-06', 'S0-15', 'X-01']],
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

const LIMITS = { perDayMax: 2, agentsShare: 0.1 }
/** Losses of agents, in hours, at a service with so many; which of them make losses frequent. */
function frequent(agents: number, ...losses: readonly (readonly [agent: string, hour: number])[]): boolean[] {
  const service = {} as Service
  const frequency = new Frequency(LIMITS, { agentsOf: () => agents } as unknown as World)
  return losses.map(([id, hour]) =>
    frequency.note({ agent: { id, address: null }, at: seconds(hour * 3600) } as Finding, service),
  )
}

test.each<[string, number, [string, number][], boolean]>([
  [
    'a third loss within a day',
    9,
    [
      ['a', 0],
      ['a', 8],
      ['a', 23],
    ],
    true,
  ],
  [
    'two a day',
    9,
    [
      ['a', 0],
      ['a', 12],
      ['a', 24],
      ['a', 36],
    ],
    false,
  ],
  [
    'one agent of many',
    10,
    [
      ['a', 0],
      ['a', 8],
      ['a', 23],
    ],
    false,
  ],
  [
    'two agents of many',
    19,
    [
      ['a', 0],
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['b', 4],
      ['b', 5],
    ],
    true,
  ],
  [
    'those of yesterday count no more',
    19,
    [
      ['a', 0],
      ['a', 1],
      ['a', 2],
      ['b', 26],
      ['b', 27],
      ['b', 28],
    ],
    false,
  ],
  [
    'where agents are not counted',
    0,
    [
      ['a', 0],
      ['a', 1],
      ['a', 2],
    ],
    false,
  ],
])('frequent losses: %s', (_what, agents, losses, isFrequent) => {
  expect(frequent(agents, ...losses)).toEqual([...losses.slice(1).map(() => false), isFrequent])
})

test('losses after silences of all lengths name it once they are frequent', async () => {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
  for (const silence of [310, 900, 4000]) {
    const { agent } = s.connect(A1, `${DLP1}:8000`)
    agent.sends('agent=A1').receives('ok')
    s.wait(seconds(silence))
    agent.sends('still here')
  }
  const analysis = await analysed(s, { config: { services: [{ ...DLP.services[0], vips: [] }] } })
  expect(analysis.incident('severed-idle')).toMatchObject({
    requirements: ['S0-04', 'S0-06', 'S0-15', 'X-01'],
  })
})
