import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig, PROBLEMS_MAX, readDeployment } from '../../../src/cli/config/load.ts'
import { problemText } from '../../../src/cli/config/problems.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { EXAMPLE } from './example.ts'

function problemsOf(source: string): string[] {
  const loaded = parseConfig(source)
  return 'problems' in loaded ? loaded.problems.map((problem) => problemText('holdfast.yaml', problem)) : []
}

function deploymentOf(source: string) {
  const loaded = parseConfig(source)
  if ('problems' in loaded)
    throw new Error(loaded.problems.map((problem) => problemText('f', problem)).join('\n'))
  return loaded.deployment
}

/** Nine lists of nine, each of the one before: 9^9 words. */
const ALIAS_BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]}, `.repeat(9)}]`),
].join('\n')

describe('a valid configuration', () => {
  test('says what the example of the documentation says', () => {
    const { services, devices, nat, locations, groups, agents, dnsNames, ignore } = deploymentOf(EXAMPLE)
    const [service] = services
    expect(services).toHaveLength(1)
    expect(service).toMatchObject({
      name: 'dlp-endpoint',
      profile: 'symantec-dlp',
      fqdn: 'dlp.example.com',
      ports: [10443],
      connections: 'persistent',
      persistence: 'sticky',
      persistenceDuration: 86_400_000_000,
      idleThreshold: 60_000_000,
      serverIdleTimeout: 30_000_000,
      heartbeat: 270_000_000,
      checkIn: 3_600_000_000,
      failback: { expected: true, delay: 86_400_000_000 },
      tlsMode: 'passthrough',
      enrolment: { paths: ['/omc/enroll'], singleSetCookie: true, cookie: 'ovidCookie' },
      replicationPorts: [444],
      wakeUp: { port: 8081, within: 60_000_000 },
    })
    expect(service!.vips.map((range) => range.text)).toEqual(['10.10.2.10'])
    expect(service!.servers.map(({ name, priority, weight }) => ({ name, priority, weight }))).toEqual([
      { name: 'dlp1', priority: 1, weight: 10 },
      { name: 'dlp2', priority: 2, weight: 1 },
    ])
    expect(service!.identity).toEqual([
      { kind: 'http-header', name: 'X-Agent-Id' },
      { kind: 'url-parameter', name: 'AgentGuid' },
      { kind: 'cookie', name: 'agent' },
      { kind: 'payload-pattern', pattern: /"agent":"([^"]+)"/ },
      { kind: 'client-certificate', field: 'subject' },
    ])
    expect(locations[0]!.servers).toEqual(new Map([['sepm', [['sepm1'], ['sepm2']]]]))
    expect(groups[0]).toMatchObject({ name: 'A', agents: ['GUID-1', '10.10.1.7'] })
    expect(devices.map(({ role, name, idleTimeout }) => ({ role, name, idleTimeout }))).toEqual([
      { role: 'load-balancer', name: 'lb1', idleTimeout: 300_000_000 },
      { role: 'firewall', name: null, idleTimeout: null },
    ])
    expect(nat[0]).toMatchObject({
      inside: [{ text: '10.10.1.0/24' }],
      outside: [{ text: '203.0.113.5' }],
      mapping: 'static',
    })
    expect(dnsNames).toEqual(['keys.example.com'])
    expect(agents).toMatchObject([{ id: 'EPA-0017', addresses: [{ text: '10.10.1.101' }] }])
    expect(ignore).toMatchObject([{ text: '10.10.1.250' }])
  })

  test('names services that it does not describe: they may be found in traffic', () => {
    const loaded = parseConfig(EXAMPLE)
    expect('notes' in loaded && loaded.notes.map(({ key, message }) => `${key} ${message}`)).toEqual([
      'locations[0].servers.sepm names a service that this file does not describe',
      'groups[0].servers.epo names a service that this file does not describe',
    ])
  })

  test.each(['', '# nothing yet\n', 'null', '{}', 'services: []'])('may be as empty as %j', (source) => {
    expect(deploymentOf(source)).toEqual(EMPTY_DEPLOYMENT)
  })

  test('may be JSON', () => {
    expect(deploymentOf('{"services":[{"name":"sepm","ports":[8014]}]}').services[0]).toMatchObject({
      name: 'sepm',
      ports: [8014],
    })
  })

  test('may leave out the brackets of a list of one', () => {
    const { services, ignore } = deploymentOf(
      'services: [{ name: a, ports: 443, vips: 10.0.0.1 }]\nignore: 10.0.0.0/8',
    )
    expect(services[0]).toMatchObject({ ports: [443], vips: [{ text: '10.0.0.1' }] })
    expect(ignore).toMatchObject([{ text: '10.0.0.0/8' }])
  })

  test('may use anchors', () => {
    const { services } = deploymentOf(
      'services:\n  - { name: a, ports: &p [443] }\n  - { name: b, ports: *p }\n',
    )
    expect(services.map(({ ports }) => ports)).toEqual([[443], [443]])
  })
})

describe('what is wrong is told', () => {
  test('all of it, with line, column, key and what was meant', () => {
    const source = `# the deployment
services:
  - name: dlp-endpoint
    profile: symantec-dpl
    ports: [10443, 99999]
    vips: 10.10.2.1O
    idleTreshold: 60s
    idleThreshold: 60
    heartbeat: 5 minutes
    servers:
      - { name: dlp1, addresses: [10.10.3.11, 10.10.3.999], priority: 0 }
      - { name: dlp1, adresses: 10.10.3.12 }
    identity:
      - payloadPattern: '(a+)+'
      - {}
  - ports: [443]
locations:
  - { name: Office, subnets: [10.10.1.0/25], servers: { dlp-endpont: [[x]], dlp-endpoint: [[dlp2], dlp1] } }
agents:
  - { id: 17 }
nat:
  - inside: 10.0.0.9-10.0.0.1
`
    expect(problemsOf(source)).toEqual([
      'holdfast.yaml:4:14: services[0].profile must be one of symantec-dlp, symantec-dlp-12.5, symantec-sepm, symantec-sems, mcafee-epo, generic',
      'holdfast.yaml:5:20: services[0].ports[1] must be a port, a whole number from 1 to 65535',
      'holdfast.yaml:6:11: services[0].vips must be an address, a CIDR or a range, such as 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9',
      'holdfast.yaml:7:5: services[0].idleTreshold is not a key; did you mean idleThreshold?',
      'holdfast.yaml:8:20: services[0].idleThreshold has no unit; write 60s, 60m or 60h',
      'holdfast.yaml:9:16: services[0].heartbeat must be a duration such as 500ms, 15s, 5m, 24h or 2d',
      'holdfast.yaml:11:47: services[0].servers[0].addresses[1] must be an address, a CIDR or a range, such as 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9',
      'holdfast.yaml:11:71: services[0].servers[0].priority must be a priority, a whole number from 1 to 100',
      'holdfast.yaml:12:17: services[0].servers[1].name is dlp1, as servers[0] is already',
      'holdfast.yaml:12:23: services[0].servers[1].adresses is not a key; did you mean addresses?',
      'holdfast.yaml:14:25: services[0].identity[0].payloadPattern repeats (a+), which holds a repetition itself: some input would take for ever',
      'holdfast.yaml:15:9: services[0].identity[1] must hold one of httpHeader, urlParameter, cookie, payloadPattern, clientCertificate',
      'holdfast.yaml:16:5: services[1].name is missing',
      'holdfast.yaml:18:57: locations[0].servers.dlp-endpont is no service of this file; did you mean dlp-endpoint?',
      'holdfast.yaml:18:93: locations[0].servers.dlp-endpoint[0][0] is dlp2, which is no server of dlp-endpoint; did you mean dlp1?',
      'holdfast.yaml:18:100: locations[0].servers.dlp-endpoint[1] must be a list, not text',
      'holdfast.yaml:20:11: agents[0].id must be text; put it in quotes: "17"',
      'holdfast.yaml:22:5: nat[0].outside is missing',
      'holdfast.yaml:22:13: nat[0].inside is a range that ends before it begins',
    ])
  })

  test.each([
    ['sevices: []', 'holdfast.yaml:1:1: sevices is not a key; did you mean services?'],
    ['services:', 'holdfast.yaml:1:10: services must be a list, not empty'],
    ['- 1', 'holdfast.yaml:1:1: must be a group of keys, not a list'],
    [
      'services: [{ name: a }, { name: a }]',
      'holdfast.yaml:1:33: services[1].name is a, as services[0] is already',
    ],
    [
      'devices: [{ role: loadbalancer }]',
      'holdfast.yaml:1:19: devices[0].role must be one of load-balancer, firewall, nat, reverse-proxy, dns, middlebox',
    ],
    [
      'services: [{ name: a, tls: { mod: any } }]',
      'holdfast.yaml:1:30: services[0].tls.mod is not a key; did you mean mode?',
    ],
    [
      'services: [{ name: a, failback: { expected: maybe } }]',
      'holdfast.yaml:1:45: services[0].failback.expected must be true or false',
    ],
    ['services: [{ name: a, wakeUp: {} }]', 'holdfast.yaml:1:31: services[0].wakeUp.port is missing'],
    ['services: [{ name: "a\\e[2J" }]', 'holdfast.yaml:1:20: services[0].name holds control characters'],
  ])('%j', (source, problem) => {
    expect(problemsOf(source)).toEqual([problem])
  })

  test.each([
    [
      'services: [',
      'holdfast.yaml:1:12: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['ignore: 10.0.0.1\nignore: 10.0.0.2', 'holdfast.yaml:2:1: Map keys must be unique'],
    ['ignore: !secret 10.0.0.1', 'holdfast.yaml:1:9: Unresolved tag: !secret'],
    ['---\nignore: []\n---\nignore: []', 'holdfast.yaml:3:1: Source contains multiple documents'],
    [`a: ${'['.repeat(20_000)}`, 'holdfast.yaml:1:1: is nested too deeply'],
    [ALIAS_BOMB, 'holdfast.yaml:1:1: has too many aliases'],
  ])('what YAML cannot read: %.40j', (source, problem) => {
    expect(problemsOf(source)[0]).toBe(problem)
  })

  test('in bounded number', () => {
    const loaded = parseConfig(Array.from({ length: 120 }, (_, i) => `key${i}: 1`).join('\n'))
    expect(loaded).toMatchObject({ more: 120 - PROBLEMS_MAX })
    expect('problems' in loaded && loaded.problems).toHaveLength(PROBLEMS_MAX)
  })

  test('in bounded time: what is known is not made anew for each', () => {
    const began = performance.now()
    const loaded = parseConfig(`devices: [${'{ role: firewall, nane: a }, '.repeat(1_000)}]`)
    expect(loaded).toMatchObject({ more: expect.any(Number) as number })
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  test('in bounded time: names are compared for those that are told', () => {
    const names = (kind: string): string => Array.from({ length: 2_000 }, (_, i) => `a${i}${kind}`).join(', ')
    const servers = names('b').replaceAll(/\w+/g, '{ name: $& }')
    const began = performance.now()
    const loaded = parseConfig(
      `services: [{ name: s, servers: [${servers}] }]\ngroups: [{ name: g, servers: { s: [[${names('c')}]] } }]`,
    )
    expect(loaded).toMatchObject({ more: expect.any(Number) as number })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('files', () => {
  let folder = ''
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (content: string): string => {
    const path = join(folder, 'holdfast.yaml')
    writeFileSync(path, content)
    return path
  }

  test('are read', () => {
    expect(readDeployment(file('ignore: [10.0.0.1]')).ignore).toMatchObject([{ text: '10.0.0.1' }])
  })

  test('that are wrong fail in one line, which says how to see all', () => {
    const path = file('ignor: [10.0.0.1]\nservice: 1\n')
    expect(() => readDeployment(path)).toThrow(
      `${path}:1:1: ignor is not a key; did you mean ignore? (and 1 more: holdfast config check ${path})`,
    )
  })

  test('that are not there fail in one line', () => {
    expect(() => readDeployment(join(folder, 'none.yaml'))).toThrow(
      `cannot read ${folder}/none.yaml: no such file or directory`,
    )
    expect(() => readDeployment(folder)).toThrow(`cannot read ${folder}: it is a directory`)
  })
})
