import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/cli/config/load.ts'
import { mayShowRelays } from '../../../src/cli/analyze/relays.ts'
import { putIn } from '../../../src/cli/config/seen-relays.ts'
import { sureRelays } from '../../../src/cli/config/suggest-groups.ts'
import { type ListenerFacts, type RelayedFacts, survey } from '../../../src/cli/config/suggest-survey.ts'
import { run } from '../../../src/cli/main.ts'
import { type Deployment, EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { FIXTURES } from '../../fixtures/cases.ts'
import { recordedConsole } from '../console.ts'

function stated(text: string): Deployment {
  const loaded = parseConfig(text)
  if ('problems' in loaded) throw new Error(loaded.problems[0]?.message)
  return loaded.deployment
}

function relayed(vip: string, port: number, server: string, times = 5): RelayedFacts {
  return {
    vip: { address: vip, port },
    relay: '10.0.3.1',
    server: { address: server, port: 9000 },
    seen: new Map([['same TLS ClientHello', times]]),
  }
}

const factsOf = (...relays: RelayedFacts[]) => ({ ...survey().facts(), relayed: relays })

const textsOf = (ranges: readonly { readonly text: string }[]): string[] => ranges.map(({ text }) => text)
const outline = ({ services }: Deployment) =>
  services.map(({ name, ports, vips, servers }) => ({
    name,
    ports,
    vips: textsOf(vips),
    servers: servers.map((server) => [server.name, ...textsOf(server.addresses), server.isSeen]),
  }))

/** What an operator says who knows what clients call, and the servers. */
const VIP =
  'services: [{ name: dlp, ports: [443], vips: [10.0.2.10], servers: [{ name: a, addresses: [10.0.3.11] }] }]'

const POOL = factsOf(relayed('10.0.2.10', 443, '10.0.3.11'), relayed('10.0.2.10', 443, '10.0.3.12'))

describe('relays that were seen', () => {
  test('become services of their own, and a device, where nothing is stated', () => {
    const { deployment, notes } = putIn(EMPTY_DEPLOYMENT, POOL)
    expect(outline(deployment)).toEqual([
      {
        name: '10.0.2.10:443',
        ports: [443, 9000],
        vips: ['10.0.2.10'],
        servers: [
          ['10.0.3.11:9000', '10.0.3.11', true],
          ['10.0.3.12:9000', '10.0.3.12', true],
        ],
      },
    ])
    expect(deployment.devices.map(({ role, addresses }) => [role, ...textsOf(addresses)])).toEqual([
      ['load-balancer', '10.0.2.10', '10.0.3.1'],
    ])
    expect(notes).toEqual([
      '10.0.2.10:443 (10.0.3.1 towards the servers) stands before 10.0.3.11:9000 and 10.0.3.12:9000: same TLS ClientHello (10 times)',
    ])
  })

  test('two that share a server are one service; another pool is another', () => {
    const facts = factsOf(
      relayed('10.0.2.10', 443, '10.0.3.11'),
      relayed('10.0.2.20', 443, '10.0.3.21'),
      relayed('10.0.2.11', 443, '10.0.3.12'),
      relayed('10.0.2.10', 443, '10.0.3.12'),
    )
    expect(outline(putIn(EMPTY_DEPLOYMENT, facts).deployment).map(({ vips }) => vips)).toEqual([
      ['10.0.2.20'],
      ['10.0.2.10', '10.0.2.11'],
    ])
  })

  test('once, and by nothing better than that, are none', () => {
    const facts = factsOf(relayed('10.0.2.10', 443, '10.0.3.11', 1))
    expect(putIn(EMPTY_DEPLOYMENT, facts)).toEqual({ deployment: EMPTY_DEPLOYMENT, notes: [] })
  })

  test('complete a service that is stated by its port alone, and keep what is said of it', () => {
    const deployment = stated('services: [{ name: dlp, ports: [443], idleThreshold: 30s }]')
    const { services } = putIn(deployment, POOL).deployment
    expect(outline({ ...deployment, services })).toMatchObject([{ name: 'dlp', vips: ['10.0.2.10'] }])
    expect(services[0]!.idleThreshold).toBe(30_000_000)
  })

  test('of several pools complete the one service that is stated by their port', () => {
    const facts = factsOf(relayed('10.0.2.10', 443, '10.0.3.11'), relayed('10.0.2.20', 443, '10.0.3.21'))
    const { deployment } = putIn(
      stated('services: [{ name: dlp, ports: [443] }, { name: other, ports: [80] }]'),
      facts,
    )
    expect(outline(deployment).map(({ name, vips, servers }) => [name, vips, servers.length])).toEqual([
      ['dlp', ['10.0.2.10', '10.0.2.20'], 2],
      ['other', [], 0],
    ])
  })

  test('do not change the servers that are stated', () => {
    const text = 'services: [{ name: dlp, ports: [443], servers: [{ name: a, addresses: [10.0.9.9] }] }]'
    expect(putIn(stated(text), POOL).deployment.services).toEqual(stated(text).services)
  })
})

describe('where the servers are stated, and not what agents call', () => {
  const servers = '[{ name: a, addresses: [10.0.3.11] }, { name: b, addresses: [10.0.3.12] }]'
  const vipsOf = (ports: string, of = servers) =>
    putIn(stated(`services: [{ name: dlp, ports: ${ports}, servers: ${of} }]`), POOL).deployment.services.map(
      ({ name, vips, servers: its }) => [name, textsOf(vips), its.map((server) => server.name)],
    )

  test('what the captures show them call is put in', () => {
    expect(vipsOf('[443]')).toEqual([['dlp', ['10.0.2.10'], ['a', 'b']]])
  })

  test('unless it leads to others as well', () => {
    expect(vipsOf('[443]', '[{ name: a, addresses: [10.0.3.11] }]')).toEqual([['dlp', [], ['a']]])
  })
})

test('a relay that keeps its clients’ addresses shows itself by several clients', () => {
  const clients = ['10.0.1.5', '10.0.1.6']
  const kept = clients.map((relay) => ({ ...relayed('10.0.2.10', 443, '10.0.3.11', 1), relay }))
  const vip = listener('client', '10.0.2.10', 443, ...clients)
  const facts = { ...factsOf(...kept), listeners: new Map([[vip.text, vip]]) }
  expect(sureRelays(facts)).toEqual(kept)
  const { deployment } = putIn(EMPTY_DEPLOYMENT, facts)
  expect(deployment.devices.map(({ addresses }) => textsOf(addresses))).toEqual([['10.0.2.10']])
  expect(sureRelays({ ...facts, relayed: kept.slice(1) })).toEqual([])
})

/** An endpoint that two connections from each client called by one name. */
function listener(tap: string, address: string, port: number, ...clients: string[]): ListenerFacts {
  return {
    endpoint: { address, port },
    text: `${address}:${port}`,
    service: `${address}:${port}`,
    profile: 'generic',
    connections: 2 * clients.length,
    isCertain: true,
    clients: new Set(clients),
    taps: new Set([tap]),
    names: new Map([['mgmt.example.net', new Map([['Host' as const, 2 * clients.length]])]]),
    identifiedBy: new Set(),
    isInClear: true,
  }
}

describe('one name at two taps, and nothing else that joins them', () => {
  const BEHIND = listener('server', '10.0.3.11', 8080, '10.0.3.1')
  const joined = (...fronts: ListenerFacts[]) => {
    const listeners = new Map([BEHIND, ...fronts].map((one) => [one.text, one]))
    return sureRelays({ ...survey().facts(), listeners }).map(({ vip }) => `${vip.address}:${vip.port}`)
  }
  const front = (address: string, port: number) => listener('client', address, port, '10.0.1.1', '10.0.1.2')

  test('is one before the other', () => expect(joined(front('10.0.2.10', 80))).toEqual(['10.0.2.10:80']))

  test('is the one on the same port, of several', () =>
    expect(joined(front('10.0.2.10', 8080), front('10.0.4.11', 9000))).toEqual(['10.0.2.10:8080']))

  test('is none, where several could be it', () =>
    expect(joined(front('10.0.2.10', 80), front('10.0.4.11', 9000))).toEqual([]))
})

test.each([
  ['', true],
  ['services: [{ name: dlp, ports: [443] }]', true],
  ['devices: [{ role: load-balancer, addresses: [10.0.2.10] }]', false],
  [VIP, true],
  [`${VIP}, devices: [{ role: load-balancer, addresses: [10.0.2.10] }]`, true],
  [`${VIP}, devices: [{ role: firewall, addresses: [10.0.1.1] }]`, true],
  [`${VIP}, devices: [{ role: load-balancer, addresses: [10.0.2.10, 10.0.3.1] }]`, false],
  [`${VIP}, devices: [{ role: reverse-proxy, addresses: [10.0.3.0/28] }]`, false],
])('looked for only where one may not be stated: %j', (text, expected) => {
  expect(mayShowRelays(stated(`{ ${text} }`))).toBe(expected)
})

describe('of a relay whose clients’ side is stated, the servers’ side is put in', () => {
  const devicesOf = (text: string) =>
    putIn(stated(`{ ${text} }`), POOL).deployment.devices.map(({ role, name, addresses }) => [
      role,
      name,
      ...textsOf(addresses),
    ])
  const LB = '{ role: load-balancer, name: lb, addresses: [10.0.2.10] }'
  const FIREWALL = ['firewall', 'fw', '10.0.1.1']

  test.each([
    ['no device is stated', VIP, [['load-balancer', null, '10.0.2.10', '10.0.3.1']]],
    [
      'the device is',
      `${VIP}, devices: [{ role: firewall, name: fw, addresses: [10.0.1.1] }, ${LB}]`,
      [FIREWALL, ['load-balancer', 'lb', '10.0.2.10', '10.0.3.1']],
    ],
    [
      'another one is as well',
      `${VIP}, devices: [{ role: load-balancer, name: other, addresses: [10.9.9.9] }, ${LB}]`,
      [
        ['load-balancer', 'other', '10.9.9.9'],
        ['load-balancer', 'lb', '10.0.2.10', '10.0.3.1'],
      ],
    ],
  ])('where %s', (_what, text, expected) => expect(devicesOf(text)).toEqual(expected))

  test('nothing, where all of it is stated', () => {
    const deployment = stated(
      `{ ${VIP}, devices: [{ role: load-balancer, addresses: [10.0.2.10, 10.0.3.1] }] }`,
    )
    expect(putIn(deployment, POOL)).toEqual({ deployment, notes: [] })
  })
})

const FOLDER = join(FIXTURES, 'severed-by-load-balancer')

const incidentsOf = (...inputs: string[]) =>
  recordsOf<{ type: string; actor: { address: string } }>('incident', inputs)

async function recordsOf<T>(kind: string, inputs: readonly string[]): Promise<T[]> {
  const { written, ...console } = recordedConsole()
  await run(['analyze', '--quiet', '--format', 'ndjson', '--include', kind, ...inputs], console)
  return written.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

describe('captures without a configuration', () => {
  test('of both sides of a load balancer say that it severs', async () => {
    const incidents = await incidentsOf(
      `client=${join(FOLDER, 'client.pcap.gz')}`,
      `server=${join(FOLDER, 'server.pcap.gz')}`,
    )
    expect(incidents.map(({ type }) => type)).toEqual(['severed-idle', 'reconnect-overhead', 'server-hop'])
    expect(incidents[0]!.actor).toMatchObject({ role: 'load-balancer', address: '10.10.2.10' })
  })

  test('of both sides show what agents call themselves', async () => {
    const inputs = ['client', 'server'].map((tap) => `${tap}=${join(FOLDER, `${tap}.pcap.gz`)}`)
    const agents = await recordsOf<{ id: string; identifiedBy: string }>('agent', inputs)
    expect(new Set(agents.map(({ identifiedBy }) => identifiedBy))).toEqual(new Set(['http-header']))
    expect(agents.map(({ id }) => id)).toContain('EPA-0017')
  })

  test('of the agents’ side alone cannot tell it from the server', async () => {
    const types = (await incidentsOf(join(FOLDER, 'client.pcap.gz'))).map(({ type }) => type)
    expect(types).toContain('server-idle-close')
    expect(types).not.toContain('severed-idle')
  })
})
