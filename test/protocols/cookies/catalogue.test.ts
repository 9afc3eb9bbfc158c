import { describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../src/protocols/cookies/catalogue.data.ts'
import type { CatalogueRow } from '../../../src/protocols/cookies/catalogue.data.ts'
import { catalogued } from '../../../src/protocols/cookies/catalogue.ts'

const HEX32 = '9d4a2b6e0c7f4a1b8e3d5c6f7a8b9c0d'
const NETSCALER = 'ffffffffaf18787445525d5f4f58455e445a4a423660'
const NETSCALER_ENCRYPTED = 'ffffffff51a0f3c29b7e04d61a3c88f25db7e9016c25'

/** A cookie as it is met: name, value, vendor and role; then backend and its confidence, or what a change
 * means. */
type Sample = readonly [string, string, string, string, string | null, 'certain' | 'medium' | 'hop' | null]

/** At least one for each row, in the order of the rows. */
const SAMPLES: readonly Sample[] = [
  ['BIGipServerpool', '1677787402.20480.0000', 'F5 BIG-IP LTM', 'persistence', '10.1.1.100:80', 'certain'],
  ['BIGipServer~Common~p-443', '!hV3kQz0nPqzVXvJm=', 'F5 BIG-IP LTM', 'persistence', null, null],
  ['TS01a2b3c4', '01f2', 'F5 BIG-IP ASM', 'security', null, null],
  ['TSPD_101', '08', 'F5 BIG-IP ASM', 'security', null, null],
  ['MRHSession', HEX32, 'F5 BIG-IP APM', 'security', null, null],
  ['LastMRH_Session', '7a8b9c0d', 'F5 BIG-IP APM', 'security', null, null],
  ['citrix_ns_id', 'A0', 'Citrix NetScaler AppFW', 'security', null, null],
  ['NSC_AAAC', HEX32, 'Citrix Gateway', 'security', null, null],
  ['NSC_mc_xfc', NETSCALER, 'Citrix NetScaler', 'persistence', '172.16.102.101:80', 'certain'],
  [
    'NSC_wt_tfqn',
    'ffffffff09091f7545525d5f4f58455e445a4a42378b',
    'Citrix NetScaler',
    'persistence',
    '10.1.1.100:443',
    'certain',
  ],
  ['NSC_mc_xfc', NETSCALER_ENCRYPTED, 'Citrix NetScaler', 'persistence', null, null],
  ['sto-id-47873-finprd_8443', 'ICAJBCKMPLCA', 'A10 Thunder', 'persistence', '172.18.9.130:8443', 'certain'],
  ['sto-id-20480', 'CBLMMCMKFAAA', 'A10 Thunder', 'persistence', '202.194.188.33:80', 'certain'],
  [
    'BNI_persistence',
    '00000000000000000000000022c6410a0000bb01',
    'Barracuda',
    'persistence',
    '10.65.198.34:443',
    'medium',
  ],
  ['BNI_persistence', 'kTdQvC2X4o0sN1b7ZC3tJr8y=', 'Barracuda', 'persistence', null, null],
  ['BNI__BARRACUDA_LB_COOKIE', '1f', 'Barracuda', 'persistence', null, null],
  ['BNES_JSESSIONID', 'kTdQvC2X', 'Barracuda', 'security', null, null],
  ['AlteonP', 'AdGQ3goKAAp0kFZ1BxBz5w$$', 'Radware Alteon', 'persistence', null, null],
  ['AWSALB', 'kTdQ', 'AWS Application Load Balancer', 'persistence', null, null],
  ['AWSALBCORS', 'kTdQ', 'AWS Application Load Balancer', 'persistence', null, null],
  ['AWSALBTGCORS', 'kTdQ', 'AWS Application Load Balancer', 'persistence', null, null],
  ['AWSALBAPP-0', '_remove_', 'AWS Application Load Balancer', 'persistence', null, null],
  ['AWSELB', 'C5B1', 'AWS Classic Load Balancer', 'persistence', null, null],
  ['ARRAffinity', HEX32 + HEX32, 'Azure App Service (ARR)', 'persistence', null, 'hop'],
  ['ARRAffinitySameSite', HEX32 + HEX32, 'Azure App Service (ARR)', 'persistence', null, 'hop'],
  ['ApplicationGatewayAffinityCORS', HEX32, 'Azure Application Gateway', 'persistence', null, 'hop'],
  ['GCLB', 'CJ_j9e7', 'Google Cloud load balancer', 'persistence', null, null],
  ['__cflb', '02DiuE', 'Cloudflare', 'persistence', null, 'hop'],
  ['__cf_bm', 'kTdQ', 'Cloudflare', 'security', null, null],
  ['nlbi_123456', 'kTdQ', 'Imperva', 'persistence', null, null],
  ['visid_incap_123456', 'kTdQ', 'Imperva', 'security', null, null],
  ['incap_ses_99_123456', 'kTdQ', 'Imperva', 'security', null, null],
  ['__VCAP_ID__', '8e7c1d5e-3b2a-4f6d', 'Cloud Foundry', 'persistence', '8e7c1d5e-3b2a-4f6d', 'certain'],
  ['X-Contour-Session-Affinity', '"a1"', 'Contour / Envoy', 'persistence', null, null],
  ['route', `1605.74.51.62|${HEX32}`, 'ingress-nginx', 'persistence', null, null],
  ['INGRESSCOOKIE', `${HEX32}|${HEX32}`, 'ingress-nginx', 'persistence', null, null],
  ['INGRESSCOOKIE', HEX32, 'ingress-nginx', 'persistence', null, null],
  ['SERVERID', `${HEX32}|1763692225|1763692220`, 'Alibaba Cloud SLB', 'persistence', HEX32, 'medium'],
  ['acw_tc', '2f6a', 'Alibaba Cloud WAF', 'security', null, null],
  ['SERVERID31396', '2140|aSBrT|aSBrT', 'OVH', 'persistence', '2140', 'medium'],
  ['SERVERID', 'sems1', 'HAProxy', 'persistence', 'sems1', 'medium'],
  ['WEBSVR', '2|aSBrT', 'HAProxy', 'persistence', '2', 'medium'],
  ['route', HEX32, 'nginx sticky', 'persistence', null, 'hop'],
  ['srv_id', '1', 'nginx sticky', 'persistence', null, 'hop'],
  ['srv_id', 'web-b', 'nginx sticky', 'persistence', 'web-b', 'medium'],
  ['_TRAEFIK_BACKEND', 'http://10.0.0.1:8080', 'Traefik', 'persistence', '10.0.0.1:8080', 'certain'],
  ['_1d52e', HEX32.slice(16), 'Traefik', 'persistence', null, 'hop'],
  ['JSESSIONID', `sems2~${HEX32}`, 'HAProxy', 'application', 'sems2', 'medium'],
  ['PHPSESSID', `s1~${HEX32}`, 'HAProxy', 'application', 's1', 'medium'],
  ['JSESSIONID', 'p1TnJ9LyG2Qz!-1349006667', 'Oracle WebLogic', 'application', '-1349006667', 'certain'],
  ['JSESSIONID', `${HEX32}.tomcat1`, 'Java servlet container', 'application', 'tomcat1', 'medium'],
  ['jsessionid', HEX32, 'Java servlet container', 'application', null, null],
  ['persist', '1677787402.20480.0000', 'F5 BIG-IP LTM', 'persistence', '10.1.1.100:80', 'medium'],
  ['LBNODE', 'n1|awSy9|awSy9', 'HAProxy', 'persistence', 'n1', 'medium'],
  ['persist', NETSCALER, 'Citrix NetScaler', 'persistence', '172.16.102.101:80', 'medium'],
]

test.each(SAMPLES)('%s=%s is of %s, for %s', (name, value, vendor, role, backend, kind) => {
  expect(catalogued(name, value)).toEqual({
    vendor,
    role,
    backend,
    backendConfidence: kind === 'hop' ? null : kind,
    changeMeansHop: kind !== null,
  })
})

describe('rows', () => {
  const takes = (row: CatalogueRow, [name, value]: Sample): boolean =>
    row.name.test(name) &&
    row.value?.test(value) !== false &&
    (row.onlyWithBackend !== true || (row.backend?.(value) ?? null) !== null)
  const rowOf = (sample: Sample): number => CATALOGUE.findIndex((row) => takes(row, sample))

  test('each is met by a sample that no earlier one takes', () => {
    expect([...new Set(SAMPLES.map(rowOf))]).toEqual(CATALOGUE.map((_row, i) => i))
  })

  test('no two are one', () => {
    const patterns = CATALOGUE.map(({ name, value, backend }) => [name, value, backend?.name].join(' '))
    expect(new Set(patterns).size).toBe(patterns.length)
  })

  test('none keeps a place between two cookies', () => {
    const patterns = CATALOGUE.flatMap(({ name, value }) => (value === undefined ? [name] : [name, value]))
    expect(patterns.filter(({ flags }) => /[gy]/.test(flags))).toEqual([])
  })
})

describe('nobody’s', () => {
  test.each([
    ['', ''],
    ['SID', '1'],
    ['PGPSESSION', `sems2~${HEX32}`],
    ['ovidCookie', HEX32],
    ['myBIGipServerpool', 'x'],
    ['bigipserverpool', 'x'],
    ['TSession', 'x'],
    ['TS12', 'x'],
    ['AWSALBFOO', 'x'],
    ['XAWSALB', 'x'],
    ['SERVERID2', 'x'],
    ['serverid', 'x'],
    ['route', 'sems1'],
    ['routes', HEX32],
    ['_TRAEFIK_BACKEND', '1'],
    ['JSESSIONIDSSO', HEX32],
    ['SID', '4294967296.20480.0000'],
    ['SID', NETSCALER_ENCRYPTED],
    ['SID', 'ICAJBCKMPLCA'],
    ['LANG', 'de|en_US|en_US'],
  ])('%s=%s', (name, value) => {
    expect(catalogued(name, value)).toEqual({
      vendor: null,
      role: null,
      backend: null,
      backendConfidence: null,
      changeMeansHop: false,
    })
  })
})

describe('values that do not tell a backend', () => {
  test.each([
    ['BIGipServerpool', '4294967296.20480.0000'],
    ['BIGipServerpool', '1677787402.70000.0000'],
    ['BIGipServerpool', 'ICAJBCKMPLCA'],
    ['sto-id-47873', '1677787402.20480.0000'],
    ['AWSALB', `sems1~${HEX32}`],
    ['AWSALB', '1677787402.20480.0000'],
    ['AlteonP', NETSCALER],
    ['GCLB', 'sems1'],
  ])('%s=%s', (name, value) =>
    expect(catalogued(name, value)).toMatchObject({ backend: null, changeMeansHop: false }),
  )
})
