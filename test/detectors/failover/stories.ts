/** One story for every incident type of the group. */
import { seconds } from '../../../src/model/time.ts'
import type { Story } from '../stories.ts'
import {
  begin,
  comes,
  failedOver,
  fails,
  HEARTBEAT,
  passes,
  SEPM,
  SEPM1,
  SEPM2,
  SEPM3,
  SERVICE,
} from './managers.ts'

const GROUPED = {
  services: [SERVICE],
  groups: [{ name: 'A', agents: ['K1'], servers: { sepm: [['sepm1', 'sepm2']] } }],
}

export const FAILOVER_STORIES = {
  failover: { config: SEPM, play: () => failedOver() },
  'server-outage': { config: SEPM, play: () => failedOver() },
  failback: {
    config: SEPM,
    play() {
      const s = failedOver()
      passes(s, 1, [1, SEPM1], [2, SEPM1]) //             both are back
      return s
    },
  },
  'no-failover': {
    config: SEPM,
    play() {
      const s = begin()
      comes(s, 1, SEPM1)
      for (let beat = 0; beat < 5; beat++) {
        s.wait(HEARTBEAT)
        fails(s, 1, SEPM1) //                             again and again the same server
        comes(s, 2, SEPM2) //                             which is not the only one
      }
      return s
    },
  },
  'no-failback': {
    config: SEPM,
    play() {
      const s = failedOver()
      passes(s, 4, [1, SEPM1], [2, SEPM2]) //             the second agent never returns
      return s
    },
  },
  'wrong-priority': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 4, [1, SEPM1], [2, SEPM2])
      return s
    },
  },
  'wrong-location': {
    config: {
      services: [SERVICE],
      locations: [
        { name: 'Office', subnets: ['10.10.1.0/24'], servers: { sepm: [['sepm1'], ['sepm2']] } },
        { name: 'Branch', subnets: ['10.10.7.0/24'], servers: { sepm: [['sepm3']] } },
      ],
    },
    play() {
      const s = begin()
      passes(s, 6, [1, SEPM3]) //                         in the office, at the branch's server
      return s
    },
  },
  'off-list-server': {
    config: GROUPED,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1])
      comes(s, 1, SEPM3)
      return s
    },
  },
  'herd-move': {
    config: SEPM,
    play() {
      const s = begin()
      const herd = Array.from({ length: 12 }, (_, i) => i + 1)
      passes(s, 1, ...herd.map((n) => [n, SEPM1] as const), [20, SEPM1])
      for (const n of herd) {
        comes(s, n, SEPM2)
        comes(s, 20, SEPM1) //                            the server is well
      }
      s.wait(seconds(10))
      return s
    },
  },
} as const satisfies Readonly<Record<string, Story>>
