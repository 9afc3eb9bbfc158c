/** One story for each of the incident types that are about many agents at once. */
import { seconds } from '../../../src/model/time.ts'
import { firewall, loadBalancer, scenario } from '../../scenario/scenario.ts'
import type { Story } from '../stories.ts'
import { agentAt, attachAll, BALANCER, beat, DLP1, FLEET, restarts, steady, VIP } from './many.ts'

export const CONTINUITY_STORIES = {
  'severed-active': {
    config: FLEET,
    play() {
      const s = scenario().behind(firewall({ idle: seconds(4), forgets: 'rst-both' }))
      const { agent } = s.connect(agentAt(0), `${DLP1}:8000`)
      agent.sends('agent=B0 hello').receives('policies')
      for (let i = 0; i < 5; i++) {
        s.wait(seconds(2))
        agent.sends('log').receives('ok')
      }
      s.wait(seconds(5)) //                               the firewall resets both after four seconds
      attachAll(s, 1)
      return s
    },
  },
  'timer-risk': {
    config: { ...FLEET, devices: [{ ...FLEET.devices[0], addresses: [BALANCER, VIP], idleTimeout: '300s' }] },
    play() {
      const s = scenario().behind(
        loadBalancer({
          vip: { address: VIP, port: 8000 },
          address: BALANCER,
          idle: seconds(300),
          manner: 'fin',
          pick: () => DLP1,
        }),
      )
      beat(s, attachAll(s, 1, 1, `${VIP}:8000`), 4)
      return s
    },
  },
  'mass-disconnect': {
    config: FLEET,
    play() {
      const { s, all } = steady()
      restarts(all)
      s.wait(seconds(10))
      return s
    },
  },
  'reconnect-storm': {
    config: FLEET,
    play() {
      const { s, all } = steady()
      restarts(all)
      s.wait(seconds(5))
      const again = attachAll(s, 12, 0.1) //             all of them within two seconds
      beat(s, again, 8)
      return s
    },
  },
} as const satisfies Readonly<Record<string, Story>>
