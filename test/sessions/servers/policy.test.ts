import { describe, expect, test } from 'vitest'
import { rankIn } from '../../../src/model/policy.ts'
import { betterThan, Policy } from '../../../src/sessions/servers/policy.ts'
import { Parties } from '../parties.ts'

const SERVICE = {
  name: 'sepm',
  profile: 'symantec-sepm',
  ports: [8014],
  servers: [1, 2, 3, 4].map((n) => ({ name: `s${n}`, addresses: [`192.0.2.${n}`] })),
}
const location = (name: string, subnets: readonly string[], ...servers: readonly string[]) => ({
  name,
  subnets,
  servers: { sepm: servers.map((server) => [server]) },
})
const CONFIG = {
  services: [SERVICE, { name: 'web', ports: [443], servers: [{ name: 'w', addresses: ['192.0.2.9'] }] }],
  locations: [
    location('Site', ['10.10.0.0/16'], 's1', 's2'),
    location('Office', ['10.10.1.0/24'], 's2', 's1'),
    { ...location('Elsewhere', ['10.99.0.0/16'], 's3'), subnets: undefined },
  ],
  groups: [{ name: 'G', agents: ['{AB-1}', '10.10.1.7'], servers: { sepm: [['s3', 's4'], ['s1']] } }],
  nat: [{ inside: '10.10.0.0/16', outside: ['203.0.113.5'], mapping: 'shared' }],
}

const parties = new Parties(CONFIG)
const policy = new Policy(parties.inventory)
const service = parties.services.configured('sepm')
const agent = (id: string) => parties.agents.named({ id, by: 'url-parameter', confidence: 0.99 })
const listName = (id: string, address: string | null): string | null => {
  const list = policy.listOf(agent(id), service, address)
  return list === null ? null : `${list.source} ${list.name}`
}

describe('the list that holds', () => {
  test.each([
    ['is that of its group, braces or not, in either case', 'ab-1', '10.10.1.5', 'group G'],
    ['is that of the group of its address', 'X', '10.10.1.7', 'group G'],
    ['is that of the narrowest network', 'X', '10.10.1.5', 'location Office'],
    ['is that of the wider one elsewhere', 'X', '10.10.2.5', 'location Site'],
    ['is the default of agents that are in no network', 'X', '172.16.0.1', 'location Elsewhere'],
    ['is none where the address is not known', 'X', null, null],
  ])('%s', (_what, id, address, expected) => expect(listName(id, address)).toBe(expected))

  test('is that of the priorities where nothing else is stated', () => {
    const servers = SERVICE.servers.map((s, i) => ({ ...s, priority: [2, 1, 2, undefined][i] }))
    const other = new Parties({ services: [{ ...SERVICE, servers }] })
    const list = new Policy(other.inventory).listOf(agent('X'), other.services.configured('sepm'), null)
    expect(list).toEqual({ groups: [['s2'], ['s1', 's3']], source: 'service', name: null })
  })

  test('is one object, however often it is asked for', () => {
    const first = policy.listOf(agent('X'), service, '10.10.1.5')
    expect(policy.listOf(agent('Y'), service, '10.10.1.6')).toBe(first)
  })
})

test('whom it concerns', () => {
  expect([policy.concerns(service), policy.concerns(parties.services.configured('web'))]).toEqual([
    true,
    false,
  ])
})

describe("an agent's own address", () => {
  const own = (from: string, leg: 'direct' | 'back') =>
    policy.ownAddress(agent('Z'), parties.sighting({ from: { address: from, port: 5 }, leg }))
  test('is where it comes from', () => expect(own('10.10.1.5', 'direct')).toBe('10.10.1.5'))
  test('is not the one that translation gave it', () => expect(own('203.0.113.5', 'direct')).toBe(null))
  test("is not a relay's", () => expect(own('10.10.3.1', 'back')).toBe(null))
})

test('another location that names a server', () => {
  expect(policy.locationWith('s3', service, 'Office')).toBe('Elsewhere')
  expect(policy.locationWith('s3', service, 'Elsewhere')).toBe(null)
  expect(policy.locationWith('s4', service, null)).toBe(null)
})

test('ranks', () => {
  const list = policy.listOf(agent('AB-1'), service, null)!
  expect(['s3', 's4', 's1', 's2'].map((name) => rankIn(list, name))).toEqual([0, 0, 1, null])
  expect(['s4', 's1', 's2'].map((name) => betterThan(list, name))).toEqual([[], ['s3', 's4'], []])
})

test('services of one product', () => {
  const stranger = parties.services.serviceAt({ address: '198.51.100.1', port: 8014 })
  expect(policy.kinOf(stranger).map(({ name }) => name)).toEqual(['sepm'])
  expect(policy.kinOf(service)).toEqual([])
  expect(policy.kinOf(parties.services.serviceAt({ address: '198.51.100.1', port: 80 }))).toEqual([])
})
