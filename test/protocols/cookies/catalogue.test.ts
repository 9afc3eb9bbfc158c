import { describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../src/protocols/cookies/catalogue.data.ts'
import { catalogued } from '../../../src/protocols/cookies/catalogue.ts'

/** A name as it is met, whose it is and what for: at least one for each row, in the order of the rows. */
const SAMPLES = [
  ['BIGipServerpool_sems', 'F5 BIG-IP LTM', 'persistence'],
  ['BIGipServer~Common~pool-443', 'F5 BIG-IP LTM', 'persistence'],
  ['TS01a2b3c4', 'F5 BIG-IP ASM', 'security'],
  ['MRHSession', 'F5 BIG-IP APM', 'security'],
  ['LastMRH_Session', 'F5 BIG-IP APM', 'security'],
  ['citrix_ns_id', 'Citrix NetScaler AppFW', 'security'],
  ['NSC_mc_xfc', 'Citrix NetScaler', 'persistence'],
  ['sto-id-47873-finprd_8443', 'A10 Thunder', 'persistence'],
  ['sto-id-20480', 'A10 Thunder', 'persistence'],
  ['BNI_persistence', 'Barracuda', 'persistence'],
  ['BNI__BARRACUDA_LB_COOKIE', 'Barracuda', 'security'],
  ['BNES_JSESSIONID', 'Barracuda', 'security'],
  ['AlteonP', 'Radware Alteon', 'persistence'],
  ['AWSALB', 'AWS Application Load Balancer', 'persistence'],
  ['AWSALBCORS', 'AWS Application Load Balancer', 'persistence'],
  ['AWSALBTGCORS', 'AWS Application Load Balancer', 'persistence'],
  ['AWSALBAPP-0', 'AWS Application Load Balancer', 'persistence'],
  ['AWSELB', 'AWS Classic Load Balancer', 'persistence'],
  ['ARRAffinity', 'Azure App Service (ARR)', 'persistence'],
  ['ARRAffinitySameSite', 'Azure App Service (ARR)', 'persistence'],
  ['ApplicationGatewayAffinityCORS', 'Azure Application Gateway', 'persistence'],
  ['GCLB', 'Google Cloud load balancer', 'persistence'],
  ['__cflb', 'Cloudflare', 'persistence'],
  ['__cf_bm', 'Cloudflare', 'security'],
  ['nlbi_123456', 'Imperva', 'persistence'],
  ['visid_incap_123456', 'Imperva', 'security'],
  ['incap_ses_99_123456', 'Imperva', 'security'],
  ['__VCAP_ID__', 'Cloud Foundry', 'persistence'],
  ['X-Contour-Session-Affinity', 'Contour / Envoy', 'persistence'],
  ['INGRESSCOOKIE', 'ingress-nginx', 'persistence'],
  ['SERVERID', 'HAProxy', 'persistence'],
  ['WEBSVR', 'HAProxy', 'persistence'],
  ['route', 'nginx sticky', 'persistence'],
  ['JSESSIONID', 'Java servlet container', 'application'],
  ['jsessionid', 'Java servlet container', 'application'],
] as const

const rowOf = (name: string): number => CATALOGUE.findIndex((row) => row.name.test(name))

describe('names', () => {
  test.each(SAMPLES)('%s is of %s, for %s', (name, vendor, role) => {
    expect(catalogued(name, '')).toEqual({ vendor, role, backend: null })
  })

  test('every row is met by a sample that no earlier row takes', () => {
    expect([...new Set(SAMPLES.map(([name]) => rowOf(name)))]).toEqual(CATALOGUE.map((_row, i) => i))
  })

  test('the same pattern does not stand twice', () => {
    const patterns = CATALOGUE.map(({ name }) => String(name))
    expect(new Set(patterns).size).toBe(patterns.length)
  })

  test.each([
    '',
    'SID',
    'PGPSESSION',
    'ovidCookie',
    'myBIGipServerpool',
    'bigipserverpool',
    'TSession',
    'TS12',
    'sto-id-',
    'AWSALBFOO',
    'XAWSALB',
    'SERVERID2',
    'serverid',
    'routes',
    'JSESSIONIDSSO',
  ])('%j is of nobody', (name) => {
    expect(catalogued(name, 'x')).toEqual({ vendor: null, role: null, backend: null })
  })
})

describe('backends', () => {
  test.each([
    ['BIGipServerpool', '1677787402.20480.0000', '10.1.1.100:80'],
    ['NSC_mc_xfc', 'ffffffffaf18787445525d5f4f58455e445a4a423660', '172.16.102.101:80'],
    ['NSC_wt_tfqn', 'ffffffff09091f7545525d5f4f58455e445a4a42378b', '10.1.1.100:443'],
    ['sto-id-47873-icsprd_8510', 'CLAJBCKMDOCB', '172.18.9.43:8510'],
    ['BNI_persistence', '00000000000000000000000022c6410a0000bb01', '10.65.198.34:443'],
    ['__VCAP_ID__', '8e7c1d5e-3b2a-4f6d-9c0b-1a2b', '8e7c1d5e-3b2a-4f6d-9c0b-1a2b'],
    ['SERVERID', 'sems1', 'sems1'],
    ['JSESSIONID', '9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D.node1', 'node1'],
    // Prefix mode takes the application's own cookie, whatever its name.
    ['JSESSIONID', 'sems2~9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D', 'sems2'],
    ['PGPSESSION', 'sems2~FA74C80C0485886F4C809B3A', 'sems2'],
  ])('%s=%s stands for %s', (name, value, backend) => {
    expect(catalogued(name, value).backend).toBe(backend)
  })

  test.each([
    ['BIGipServerpool', '!hV3kQz0nPqzVXvJmGd2Yb1l0sJb8Qw7u3Tn5rR9xZ0aB2cD4eF6g='],
    ['BIGipServerpool', 'CLAJBCKMDOCB'],
    ['BNI_persistence', 'kTdQvC2X4o0sN1b7ZC3tJr8yWm5HqLxPeA6uGf9='],
    ['AlteonP', 'AdGQ3goKAAp0kFZ1BxBz5w$$'],
    ['AWSALB', 'sems1~FA74C80C0485886F4C809B3A'],
    ['ARRAffinity', 'a'.repeat(64)],
    ['route', 'sems1'],
    ['SID', '1677787402.20480.0000'],
  ])('%s=%s stands for nothing that can be read', (name, value) => {
    expect(catalogued(name, value).backend).toBeNull()
  })
})
