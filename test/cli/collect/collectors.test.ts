import { expect, test } from 'vitest'
import { collectorsOf } from '../../../src/cli/collect/collectors.ts'
import { parseConfig } from '../../../src/cli/config/load.ts'

const specs = (config: string) => {
  const loaded = parseConfig(config)
  if (!('deployment' in loaded)) throw new Error(loaded.problems.map(({ message }) => message).join('; '))
  return collectorsOf(loaded.collectors, loaded.deployment)
}

test('what is not written is as for watch; the filter is made from the services', () => {
  const [edge, ring, sensor, port] = specs(`
services: [{ name: dlp, ports: [10443] }]
collectors:
  - { name: edge, interface: eth0, tap: client }
  - { name: ring, follow: /var/spool/ring, resolveAfter: 30m, checkpointEvery: 1s }
  - { name: sensor, connect: "sensor:57012" }
  - { name: port, accept: "[::1]:57012" }
`)
  expect(edge).toMatchObject({
    name: 'edge',
    tap: 'client',
    resolveAfter: 7_200e6,
    checkpointEvery: 5e6,
    source: { kind: 'interface', interfaces: ['eth0'], program: null, snapLength: 0, bufferMib: 64 },
  })
  expect((edge!.source as { filter: string }).filter).toContain('port 10443')
  expect(ring).toMatchObject({ resolveAfter: 1_800e6, source: { kind: 'folder', path: '/var/spool/ring' } })
  expect(sensor!.source).toEqual({ kind: 'connect', host: 'sensor', port: 57_012 })
  expect(port!.source).toEqual({ kind: 'listen', host: '::1', port: 57_012 })
})

test.each([
  ['collectors: [{ name: a }]', 'must hold one of interface, follow, connect, accept'],
  ['collectors: [{ name: a, interface: eth0, follow: /x }]', 'must hold one of'],
  ['collectors: [{ name: a, connect: nowhere }]', 'is no address'],
  ['collectors: [{ name: a, folow: /x, interface: eth0 }]', 'follow'],
  ['collectors: [{ name: a, follow: /x }, { name: a, follow: /y }]', 'is a, as collectors[0] is already'],
])('%s', (config, sentence) => {
  expect(() => specs(config)).toThrow(sentence)
})
