import { describe, expect, test } from 'vitest'
import { clientOf } from '../../../src/api/doors/rates.ts'
import { bearer, problemOf, rigOf } from '../harness.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['', ''],
])('%s counts as %s', (address, client) => {
  expect(clientOf(address)).toBe(client)
})

describe('how often one may ask', () => {
  const limits = { requestsPerMinute: 3 }

  test('beyond, the answer says when to come again', async () => {
    const rig = rigOf({ limits })
    const headers = bearer(rig.token('viewer'))
    const statuses = []
    for (let request = 0; request < 3; request++)
      statuses.push((await rig.ask('/api/v1/counts', { headers })).status)
    expect(statuses).toEqual([200, 200, 200])
    const refused = await rig.ask('/api/v1/counts', { headers })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await problemOf(refused)).status).toBe(429)
    expect((await rig.ask('/healthz')).status).toBe(200)
  })

  test('refused credentials count as well', async () => {
    const rig = rigOf({ limits })
    const token = rig.token('viewer')
    for (let request = 0; request < 3; request++)
      expect((await rig.ask('/api/v1/counts', { headers: bearer('hf_wrong') })).status).toBe(401)
    expect((await rig.ask('/api/v1/counts', { headers: bearer(token) })).status).toBe(429)
  })

  test('in open mode nothing is counted', async () => {
    const rig = rigOf({ limits })
    for (let request = 0; request < 5; request++) expect((await rig.ask('/api/v1/counts')).status).toBe(200)
  })
})
