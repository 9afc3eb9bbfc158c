import { describe, expect, test } from 'vitest'
import type { HttpRequest, HttpResponse } from '../../../src/model/http.ts'
import type { HttpTransaction } from '../../../src/model/observation.ts'
import { readCookies } from '../../../src/protocols/cookies/cookie-header.ts'
import { readSetCookie } from '../../../src/protocols/cookies/set-cookie.ts'
import { backendOf } from '../../../src/sessions/relays/backend-cookie.ts'

const F5 = 'BIGipServerp=1677787402.20480.0000'
const NETSCALER = 'NSC_mc_xfc=ffffffffaf18787445525d5f4f58455e445a4a423660'

function exchange(presented: string | null, set: readonly string[] | null, status = 200): HttpTransaction {
  const setCookies = (set ?? []).map((line) => readSetCookie(line, 1))
  const request = presented === null ? {} : { cookies: readCookies([{ name: 'Cookie', value: presented }]) }
  const response = { status, setCookieLines: setCookies.length, setCookies }
  return {
    request: request as unknown as HttpRequest,
    response: set === null ? null : (response as unknown as HttpResponse),
  } as HttpTransaction
}
const told = (...parts: Parameters<typeof exchange>): string | null => {
  const found = backendOf(exchange(...parts))
  if (found === null) return null
  const { endpoint, cookie, isSet } = found
  return `${endpoint.address} ${endpoint.port} by ${cookie}${isSet ? ', set' : ''}`
}

describe('a cookie names the server', () => {
  test.each<[string, string | null, readonly string[], string]>([
    ['that is set', null, [F5], '10.1.1.100 80 by BIGipServerp, set'],
    ['among others', 'a=1', ['ovidCookie=a', F5], '10.1.1.100 80 by BIGipServerp, set'],
    ['that is presented', `a=1; ${F5}`, [], '10.1.1.100 80 by BIGipServerp'],
    ['that takes the place of the one presented', F5, [NETSCALER], '172.16.102.101 80 by NSC_mc_xfc, set'],
    ['of A10', 'sto-id-20480=CBLMMCMKFAAA', [], '202.194.188.33 80 by sto-id-20480'],
    [
      'of IPv6',
      null,
      ['BIGipServer6=vi20010112000000000000000000000030.20480'],
      '2001:112::30 80 by BIGipServer6, set',
    ],
    [
      'twice, the same',
      null,
      [F5, 'BIGipServerq=1677787402.20480.0000'],
      '10.1.1.100 80 by BIGipServerp, set',
    ],
  ])('%s', (_what, presented, set, expected) => expect(told(presented, set)).toBe(expected))
})

describe('nothing is named', () => {
  test.each<[string, string | null, readonly string[] | null, number?]>([
    ['without cookies', null, []],
    ['without a response: the cookie may have been refused', F5, null],
    ['by a relay that has no server', F5, [], 503],
    ['by two that differ', null, [F5, NETSCALER]],
    ['by a cookie that is deleted', null, [`${F5}; Max-Age=0`]],
    ['by one that is encrypted', null, ['BIGipServerp=!hV3kQz0nPqzVXvJm=']],
    ['by a label', 'SERVERID=sems1', []],
    ['by an application', `JSESSIONID=0123456789ABCDEF.node1`, []],
    ['by a pool member for all ports', 'BIGipServerp=1677787402.0.0000', []],
    [
      'by a form of which two samples are known',
      'BNI_persistence=00000000000000000000000022c6410a0000bb01',
      [],
    ],
  ])('%s', (_what, presented, set, status) => expect(told(presented, set, status)).toBeNull())
})
