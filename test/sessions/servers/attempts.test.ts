import { BlindTimes } from '../../../src/sessions/blind-times.ts'
import { describe, expect, test } from 'vitest'
import type { AttemptFailed, DetectorEvent } from '../../../src/model/event.ts'
import type * as O from '../../../src/model/observation.ts'
import { packetOf } from '../../../src/model/packet.ts'
import { seconds } from '../../../src/model/time.ts'
import { followAttempts } from '../../../src/sessions/servers/attempts.ts'
import { Health } from '../../../src/sessions/servers/health.ts'
import { Policy } from '../../../src/sessions/servers/policy.ts'
import { AGENT, Parties } from '../parties.ts'

const ONE = { address: '192.0.2.10', port: 443 }
const TWO = { address: '192.0.2.11', port: 443 }
const CONFIG = {
  services: [
    {
      name: 'dlp',
      ports: [443],
      servers: [
        { name: 'dlp1', addresses: [ONE.address] },
        { name: 'dlp2', addresses: [TWO.address] },
      ],
    },
  ],
  devices: [{ role: 'load-balancer', addresses: ['192.0.2.2'] }],
  ignore: ['10.0.0.99'],
}

class Story {
  readonly parties = new Parties(CONFIG)
  readonly health = new Health()
  readonly told: DetectorEvent[] = []
  readonly follower

  constructor() {
    const { inventory, services, agents, pools } = this.parties
    this.follower = followAttempts({
      inventory,
      services,
      agents,
      health: this.health,
      blind: new BlindTimes(),
      policy: new Policy(inventory),
      pools,
      settle: 0,
      later: () => {},
      tell: (event) => void this.told.push(event),
      severalTaps: () => false,
    })
  }

  tries(
    at: number,
    manner: O.ConnectionFailed['manner'] = 'refused',
    from = AGENT.address,
    to = ONE,
    connection = at,
  ): this {
    const o = {
      kind: 'connection-failed',
      time: seconds(at),
      start: seconds(at),
      tap: 'client',
      connection,
      originator: { address: from, port: at },
      responder: to,
      packet: at,
      manner,
      attempts: 1,
    } as const
    this.follower.observe?.['connection-failed']?.(o, null)
    return this
  }

  comes(at: number, to = ONE, from = AGENT): this {
    const sighting = this.parties.sighting({ from, to, start: at })
    this.health.answered(sighting.server!, seconds(at), packetOf(sighting, at, seconds(at)))
    const agent = this.parties.agents.at('client', from.address, 'address')
    this.follower.visited?.(sighting, agent, seconds(at), at)
    return this
  }

  get failed(): string[] {
    return this.told
      .filter((event): event is AttemptFailed => event.kind === 'attempt-failed')
      .map(({ agent, failure, run, alternative }) =>
        [agent.id, failure.what, run.attempts, run.servers.join('+'), alternative?.server.name].join(' '),
      )
  }
}

describe('tries that fail', () => {
  test('are a run until one succeeds', () => {
    const story = new Story().tries(10).tries(20, 'unanswered', AGENT.address, TWO).comes(30).tries(40)
    expect(story.failed).toEqual([
      '10.0.0.5 refused by dlp1 1 dlp1 ',
      '10.0.0.5 unanswered by dlp2 2 dlp1+dlp2 ',
      '10.0.0.5 refused by dlp1 1 dlp1 ',
    ])
  })

  test('come with a server that serves others meanwhile', () => {
    const story = new Story().tries(10).comes(15, TWO, { address: '10.0.0.6', port: 1 }).tries(20)
    expect(story.failed.at(-1)).toBe('10.0.0.5 refused by dlp1 2 dlp1 dlp2')
  })

  test('are over where a handshake was tried again and came about: a packet of it was lost', () => {
    const story = new Story()
    // connections 1, 2 and 3
    for (const at of [10, 20, 30]) story.tries(at, 'unanswered', AGENT.address, ONE, at / 10).comes(at + 1)
    expect(story.failed).toEqual(Array(3).fill('10.0.0.5 unanswered by dlp1 1 dlp1 '))
  })

  test('of different agents are apart', () => {
    const { failed } = new Story().tries(10).tries(20, 'refused', '10.0.0.6')
    expect(failed).toEqual(['10.0.0.5 refused by dlp1 1 dlp1 ', '10.0.0.6 refused by dlp1 1 dlp1 '])
  })

  test.each([
    ['a health check that was answered', new Story().tries(10, 'aborted')],
    ["a relay's", new Story().tries(10, 'refused', '192.0.2.2')],
    ["a server's", new Story().tries(10, 'refused', TWO.address)],
    ["a scanner's", new Story().tries(10, 'refused', '10.0.0.99')],
    [
      'at a service that nobody knows',
      new Story().tries(10, 'refused', AGENT.address, { address: '1.2.3.4', port: 5 }),
    ],
  ])("are no agent's: %s", (_what, story) => expect(story.failed).toEqual([]))
})

test.each([
  ['handshake_failure', 40, 1, 2, ['10.0.0.5 TLS alert 40 from dlp1 1 dlp1 ']],
  ['close_notify', 0, 1, 2, []],
  ["the client's certificate", 42, 1, 2, []],
  ['a warning', 40, 1, 1, []],
  ['the client says it', 40, 0, 2, []],
] as const)('an alert of TLS: %s', (_what, description, from, level, expected) => {
  const story = new Story()
  const sighting = story.parties.sighting({ to: ONE })
  const { connection } = sighting
  const on = { kind: 'tls-alert', time: seconds(5), tap: 'client', connection, packet: 3 } as const
  story.follower.observe?.['tls-alert']?.({ ...on, from, level, description, encrypted: false }, sighting)
  expect(story.failed).toEqual(expected)
})

test.each([
  [200, []],
  [404, []],
  [500, ['10.0.0.5 HTTP 500 from dlp1 1 dlp1 ']],
])('HTTP %d', (status, expected) => {
  const story = new Story()
  const sighting = story.parties.sighting({ to: ONE })
  const response = { status, time: seconds(5), packet: 3 } as O.HttpTransaction['response']
  const o = { kind: 'http-transaction', time: seconds(5), tap: 'client', connection: 1, response }
  story.follower.observe?.['http-transaction']?.(o as O.HttpTransaction, sighting)
  expect(story.failed).toEqual(expected)
})
