import { expect, test } from 'vitest'
import type { Follow } from '../../src/sessions/follower.ts'
import { Followers } from '../../src/sessions/followers.ts'
import { Parties, summaryOf } from './parties.ts'
import type { Observation } from '../../src/model/observation.ts'

const parties = new Parties()
const { inventory, services } = parties
const surroundings = { inventory, services } as Parameters<Follow>[0]
const o = (kind: string, more = {}): Observation => ({ kind, time: 1, tap: '', ...more }) as never

test('an observation goes to those who ask for its kind, with its sighting', () => {
  const heard: unknown[] = []
  const sighting = { connection: 7 } as never
  const asked: number[] = []
  const followers = new Followers(surroundings, [
    () => ({ observe: { opening: (seen, of) => heard.push(['first', seen.kind, of]) } }),
    () => ({ observe: { opening: (_, of) => heard.push(['second', of]), reset: () => heard.push('reset') } }),
    () => ({}),
  ])
  const sightingOf = (connection: number) => {
    asked.push(connection)
    return connection === 7 ? sighting : undefined
  }
  followers.observed(o('opening', { connection: 7 }), sightingOf)
  followers.observed(o('reset', { connection: 8 }), sightingOf)
  followers.observed(o('silence', { connection: 9 }), sightingOf)
  followers.observed(o('capture-ended'), sightingOf)
  expect(heard).toEqual([['first', 'opening', sighting], ['second', sighting], 'reset'])
  expect(asked).toEqual([7, 8])
})

test('visits, ends and the end of all reach those who follow them', () => {
  const heard: unknown[] = []
  const followers = new Followers(surroundings, [
    () => ({ visited: (_, agent, at, packet) => heard.push(['visit', agent, at, packet]) }),
    () => ({ closed: (_, summary) => heard.push(['end', summary]), ended: (now) => heard.push(now) }),
  ])
  const sighting = parties.sighting()
  const { agent } = parties.visit(sighting, 'EPA-1', 1)
  const summary = summaryOf(sighting)
  followers.visited(sighting, agent, 5, 9)
  followers.closed(sighting, summary)
  followers.ended(12)
  expect(heard).toEqual([['visit', agent, 5, 9], ['end', summary], 12])
})
