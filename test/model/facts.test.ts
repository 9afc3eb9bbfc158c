import { expect, test } from 'vitest'
import { hopsTravelled } from '../../src/model/hop-limit.ts'
import { headerValue } from '../../src/model/http.ts'
import { INCIDENT_TYPES } from '../../src/model/incident.ts'
import { otherSide } from '../../src/model/packet.ts'

test.each([
  [64, 0],
  [63, 1],
  [1, 63],
  [0, 64],
  [65, 63],
  [128, 0],
  [120, 8],
  [129, 126],
  [255, 0],
  [250, 5],
])('a packet with hop limit %i has passed %i routers', (hopLimit, hops) => {
  expect(hopsTravelled(hopLimit)).toBe(hops)
})

test('the other side of each side', () => {
  expect([otherSide(0), otherSide(1)]).toEqual([1, 0])
})

test('a header is found whatever the case of its name; the first of several counts', () => {
  const headers = [
    { name: 'Host', value: 'a' },
    { name: 'set-cookie', value: '1' },
    { name: 'Set-Cookie', value: '2' },
  ]
  expect([
    headerValue({ headers }, 'HOST'),
    headerValue({ headers }, 'Set-Cookie'),
    headerValue({ headers }, 'x'),
  ]).toEqual(['a', '1', null])
})

test('no type of incident is named twice', () => {
  expect(new Set(INCIDENT_TYPES).size).toBe(INCIDENT_TYPES.length)
})
