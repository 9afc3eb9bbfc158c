import { describe, expect, test } from 'vitest'
import { contains } from '../../../src/model/address.ts'
import { Inventory } from '../../../src/sessions/servers/inventory.ts'
import { deployment } from '../../detectors/analysis.ts'

const inventory = new Inventory(
  deployment({
    services: [
      {
        name: 'dlp',
        vips: ['10.10.2.10'],
        servers: [
          { name: 'dlp1', addresses: ['10.10.3.11'], replicationAddresses: ['10.10.9.11'] },
          { name: 'dlp2', addresses: ['10.10.3.12-10.10.3.13'] },
        ],
      },
      { name: 'web', vips: ['10.10.2.10'], web: { proxies: ['10.10.2.21'] } },
    ],
    devices: [
      { role: 'load-balancer', addresses: ['10.10.2.2', '2001:db8::/64'] },
      { role: 'firewall', addresses: ['10.10.1.1'] },
      { role: 'reverse-proxy', addresses: ['10.10.2.3'] },
    ],
    nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.0/30'], mapping: 'pool' }],
    agents: [{ id: 'EPA-17', addresses: ['10.10.1.17'] }],
    ignore: ['10.10.1.250'],
  }),
)

/** What differs from an address of which nothing is stated. */
function roles(address: string): Record<string, unknown> {
  const { vipOf, serverOf, replicationOf, device, ...rest } = inventory.rolesOf(address)
  const all = {
    vipOf: vipOf.map(({ name }) => name).join(),
    serverOf: serverOf.map(({ service, server }) => `${service.name}/${server.name}`).join(),
    replicationOf: replicationOf.map(({ name }) => name).join(),
    device: device?.role ?? null,
    ...rest,
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== '' && value !== null && value !== false),
  )
}

describe('what the configuration says of an address', () => {
  test.each([
    ['10.10.2.10', { vipOf: 'dlp,web' }],
    ['10.10.3.11', { serverOf: 'dlp/dlp1' }],
    ['10.10.3.13', { serverOf: 'dlp/dlp2' }],
    ['10.10.3.14', {}],
    ['10.10.9.11', { replicationOf: 'dlp1' }],
    ['10.10.2.2', { device: 'load-balancer', relays: true }],
    ['2001:db8::17', { device: 'load-balancer', relays: true }],
    ['2001:db8:0:1::17', {}],
    ['10.10.2.3', { device: 'reverse-proxy', relays: true }],
    ['10.10.2.21', { relays: true }],
    ['10.10.1.1', { device: 'firewall' }],
    ['203.0.113.3', { natOutside: 'pool' }],
    ['203.0.113.4', {}],
    ['10.10.1.17', { agentId: 'EPA-17' }],
    ['10.10.1.250', { ignored: true }],
    ['no address', {}],
  ])('%s', (address, expected) => expect(roles(address)).toEqual(expected))
})

test('an answer is remembered', () => {
  expect(inventory.rolesOf('10.10.3.11')).toBe(inventory.rolesOf('10.10.3.11'))
})

test('families do not mix: an IPv4 range holds no IPv6 address of the same number', () => {
  const [range] = deployment({ ignore: ['0.0.0.0/0'] }).ignore
  expect(contains([range!], '0.0.0.1')).toBe(true)
  expect(contains([range!], '::1')).toBe(false)
  expect(contains([], '0.0.0.1')).toBe(false)
})
