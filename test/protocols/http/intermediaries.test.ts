import { expect, test } from 'vitest'
import { intermediariesOf } from '../../../src/protocols/http/intermediaries.ts'

const found = (name: string, value: string) =>
  intermediariesOf([{ name, value }]).map(({ product, name: line }) => `${line}: ${product}`)

test.each<[string, string, string[]]>([
  ['Via', '1.1 lb1.example (McAfee Web Gateway 9.2)', ['via: mcafee-web-gateway']],
  ['Via', 'NS-CACHE-10.0: 52', ['via: citrix-netscaler']],
  ['Via', '1.1 proxy', ['via: null']],
  ['Server', 'BigIP', ['server: f5-bigip']],
  ['Server', 'awselb/2.0', ['server: aws-elb']],
  ['Server', 'NetScaler', ['server: citrix-netscaler']],
  ['Server', 'cloudflare', ['server: cloudflare']],
  ['Server', 'Apache/2.4.57', []],
  ['X-Varnish', '12345', ['x-varnish: varnish']],
  ['X-Backend-Server', 'web02', ['x-backend-server: null']],
  ['Cneonction', 'close', ['cneonction: citrix-netscaler']],
  ['Content-Type', 'text/html', []],
])('%s: %s', (name, value, products) => {
  expect(found(name, value)).toEqual(products)
})
