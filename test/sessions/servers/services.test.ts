import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { Inventory } from '../../../src/sessions/servers/inventory.ts'
import { Services } from '../../../src/sessions/servers/services.ts'
import { deployment } from '../../detectors/analysis.ts'

const servicesOf = (config: unknown): Services => new Services(new Inventory(deployment(config)))
const at = (address: string, port: number) => ({ address, port })

describe('a configured service', () => {
  const services = servicesOf({
    services: [
      { name: 'dlp', profile: 'symantec-dlp', ports: [8000], vips: ['10.10.2.10'], idleThreshold: '10s' },
      { name: 'web', ports: [443], vips: ['10.10.2.10'], connections: 'web' },
      { name: 'any', vips: ['10.10.2.11'] },
      { name: 'byport', ports: [9000], serverIdleTimeout: '5s' },
      { name: 'own', ports: [9001], servers: [{ name: 's1', addresses: ['10.10.3.11'], priority: 2 }] },
    ],
  })
  const nameAt = (address: string, port: number): string => services.serviceAt(at(address, port)).name

  test.each([
    ['10.10.2.10', 8000, 'dlp'],
    ['10.10.2.10', 443, 'web'],
    ['10.10.2.10', 80, '10.10.2.10:80'],
    ['10.10.2.11', 12_345, 'any'], // no ports stated: all of them
    ['192.0.2.1', 9000, 'byport'], // no addresses stated: wherever it listens
    ['10.10.3.11', 9001, 'own'],
    ['192.0.2.1', 9001, '192.0.2.1:9001'], // its servers are stated, and this is none
  ])('listens at %s:%i: %s', (address, port, name) => expect(nameAt(address, port)).toBe(name))

  test('has what was stated over what its product does by default', () => {
    expect(services.serviceAt(at('10.10.2.10', 8000))).toMatchObject({
      profile: 'symantec-dlp',
      style: 'persistent',
      persistence: 'sticky',
      idleThreshold: seconds(10),
      serverIdleTimeout: null,
    })
    expect(services.serviceAt(at('10.10.2.10', 443))).toMatchObject({
      style: 'web',
      idleThreshold: seconds(60),
    })
    expect(services.serviceAt(at('192.0.2.1', 9000)).serverIdleTimeout).toBe(seconds(5))
  })

  test.each([
    ['symantec-dlp-12.5', undefined, seconds(30)],
    ['symantec-dlp-12.5', '0s', null],
    ['symantec-dlp-12.5', '45s', seconds(45)],
    ['symantec-dlp', '0s', null],
    ['generic', '0s', null],
  ])('of %s with an idle close of %s closes after %s', (profile, stated, expected) => {
    const keys = stated === undefined ? {} : { serverIdleTimeout: stated }
    const own = servicesOf({ services: [{ name: 'dlp', profile, ports: [10_443], ...keys }] })
    expect(own.serviceAt(at('192.0.2.1', 10_443)).serverIdleTimeout).toBe(expected)
  })

  test('has servers with names and ranks, and endpoints without', () => {
    const own = services.serviceAt(at('10.10.3.11', 9001))
    expect(services.serverAt(own, at('10.10.3.11', 9001))).toMatchObject({
      id: 'own/s1',
      name: 's1',
      address: '10.10.3.11',
      port: 9001,
      priority: 2,
      identifiedBy: 'config',
    })
    const byPort = services.serviceAt(at('2001:db8::1', 9000))
    expect(services.serverAt(byPort, at('2001:db8::1', 9000))).toMatchObject({
      name: '[2001:db8::1]:9000',
      priority: null,
      identifiedBy: 'discovered',
    })
  })
})

describe('a service that is discovered', () => {
  const services = servicesOf({})

  test('is a product by its port, otherwise one endpoint', () => {
    expect(services.serviceAt(at('192.0.2.1', 8014))).toMatchObject({
      name: 'symantec-sepm',
      style: 'polling',
    })
    expect(services.serviceAt(at('192.0.2.1', 10_443)).name).toBe('symantec-dlp-12.5')
    expect(services.serviceAt(at('192.0.2.1', 443))).toMatchObject({
      name: '192.0.2.1:443',
      profile: 'generic',
      configured: null,
      style: null,
    })
  })

  test('is the same object each time', () => {
    const service = services.serviceAt(at('192.0.2.1', 443))
    expect(services.serviceAt(at('192.0.2.1', 443))).toBe(service)
    expect(services.serverAt(service, at('192.0.2.1', 443))).toBe(
      services.serverAt(service, at('192.0.2.1', 443)),
    )
  })

  test('becomes a product by what is asked of it, unless it was configured or known', () => {
    const generic = services.serviceAt(at('192.0.2.1', 80))
    expect(services.serviceOfProduct('mcafee-epo', generic)).toMatchObject({ name: 'mcafee-epo' })
    expect(services.serviceOfProduct('no product', generic)).toBe(null)
    expect(services.serviceOfProduct('symantec-sepm', services.serviceAt(at('192.0.2.1', 8014)))).toBe(null)
    const configured = servicesOf({ services: [{ name: 'mine', ports: [80] }] })
    expect(configured.serviceOfProduct('mcafee-epo', configured.serviceAt(at('192.0.2.1', 80)))).toBe(null)
  })
})

test('whom somebody tries in vain is no service, unless stated, known, or a product’s by its port', () => {
  const services = servicesOf({
    services: [{ name: 'dlp', ports: [8000], servers: [{ name: 's1', addresses: ['10.10.3.11'] }] }],
  })
  const nameAt = (address: string, port: number, isBehind = false): string | null =>
    services.triedAt(at(address, port), isBehind)?.name ?? null
  expect(nameAt('10.10.3.11', 8000)).toBe('dlp')
  expect(nameAt('192.0.2.1', 8014)).toBe('symantec-sepm')
  expect(nameAt('10.10.3.11', 8443)).toBe(null)
  expect(nameAt('10.10.3.11', 8443, true)).toBe('dlp') // the port on which its relay asks
  expect(nameAt('192.0.2.1', 443)).toBe(null)
  services.serviceAt(at('192.0.2.1', 443))
  expect(nameAt('192.0.2.1', 443)).toBe('192.0.2.1:443')
})

describe('a name that led there', () => {
  const services = servicesOf({
    services: [
      {
        name: 'keys',
        ports: [443],
        fqdn: 'Keys.example.com',
        servers: [{ name: 's1', addresses: ['192.0.2.1'] }],
      },
    ],
    dns: { names: ['Mail.example.com'] },
  })
  const nameAt = (address: string, port: number, name: string | null): string =>
    services.serviceAt(at(address, port), name).name

  test.each([
    ['an address that was not stated', '192.0.2.9', 443, 'keys.example.com', 'keys'],
    ['another port', '192.0.2.9', 444, 'keys.example.com', '192.0.2.9:444'],
    ['a name of dns.names', '192.0.2.8', 25, 'mail.example.com', 'mail.example.com:25'],
    ['the same at another address', '192.0.2.7', 25, 'mail.example.com', 'mail.example.com:25'],
    ['a name that nobody stated', '192.0.2.6', 25, 'cdn.example.net', '192.0.2.6:25'],
    ['an address that was stated has its service', '192.0.2.1', 443, 'mail.example.com', 'keys'],
  ])('%s', (_what, address, port, name, expected) => expect(nameAt(address, port, name)).toBe(expected))
})
