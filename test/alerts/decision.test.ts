import { describe, expect, test } from 'vitest'
import { decide, type Standing, type Told } from '../../src/alerts/decision.ts'
import { HOUR, micros, route, settings } from './settings.ts'

const NOW = micros('2026-11-21T12:00:00Z')
const broken: Standing = {
  type: 'severed-idle',
  service: 'dlp',
  severity: 'warning',
  state: 'open',
  occurrences: 5,
  start: NOW - HOUR,
  end: NOW,
}
const before: Told = { at: NOW - 600e6, severity: 'warning', isOver: false, occurrences: 5 }

const decided = (standing: Partial<Standing>, told: Partial<Told> | null, changes = {}, now = NOW) =>
  decide(settings(changes), 'ops', {
    now,
    standing: { ...broken, ...standing },
    told: told === null ? null : { ...before, ...told },
  })

test.each<[string, Partial<Standing>, Partial<Told> | null, ReturnType<typeof decide>]>([
  ['the first time', {}, null, { do: 'tell', kind: 'opened' }],
  ['over before anybody was told', { state: 'resolved' }, null, { do: 'nothing' }],
  ['the first alert waited', {}, { at: null }, { do: 'tell', kind: 'opened' }],
  ['waited, and is over', { state: 'resolved' }, { at: null }, { do: 'tell', kind: 'opened' }],
  ['nothing new', {}, {}, { do: 'nothing' }],
  ['news too soon', { occurrences: 6 }, {}, { do: 'wait', until: NOW - 600e6 + HOUR }],
  ['news in time', { occurrences: 6 }, { at: NOW - HOUR }, { do: 'tell', kind: 'updated' }],
  ['worse than before', { severity: 'critical' }, {}, { do: 'tell', kind: 'updated' }],
  ['somebody is at work on it', { state: 'acknowledged', occurrences: 6 }, { at: 0 }, { do: 'nothing' }],
  ['over', { state: 'resolved' }, {}, { do: 'tell', kind: 'resolved' }],
  ['over, and told', { state: 'resolved' }, { isOver: true }, { do: 'nothing' }],
  ['again', { state: 'reopened' }, { isOver: true }, { do: 'tell', kind: 'reopened' }],
])('%s', (_what, standing, told, decision) => {
  expect(decided(standing, told)).toEqual(decision)
})

describe('routes', () => {
  test.each([
    ['another output', route({ outputs: ['mail'] })],
    ['another service', route({ services: ['sepm'] })],
    ['another type', route({ types: ['server-hop'] })],
    ['not bad enough', route({ severity: 'critical' })],
  ])('%s', (_what, one) => {
    expect(decided({}, null, { routes: [one] })).toEqual({ do: 'nothing' })
  })
  test('the first that leads there says how often', () => {
    const routes = [route({ services: ['sepm'], updateEvery: 1 }), route({ updateEvery: 2 * HOUR }), route()]
    expect(decided({ occurrences: 6 }, { at: NOW - HOUR }, { routes })).toEqual({
      do: 'wait',
      until: NOW + HOUR,
    })
  })
  test('without a service none of those that name some', () => {
    expect(decided({ service: null }, null, { routes: [route({ services: ['dlp'] })] })).toEqual({
      do: 'nothing',
    })
  })
})

const allDay = {
  days: [0, 1, 2, 3, 4, 5, 6],
  from: 0,
  to: 0,
  timeZone: 'UTC',
  outputs: [],
  criticalPasses: true,
}

test('quiet hours put off, and let what is critical pass', () => {
  const changes = { quietHours: [allDay] }
  expect(decided({}, null, changes)).toEqual({ do: 'wait', until: NOW + HOUR })
  expect(decided({ severity: 'critical' }, null, changes)).toEqual({ do: 'tell', kind: 'opened' })
  expect(decided({ state: 'resolved' }, {}, changes)).toEqual({ do: 'wait', until: NOW + HOUR })
})

describe('a maintenance window', () => {
  const changes = {
    maintenance: [{ name: 'm', services: [], when: { start: NOW - HOUR, end: NOW + 1 } }],
  }
  test.each<[string, Partial<Standing>, Partial<Told> | null, string]>([
    ['keeps what happened in it', {}, null, 'suppress'],
    ['not what began before it', { start: NOW - 2 * HOUR }, null, 'tell'],
    ['not what happened after it', { end: NOW + 1 }, null, 'tell'],
    ['keeps news', { occurrences: 9 }, { at: 0 }, 'suppress'],
    ['not the end', { state: 'resolved' }, {}, 'tell'],
    ['not what waited before it', {}, { at: null }, 'tell'],
  ])('%s', (_what, standing, told, expected) => {
    expect(decided(standing, told, changes).do).toBe(expected)
  })
})
