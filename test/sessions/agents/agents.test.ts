import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { Agents } from '../../../src/sessions/agents/agents.ts'
import { Parties } from '../parties.ts'

const claim = (id: string) => ({ id, by: 'http-header', confidence: 0.99 }) as const

/** Agents of a story: who named themselves where, in seconds. */
type Contact = readonly [id: string, address: string, at: number, tap?: string]

function told(...contacts: readonly Contact[]) {
  const parties = new Parties({ agents: [{ id: 'INVENTED', addresses: ['10.0.0.9'] }] })
  const { agents } = parties
  const previous = contacts.map(([id, address, at, tap = 'client']) => {
    const sighting = parties.sighting({ tap, from: { address, port: 1 } })
    return agents.seen(agents.named(claim(id)), sighting, seconds(at), at)?.address ?? null
  })
  return { agents, previous }
}

describe('the agent at an address', () => {
  test('is the one that named itself there, if only one did', () => {
    const { agents } = told(['A', '10.0.0.5', 0])
    expect(agents.at('client', '10.0.0.5', 'address')).toMatchObject({ id: 'A', identifiedBy: 'http-header' })
    expect(agents.at('server', '10.0.0.5', 'address')).toMatchObject({
      id: '10.0.0.5',
      identifiedBy: 'address',
    })
  })

  test('is nobody in particular where several named themselves', () => {
    const { agents } = told(['A', '10.0.0.5', 0], ['B', '10.0.0.5', 1])
    expect(agents.at('client', '10.0.0.5', 'address')).toMatchObject({
      id: '10.0.0.5',
      identifiedBy: 'address',
      confidence: 0.6,
      nameable: true,
      addresses: [],
    })
  })

  test("is the inventory's, or the address itself", () => {
    const { agents } = told()
    expect(agents.at('client', '10.0.0.9', 'address')).toMatchObject({
      id: 'INVENTED',
      identifiedBy: 'inventory',
    })
    expect(agents.at('client', '10.0.0.8', 'proxy-header')).toMatchObject({ identifiedBy: 'proxy-header' })
  })
})

test('who was at another address before is told with it, tap by tap', () => {
  const { previous, agents } = told(
    ['A', '10.0.0.5', 0],
    ['A', '10.0.0.5', 10],
    ['A', '10.0.0.6', 20],
    ['A', '10.0.0.6', 30, 'server'],
    ['A', '10.0.0.5', 40],
  )
  expect(previous).toEqual([null, null, '10.0.0.5', null, '10.0.0.6'])
  expect([...agents.all()].map(({ addresses }) => addresses)).toMatchObject([
    [
      { tap: 'client', address: '10.0.0.5', start: 0, end: seconds(40), packet: 40, sighting: null },
      {
        tap: 'client',
        address: '10.0.0.6',
        start: seconds(20),
        end: seconds(20),
        packet: 20,
        sighting: null,
      },
      {
        tap: 'server',
        address: '10.0.0.6',
        start: seconds(30),
        end: seconds(30),
        packet: 30,
        sighting: null,
      },
    ],
  ])
})

test('what is told late moves nobody', () => {
  expect(told(['A', '10.0.0.5', 20], ['A', '10.0.0.6', 10]).previous).toEqual([null, null])
})

test('a pool too large to remember keeps its first address and the latest', () => {
  const { agents } = told(...Array.from({ length: 100 }, (_, i) => ['A', `10.0.1.${i}`, i] as const))
  const [agent] = agents.all()
  expect(agent!.addresses).toHaveLength(64)
  expect(agent!.addresses[0]!.address).toBe('10.0.1.0')
  expect(agent!.addresses.at(-1)!.address).toBe('10.0.1.99')
})

describe('an address is shared', () => {
  test.each<[string, readonly Contact[], boolean]>([
    [
      'A, then B, then A again',
      [
        ['A', 'X', 0],
        ['B', 'X', 10],
        ['A', 'X', 20],
      ],
      true,
    ],
    [
      'A, then B: a lease went to another',
      [
        ['A', 'X', 0],
        ['B', 'X', 10],
      ],
      false,
    ],
    [
      'A, A, then B, B',
      [
        ['A', 'X', 0],
        ['A', 'X', 5],
        ['B', 'X', 10],
        ['B', 'X', 15],
      ],
      false,
    ],
    [
      'in turn, but with hours between',
      [
        ['A', 'X', 0],
        ['B', 'X', 300],
        ['A', 'X', 7200],
      ],
      false,
    ],
    [
      'in turn within ten minutes',
      [
        ['A', 'X', 0],
        ['B', 'X', 300],
        ['A', 'X', 600],
      ],
      true,
    ],
    [
      'B was there long before',
      [
        ['B', 'X', 0],
        ['A', 'X', 10],
        ['A', 'X', 20],
      ],
      false,
    ],
    [
      'at another tap',
      [
        ['A', 'X', 0],
        ['B', 'X', 10, 'server'],
        ['A', 'X', 20],
      ],
      false,
    ],
  ])('%s: %#', (_what, contacts, shared) => {
    expect(told(...contacts).agents.isShared('client', 'X')).toBe(shared)
  })
})

test('an agent that is known by its TLS session can be followed, not named', () => {
  const { agents } = told()
  const agent = agents.unnamed('tls-session-1', 'tls-session', 0.85)
  expect(agent.nameable).toBe(false)
  expect(agents.unnamed('tls-session-1', 'tls-session', 0.85)).toBe(agent)
})

describe('what finds no room is counted', () => {
  const parties = new Parties()
  const crowded = () => new Agents(parties.inventory, { agents: 2, places: 1 })

  test('agents: known ones stay, further ones are strangers each time', () => {
    const agents = crowded()
    const [first, , third] = ['A', 'B', 'C'].map((id) => agents.named(claim(id)))
    expect(agents.named(claim('A'))).toBe(first)
    expect(agents.named(claim('C'))).not.toBe(third)
    expect([...agents.all()].map(({ id }) => id)).toEqual(['A', 'B'])
    expect(agents.forgotten).toEqual({ agents: 2, places: 0 })
    expect([first, third].map((agent) => agent!.isRemembered)).toEqual([true, false])
  })

  test('addresses at which agents name themselves, at each tap', () => {
    const agents = crowded()
    for (const [address, tap] of [
      ['10.0.0.5', 'client'],
      ['10.0.0.6', 'client'],
      ['10.0.0.6', 'server'],
    ] as const) {
      const sighting = parties.sighting({ tap, from: { address, port: 1 } })
      agents.seen(agents.named(claim('A')), sighting, 0, 0)
    }
    expect(agents.at('client', '10.0.0.5', 'address').id).toBe('A')
    expect(agents.at('client', '10.0.0.6', 'address').id).toBe('10.0.0.6')
    expect(agents.forgotten).toEqual({ agents: 0, places: 1 })
  })
})
