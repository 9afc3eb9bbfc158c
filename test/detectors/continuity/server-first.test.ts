/** After a silence the server speaks first, and a firewall has forgotten: what either side shows. */
import { expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { firewall, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { A1, A2, attach } from '../stories.ts'
import { DIRECT, FIREWALL } from './idle.ts'

/** The agent hears nothing for 330 s, and gives up; the server had spoken 10 s, or a second, before. */
function givesUp(after: number): Scenario {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
  const other = attach(s, 'A2', A2, DIRECT).agent
  const { agent, server } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(150))
  other.sends('ping').receives('pong')
  s.wait(seconds(330 - 150 - after))
  server.end.send(new Uint8Array(Buffer.from('new policy')))
  s.wait(seconds(after))
  agent.closes()
  attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(30))
  other.sends('ping').receives('pong')
  return s
}

test('an agent that gives up on a dead connection did not close it: both taps tell so', async () => {
  const told = async (taps: readonly string[]) =>
    (await analysed(givesUp(20), { config: FIREWALL, taps })).findings('severed-idle')
  expect(await told(['client'])).toEqual([])
  const [found, ...others] = await told(['client', 'server'])
  expect(others).toEqual([])
  expect(inShort(found!)).toContain('| A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | silent silent |')
  expect(found!.severity).toBe('critical')
})

test('... and one that closed when the server spoke did', async () => {
  expect((await analysed(givesUp(1), { config: FIREWALL })).findings('severed-idle')).toEqual([])
})
