/**
 * Ordinary traffic, seen without a configuration: whatever the network does here is nobody's fault, and
 * nobody is to be woken for it. What an operator may read about (info) is stated, warnings and worse are not
 * allowed.
 */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysed } from './analysis.ts'

export const BROWSER = '10.0.0.5',
  PHONE = '10.0.0.6',
  SITE = '192.0.2.10:443'
export const PAGE = response({ body: 'x'.repeat(60_000) })
export const HOUR = seconds(3600)

/** A page is fetched over a connection that stays open. */
export function visited(s: Scenario, from = BROWSER, to = SITE) {
  const conversation = s.connect(from, to)
  conversation.agent.sends(request('GET', '/')).receives(PAGE)
  s.wait(seconds(1))
  return conversation
}

/** Somebody else is served every 20 s for `span`: the server is well, and its path too. */
export function othersAreServed(s: Scenario, span: number, from = '10.0.0.77', to = SITE): void {
  const { agent } = s.connect(from, to)
  for (let passed = 0; passed < span; passed += seconds(20)) {
    agent.sends(request('GET', '/')).receives(response())
    s.wait(seconds(20))
  }
  agent.closes()
}

/** The story, what is told of it at any tap, and the taps if not all of them. */
export type Ordinary = readonly [what: string, told: readonly string[], play: (s: Scenario) => void]

/** How a place is built is told as well, by the taps that see it: nothing happened there. */
const AS_BUILT = ['info nat-shared', 'info cleartext']
const happened = (told: readonly string[]): string[] => told.filter((text) => !AS_BUILT.includes(text))

/** Each story is told the same at each of its taps alone, and at all of them together. */
export function tellOrdinary(title: string, stories: readonly Ordinary[]): void {
  describe(title, () => {
    test.each(stories)('%s', async (_what, told, play) => {
      const s = scenario()
      play(s)
      const taps = [...s.captures().keys()]
      for (const seen of [...taps.map((tap) => [tap]), taps]) {
        const all = (await analysed(s, { taps: seen })).told
        expect([seen, happened(all)]).toEqual([seen, told])
      }
    })
  })
}
