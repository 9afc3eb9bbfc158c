import { expect, test } from 'vitest'
import { ATTACHMENTS_MAX } from '../../src/sessions/tracked-agent.ts'
import { analysed } from '../detectors/analysis.ts'
import { scenario } from '../scenario/scenario.ts'

test('the summary tells what found no room', async () => {
  const s = scenario()
  for (let i = 0; i < ATTACHMENTS_MAX + 2; i++)
    s.connect('10.10.1.101', `10.10.3.11:${1000 + i}`).agent.sends('x')
  const { forgotten } = (await analysed(s, { taps: ['client'] })).of('summary')[0]!
  expect(forgotten).toEqual({ agents: 0, addresses: 0, visits: 2, findings: 0 })
})

test('a small capture takes little memory: no more connections are prepared for than it has frames', async () => {
  const s = scenario()
  s.connect('10.10.1.101', '10.10.3.11:443').agent.sends('x')
  await analysed(s, { taps: ['client'] }) // what is made once is there
  const before = process.memoryUsage().arrayBuffers
  await analysed(s, { taps: ['client'] })
  // Nearly all of it buffers of the reader; room for as many connections as can be would be 201 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32e6)
})
