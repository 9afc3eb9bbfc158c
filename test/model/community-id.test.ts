import { expect, test } from 'vitest'
import { communityId } from '../../src/model/community-id.ts'

// TCP vectors of the specification's baseline (github.com/corelight/community-id-spec, seed 0).
test.each([
  ['128.232.110.120', 34_855, '66.35.250.204', 80, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [
    '2001:470:e5bf:dead:4957:2174:e82c:4887',
    63_943,
    '2607:f8b0:400c:c03::1a',
    25,
    '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  ],
])('%s %i to %s %i, and back', (a, aPort, b, bPort, id) => {
  expect(communityId({ address: a, port: aPort }, { address: b, port: bPort })).toBe(id)
  expect(communityId({ address: b, port: bPort }, { address: a, port: aPort })).toBe(id)
})

test('on one host the ports decide the order', () => {
  const low = { address: '127.0.0.1', port: 80 }
  const high = { address: '127.0.0.1', port: 50_000 }
  expect(communityId(low, high)).toBe(communityId(high, low))
  expect(communityId(low, high)).not.toBe(communityId(low, { ...high, port: 50_001 }))
})
