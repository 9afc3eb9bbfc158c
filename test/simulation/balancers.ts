/** Load balancers as their manuals describe them: which server a connection of an agent gets. */
import type { Random } from '../scenario/random.ts'
import type { Micros } from '../../src/model/time.ts'

/** What a load balancer knows when a connection comes. */
export interface Moment {
  readonly agent: number
  readonly at: Micros
  /** Open connections by server. */
  readonly open: readonly number[]
  /** Servers that it takes for well. */
  readonly isUp: (server: number) => boolean
  /** The server that the agent's cookie stands for; -1 without. */
  readonly cookie: number
}

export type Pick = (moment: Moment) => number

const firstUp = (servers: number, from: number, { isUp }: Moment): number => {
  for (let i = 0; i < servers; i++) if (isUp((from + i) % servers)) return (from + i) % servers
  return from % servers
}

export function roundRobin(servers: number): Pick {
  let turn = servers - 1
  return (moment) => (turn = firstUp(servers, turn + 1, moment))
}

/** nginx's smooth weighted round robin. */
export function weighted(weights: readonly number[]): Pick {
  const current = weights.map(() => 0)
  return ({ isUp }) => {
    const up = weights.map((w, i) => (isUp(i) ? w : 0))
    const sum = up.reduce((a, b) => a + b, 0)
    let best = -1
    for (const [i, w] of up.entries()) {
      current[i]! += w
      if (w > 0 && (best < 0 || current[i]! > current[best]!)) best = i
    }
    if (best < 0) return 0
    current[best]! -= sum
    return best
  }
}

/** Among equals in turn, as HAProxy does. */
export function leastConnections(servers: number): Pick {
  let turn = servers - 1
  return (moment) => {
    let best = -1
    for (let i = 1; i <= servers; i++) {
      const server = (turn + i) % servers
      if (moment.isUp(server) && (best < 0 || moment.open[server]! < moment.open[best]!)) best = server
    }
    return (turn = best < 0 ? 0 : best)
  }
}

export const random =
  (servers: number, dice: Random): Pick =>
  (moment) =>
    firstUp(servers, dice.between(0, servers - 1), moment)

/** Knuth's multiplicative hash of the source. */
export const sourceHash =
  (servers: number): Pick =>
  (moment) =>
    firstUp(servers, (Math.imul(moment.agent + 1, 2_654_435_761) >>> 16) % servers, moment)

/** A table of sources; an entry ends `remembers` after its last use. */
export function sticky(agents: number, remembers: Micros, otherwise: Pick): Pick {
  const server = new Int8Array(agents).fill(-1)
  const used = new Float64Array(agents)
  return (moment) => {
    const { agent, at, isUp } = moment
    const known = server[agent]!
    const isKnown = known >= 0 && at - used[agent]! <= remembers && isUp(known)
    const picked = isKnown ? known : otherwise(moment)
    server[agent] = picked
    used[agent] = at
    return picked
  }
}

export const byCookie =
  (otherwise: Pick): Pick =>
  (moment) =>
    moment.cookie >= 0 && moment.isUp(moment.cookie) ? moment.cookie : otherwise(moment)

/** The first server that is well. */
export const ordered =
  (servers: number): Pick =>
  (moment) =>
    firstUp(servers, 0, moment)
