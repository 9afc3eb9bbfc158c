/** One story for every incident type of the group. */
import { seconds } from '../../../src/model/time.ts'
import type { Story } from '../stories.ts'
import {
  A1,
  A2,
  AH1,
  AH2,
  begin,
  calls,
  comes,
  fetches,
  fleet,
  G1,
  G2,
  group,
  INTERVAL,
  passes,
  tries,
} from './fleet.ts'

export const CADENCE_STORIES = {
  'missed-checkin': {
    config: fleet(),
    play() {
      const s = begin()
      comes(s, G1)
      passes(s, 2, { checkIn: [A1], alive: [A1] })
      passes(s, 3, { alive: [A1] }) //                    its host goes on, the agent does not come
      passes(s, 1, { checkIn: [A1], alive: [A1] })
      return s
    },
  },
  'checkin-retries-exhausted': {
    config: fleet(),
    play() {
      const s = begin()
      comes(s, G1)
      s.wait(INTERVAL)
      for (const handler of [AH1, AH2]) s.host(handler).health = 'refusing'
      for (const handler of [AH1, AH2]) tries(s, 18, A1, handler)
      return s
    },
  },
  'assignment-not-applied': {
    config: fleet('10m', [group([G1, G2], ['ah2'])]),
    play() {
      const s = begin()
      comes(s, G1)
      comes(s, G2, A2)
      s.wait(INTERVAL)
      comes(s, G1, A1, AH2) //                            the new handler
      for (let i = 0; i < 4; i++) {
        comes(s, G2, A2) //                               still the old one
        s.wait(INTERVAL)
        comes(s, G1, A1, AH2)
      }
      return s
    },
  },
  'content-bypass': {
    config: fleet('10m', [group([G1], ['ah2'])]),
    play() {
      const s = begin()
      comes(s, G1, A1, AH2)
      s.wait(INTERVAL)
      comes(s, G1, A1, AH2)
      fetches(s, G1, A1, AH1) //                          not from its own handler
      return s
    },
  },
  'wakeup-call': {
    config: fleet(),
    play() {
      const s = begin()
      comes(s, G1)
      s.wait(seconds(100))
      calls(s)
      s.wait(seconds(2))
      comes(s, G1)
      return s
    },
  },
  'wakeup-failed': {
    config: fleet(),
    play() {
      const s = begin()
      comes(s, G1)
      s.wait(seconds(100))
      calls(s) //                                         the agent agrees, and stays away
      s.wait(seconds(500))
      comes(s, G1)
      return s
    },
  },
} as const satisfies Readonly<Record<string, Story>>
