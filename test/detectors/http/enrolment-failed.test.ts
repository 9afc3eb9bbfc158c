import { describe, expect, test } from 'vitest'
import { enrolmentFailed } from '../../../src/detectors/http/enrolment-failed.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { AT_VIP, proxied, visits, WEB } from '../relayed.ts'
import type { Visit } from '../relayed.ts'
import { STORIES } from '../stories.ts'

/** Asks to be enrolled, and again; then the minute passes, unless the capture ends. */
function enrols(all: readonly Visit[], watched = true): Scenario {
  const s = proxied()
  for (const visit of all) visits(s, '/omc/enroll', { method: 'POST', body: 'key', ...visit })
  return watched ? later(s) : s
}

function later(s: Scenario): Scenario {
  s.wait(seconds(70))
  return visits(s, '/b/other', { from: '10.10.1.150' })
}

const TWO = { sets: ['ovidCookie=a', 'route=b'] }

describe('an enrolment that comes to nothing', () => {
  test('asked for again and again', async () => {
    const { config, play } = STORIES['enrolment-failed']
    const analysis = await analysed(play(), { config })
    expect(analysis.findings('enrolment-failed').map(inShort)).toEqual([
      'critical enrolment-failed 0.025 client | 10.10.1.101 10.10.1.101 at wep1 | unknown |  | client 5, client 13',
    ])
    expect(analysis.incident('enrolment-failed')).toMatchObject({
      title: 'Enrolment fails at webmail',
      summary:
        '1 client asked to be enrolled once and did not get further: they asked for the same again, and for nothing else.',
      details: { how: 'repeated', attempts: 3, status: 200, cookies: ['sid'] },
    })
  })

  test.each([
    ['twice, after two cookies', [TWO, TWO], 'repeated', ['S2-34']],
    ['twice, after an error', [{ status: 500 }, { status: 500 }], 'repeated', []],
    ['refused', [{ status: 403 }], 'refused', []],
  ])('%s', async (_what, all, how, requirements) => {
    const found = (await analysed(enrols(all), { config: WEB, taps: ['client'] })).findings(
      'enrolment-failed',
    )
    expect(found.map((f) => [f.details['how'], f.requirements])).toEqual([[how, requirements]])
  })

  test('broken off right after the answer', async () => {
    const s = proxied()
    const { agent } = s.connect('10.10.1.101', AT_VIP)
    agent.sends(request('POST', '/omc/enroll', { body: 'key' })).receives(response({ setCookie: ['a=b'] }))
    agent.resets()
    const found = (await analysed(later(s), { config: WEB })).findings('enrolment-failed')
    expect(found.map(({ details, evidence }) => [details['how'], evidence.at(-1)!.note])).toEqual([
      ['reset', 'the client breaks off'],
    ])
  })
})

keepsQuiet(enrolmentFailed, {
  'the client went on to something else: it is enrolled': {
    config: WEB,
    play: () => later(visits(enrols([{ status: 500 }, {}], false), '/omc/policy')),
  },
  'a challenge, or another place to ask: a step of the dialogue': [
    { config: WEB, play: () => enrols([{ status: 401 }, {}]) },
    { config: WEB, play: () => enrols([{ status: 302, answer: { Location: '/omc/enroll' } }, {}]) },
  ],
  'several messages of one dialogue, each another': {
    config: WEB,
    play: () => enrols([{ body: 'hello' }, { body: 'my key' }, { body: 'thanks, then' }]),
  },
  'a client that rests after it was enrolled': { config: WEB, play: () => enrols([{}]) },
  'the capture ended before the client could go on': {
    config: WEB,
    play: () => enrols([{ status: 500 }, { status: 500 }], false),
  },
  'a request that is no enrolment': {
    config: WEB,
    play() {
      const s = proxied()
      for (let i = 0; i < 4; i++) visits(s, '/omc/other', { method: 'POST', body: 'key', status: 500 })
      return later(s)
    },
  },
  'several clients behind one translated address, each of which asks once': {
    config: { ...WEB, nat: [{ inside: '10.20.1.0/24', outside: ['10.10.1.101'], mapping: 'shared' }] },
    play: () => enrols([{}, {}, {}]),
  },
})
