/** What the products' own protocols tell of who is who, without a configuration: stories from the octets
 * on. */
import { expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { analysed } from '../detectors/analysis.ts'
import { A1, checkIn, DLP1 } from '../detectors/stories.ts'
import { request, response, scenario } from '../scenario/scenario.ts'

const GUID = '{5E2C8F3A-0B1D-4C6E-9F70-112233445566}'

test('a wake-up call makes the server no agent, and the agent no server', async () => {
  const s = scenario()
  checkIn(s, GUID)
  s.wait(seconds(100))
  const { agent: handler } = s.connect(DLP1, `${A1}:8081`)
  handler.sends(request('POST', `/spipe/pkg?AgentGuid=${GUID}&Source=Server`)).receives(response())
  handler.closes()
  s.wait(seconds(3))
  checkIn(s, GUID)
  const told = await analysed(s)
  expect(told.of('agent').map(({ id, addresses }) => [id, ...addresses.map((a) => a.address)])).toEqual([
    [GUID, A1],
  ])
  expect(told.of('server').map(({ name }) => name)).toEqual([`${DLP1}:80`])
  expect(told.of('session').map(({ server, connections }) => [server, connections])).toEqual([
    [`${DLP1}:80`, 2],
  ])
  expect(told.told).toEqual(['info wakeup-call'])
})
