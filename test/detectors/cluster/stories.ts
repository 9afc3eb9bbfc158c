/** One story for every incident type of the group. */
import { scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { Story } from '../stories.ts'
import {
  cannotReplicate,
  checks,
  clicks,
  clientSide,
  cluster,
  inner,
  mail,
  passesOn,
  replicates,
  USER,
  web,
} from './scenes.ts'

const told = (play: (s: Scenario) => void) => (): Scenario => {
  const s = scenario()
  play(s)
  return s
}

export const CLUSTER_STORIES = {
  'replication-wrong-interface': {
    config: cluster(),
    play: told((s) => replicates(s, 1, 2, null, clientSide)),
  },
  'client-on-replication-interface': {
    config: cluster(),
    play: told((s) => {
      s.connect(USER, `${inner(1)}:443`)
        .agent.sends('hello there')
        .closes()
    }),
  },
  'replication-down': {
    config: cluster(),
    play: told((s) => {
      cannotReplicate(s)
      cannotReplicate(s)
    }),
  },
  'replica-lag-read': {
    config: web(),
    play: () =>
      clicks([
        [1, 'POST', '/message/7', 201],
        [2, 'GET', '/message/7', 404],
      ]),
  },
  'health-check-failed': {
    config: mail(),
    play: told((s) => {
      checks(s)
      passesOn(s, 'silent') //                            a proxy greets once it can pass mail on
      for (let i = 0; i < 3; i++) checks(s, 'nothing')
    }),
  },
  'next-hop-down': { config: mail(), play: told((s) => passesOn(s, 'silent')) },
} satisfies Readonly<Record<string, Story>>
