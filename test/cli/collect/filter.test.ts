import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { captureFilter, TERMS_MAX } from '../../../src/cli/collect/filter.ts'
import { parseConfig } from '../../../src/cli/config/load.ts'
import { missing } from '../../tools.ts'

function filterOf(config: string): string {
  const loaded = parseConfig(config)
  if (!('deployment' in loaded)) throw new Error(JSON.stringify(loaded.problems))
  return captureFilter(loaded.deployment)
}

const ONE = `services:
  - { name: dlp, ports: [10443], vips: [10.10.2.10], servers: [{ name: a, addresses: [10.10.3.0/28, 2001:db8::1] }] }`

const many = (n: number): string =>
  `services: [{ name: s, ports: [443], vips: [${Array.from({ length: n }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(', ')}] }]`

test('ports, addresses, names, errors and fragments, behind a tag too', () => {
  const all =
    '(tcp and (port 10443 or host 10.10.2.10 or net 10.10.3.0/28 or host 2001:db8::1)) or port 53 or icmp or icmp6 or (ip[6:2] & 0x3fff != 0) or (ip6 proto 44)'
  expect(filterOf(ONE)).toBe(`${all} or (vlan and (${all}))`)
})

describe('everything, where nothing says what is needed', () => {
  test.each(['', 'services: [{ name: x, fqdn: x.example.com, profile: generic }]'])('%s', (config) => {
    expect(filterOf(config)).toBe('')
  })
})

test('with too many addresses, ports alone', () => {
  expect(filterOf(many(TERMS_MAX))).toContain('(tcp and (port 443))')
  expect(filterOf(many(TERMS_MAX - 1))).toContain('host 10.0.0.0')
})

test.skipIf(missing('tcpdump'))('the kernel takes it, however long it is', () => {
  for (const config of [ONE, many(TERMS_MAX - 1)]) {
    const { stdout, status } = spawnSync('tcpdump', ['-y', 'EN10MB', '-d', filterOf(config)], {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    expect(stdout.split('\n').length).toBeLessThan(4096)
  }
})
