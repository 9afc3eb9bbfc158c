/** One story for every incident type of the group. */
import { seconds } from '../../../src/model/time.ts'
import { response, scenario } from '../../scenario/scenario.ts'
import { helloOf } from '../../scenario/tls.ts'
import type { Story } from '../stories.ts'
import { AGENTS, keys, NAME, ONE, offloaded, reencrypted, renamed, shown, shownInTurn } from './scenes.ts'
import { cluster, replicates } from '../cluster/scenes.ts'

const [A, B] = [shown({ serial: 1 }), shown({ serial: 2 })]

export const TLS_STORIES = {
  'certificate-name-mismatch': {
    config: keys(),
    play: () => shownInTurn([[shown({ name: 'sems2.example.com', names: ['sems2.example.com'] })]]),
  },
  'certificate-differs': {
    config: keys(),
    play: () => shownInTurn([[A], [B], [A]]),
  },
  'certificate-shared-replication': {
    config: cluster(),
    play() {
      const s = scenario()
      replicates(s, 1, 2, shown())
      replicates(s, 2, 1, shown()) //                     the same certificate on the other member
      return s
    },
  },
  'certificate-untrusted': {
    config: keys(),
    play: () => shownInTurn([[shown()]], { refuses: 48 }),
  },
  'tls-modified': { config: keys(), play: renamed },
  'tls-terminated': { config: keys({ tls: { mode: 'passthrough' } }), play: () => reencrypted() },
  'tls-passthrough': { config: keys(), play: () => shownInTurn([[A]]) },
  cleartext: { config: keys({ tls: { mode: 'termination' } }), play: offloaded },
  'protocol-mismatch': {
    config: keys(),
    play() {
      const s = scenario()
      const { agent, server } = s.connect(AGENTS[0], `${ONE}:443`)
      agent.sends(helloOf({ name: NAME }))
      server.sends(response({ body: 'plain HTTP only' }, 400)).closes()
      s.wait(seconds(1))
      return s
    },
  },
} satisfies Readonly<Record<string, Story>>
