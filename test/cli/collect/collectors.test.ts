import { expect, test } from 'vitest'
import { collectorsOf } from '../../../src/cli/collect/collectors.ts'
import { parseConfig } from '../../../src/cli/config/load.ts'

const specs = (config: string) => {
  const loaded = parseConfig(config)
  if (!('deployment' in loaded)) throw new Error(loaded.problems.map(({ message }) => message).join('; '))
  return collectorsOf(loaded.collectors, loaded.deployment)
}

test('what is not written is as for watch; the filter is made from the services', () => {
  const [edge, ring, sensor, port, routers, firewall] = specs(`
services: [{ name: dlp, ports: [10443] }]
collectors:
  - { name: edge, interface: eth0, tap: client }
  - { name: ring, follow: /var/spool/ring, resolveAfter: 30m, checkpointEvery: 1s }
  - { name: sensor, connect: "sensor:57012" }
  - { name: port, accept: "[::1]:57012" }
  - { name: routers, flows: "0.0.0.0:2055" }
  - { name: firewall, flows: "tcp:[::]:4739", activeTimeout: 60s, allTraffic: true, tap: edge }
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
  expect(routers!.source).toEqual({
    kind: 'flows',
    transport: 'udp',
    host: '0.0.0.0',
    port: 2055,
    activeTimeout: 1_800e6,
    allTraffic: false,
  })
  expect(firewall).toMatchObject({
    tap: 'edge',
    source: {
      kind: 'flows',
      transport: 'tcp',
      host: '::',
      port: 4739,
      activeTimeout: 60e6,
      allTraffic: true,
    },
  })
})

test.each([
  ['collectors: [{ name: a }]', 'must hold one of interface, follow, connect, accept, flows'],
  ['collectors: [{ name: a, interface: eth0, follow: /x }]', 'must hold one of'],
  ['collectors: [{ name: a, connect: nowhere }]', 'is no address'],
  ['collectors: [{ name: a, flows: "sctp:0.0.0.0:4739" }]', 'is no address; write HOST:PORT'],
  ['collectors: [{ name: a, flows: "0.0.0.0:2055", activeTimeout: 60 }]', 'no unit'],
  ['collectors: [{ name: a, folow: /x, interface: eth0 }]', 'follow'],
  ['collectors: [{ name: a, follow: /x }, { name: a, follow: /y }]', 'is a, as collectors[0] is already'],
])('%s', (config, sentence) => {
  expect(() => specs(config)).toThrow(sentence)
})
