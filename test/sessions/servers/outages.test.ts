import { describe, expect, test } from 'vitest'
import type { FailureManner, Outage } from '../../../src/model/event.ts'
import { seconds } from '../../../src/model/time.ts'
import { OPEN_MAX, Outages, type TriesFor } from '../../../src/sessions/servers/outages.ts'
import { Parties } from '../parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      ports: [443],
      vips: ['192.0.2.1'],
      servers: [{ name: 'dlp1', addresses: ['192.0.2.10'] }],
    },
  ],
}
const RELAY = '192.0.2.2'
const ANOTHER_SERVER = '192.0.2.3'

interface FailureParts {
  readonly manner?: FailureManner
  readonly answered?: number
  readonly tap?: string
}

class Story {
  readonly server
  readonly met: string[] = []
  readonly outages = new Outages({
    triesFor: (address): TriesFor =>
      address === RELAY ? 'many' : address === ANOTHER_SERVER ? 'nobody' : 'itself',
    met: (outage, failure) => this.met.push(`${failure.by} ${failure.at / 1e6} ${outage.from / 1e6}`),
  })

  constructor(config: unknown = CONFIG, address = '192.0.2.10') {
    this.server = new Parties(config).sighting({ to: { address, port: 443 } }).server!
  }

  fails(
    at: number,
    by: string,
    { manner = 'refused', answered = -Infinity, tap = 'client' }: FailureParts = {},
  ) {
    const failure = { at: seconds(at), tap, packet: at, ends: null, what: manner, by, manner }
    this.outages.failed(this.server, failure, answered)
    return this
  }

  answers(at: number, accepted = false) {
    this.outages.answered(this.server, seconds(at), accepted)
    return this
  }

  at(time: number): Outage | null {
    return this.outages.at(this.server.id, seconds(time))
  }
}

test('two clients meet it: from the first failure to the next answer', () => {
  const story = new Story().fails(10, 'A').fails(12, 'B').fails(13, 'A').fails(14, 'C').answers(20)
  expect(story.met).toEqual(['A 10 10', 'B 12 10', 'C 14 10'])
  expect(story.at(15)).toEqual({
    server: story.server,
    from: seconds(10),
    last: seconds(14),
    until: seconds(20),
    attempts: 4,
    manner: 'refused',
    what: 'refused',
    isInferred: false,
  })
  expect([story.at(9), story.at(21)]).toEqual([null, null])
  expect(story.outages.at(story.server.id, seconds(21), seconds(1))).not.toBe(null)
})

test('a relay meets it twice: it speaks for all', () => {
  expect(new Story().fails(10, RELAY).met).toEqual([])
  expect(new Story().fails(10, RELAY).fails(12, RELAY).met).toEqual([`${RELAY} 10 10`])
})

describe('is none', () => {
  test.each<[string, Story]>([
    ['one client alone', new Story().fails(10, 'A').fails(12, 'A').fails(14, 'A')],
    ['one client at two taps, translated', new Story().fails(10, 'A').fails(10, 'NAT', { tap: 'server' })],
    ['somebody was served in between', new Story().fails(10, 'A').answers(11).fails(12, 'B')],
    [
      'somebody was served after what is told late',
      new Story().fails(10, 'A', { answered: seconds(11) }).fails(12, 'B'),
    ],
    ['other servers tried', new Story().fails(10, 'A').fails(12, ANOTHER_SERVER)],
    [
      'alerts of TLS',
      new Story().fails(10, 'A', { manner: 'tls-failed' }).fails(12, 'B', { manner: 'tls-failed' }),
    ],
    ['a virtual address', new Story(CONFIG, '192.0.2.1').fails(10, 'A').fails(12, 'B')],
    ['nobody was ever served there', new Story({}).fails(10, 'A').fails(12, 'B')],
  ])('%s', (_what, story) => {
    expect([story.met, story.at(11), story.at(13)]).toEqual([[], null, null])
  })
})

test('without a configuration, a server that had answered can be out', () => {
  expect(
    new Story({}).fails(10, 'A', { answered: seconds(5) }).fails(12, 'B', { answered: seconds(5) }).met,
  ).toHaveLength(2)
})

test('that it takes connections is no answer where it refuses what they ask', () => {
  const story = new Story()
    .fails(10, 'A', { manner: 'http-error' })
    .answers(11, true)
    .fails(12, 'B', { manner: 'http-error' })
  expect(story.answers(13, true).at(100)?.until).toBe(null)
  expect(story.answers(14).at(12)?.until).toBe(seconds(14))
  expect(new Story().fails(10, 'A').answers(11, true).fails(12, 'B').met).toEqual([])
})

describe('that a connection was taken', () => {
  const out = (): Story => new Story().fails(10, 'A').fails(12, 'B').answers(20, true)

  test('is no end of an outage that goes on at once: one that is told once', () => {
    const story = out().fails(70, 'A').fails(71, 'B').fails(72, 'C').answers(90)
    expect(story.met).toEqual(['A 10 10', 'B 12 10', 'C 72 10'])
    expect(story.at(15)).toMatchObject({ from: seconds(10), until: seconds(90), attempts: 5 })
  })

  test.each<[string, Story]>([
    ['nobody tried in vain for a while', out().fails(81, 'A')],
    ['somebody was served in between', out().answers(25).fails(30, 'A')],
  ])('is its end where %s', (_what, story) => {
    expect(story.at(15)?.until).toBe(seconds(20))
  })

  test('makes no outage of what single clients met', () => {
    expect(new Story().fails(10, 'A').answers(20, true).fails(30, 'B').met).toEqual([])
  })
})

test('a service of which the configuration names no address is as one that it does not name', () => {
  const story = new Story({ services: [{ name: 'dlp', ports: [443] }] })
  const ANSWERED = { answered: seconds(5) }
  expect(story.fails(10, 'A', ANSWERED).fails(12, 'B', ANSWERED).met).toHaveLength(2)
})

test('however many servers failed for one client, and were not asked again, the next one is noticed', () => {
  const story = new Story()
  const { server, outages } = story
  const what = { tap: 'client', packet: 1, ends: null, what: 'refused', by: 'A', manner: 'refused' } as const
  for (let i = 0; i < OPEN_MAX; i++)
    outages.failed({ ...server, id: `dlp/${i}` }, { ...what, at: i }, -Infinity)
  expect(story.fails(10, 'A').fails(12, 'B').met).toHaveLength(2)
})

test('one that is inferred is remembered, too', () => {
  const story = new Story()
  const { server } = story
  const outage: Outage = {
    server,
    from: 5,
    last: 5,
    until: 9,
    attempts: 0,
    manner: 'unanswered',
    what: '',
    isInferred: true,
  }
  story.outages.inferred(outage)
  expect(story.outages.at(server.id, 7)).toBe(outage)
})
