/** Load balancers as their manuals describe them, without a network: which server a connection gets. */
import type { Choice } from '../../../src/detectors/distribution/choices.ts'
import { createRandom, type Random } from '../../scenario/random.ts'

export interface Farm {
  readonly servers: number
  readonly clients: number
  readonly connections: number
  /** Of a connection, in connections that come meanwhile: how busy the farm is. */
  readonly lasts: readonly [number, number]
  readonly seed?: number
}

interface Moment {
  readonly n: number
  readonly client: number
  readonly open: readonly number[]
  readonly random: Random
  /** Where the client was before, and when; null: never. */
  readonly before: { readonly server: number; readonly at: number } | null
  readonly at: number
}

export type Method = (moment: Moment) => number

/** The choices that a method makes; time passes a second for each connection, or as `pause` says. */
export function choices(
  farm: Farm,
  method: Method,
  pause: (random: Random) => number = () => 1,
): readonly Choice[] {
  const { servers, clients, connections, lasts, seed = 1 } = farm
  const random = createRandom(seed)
  const open = Array<number>(servers).fill(0)
  const ends: { server: number; at: number }[] = []
  const last = new Map<number, { server: number; at: number; since: number }>()
  const list: Choice[] = []
  let at = 0
  for (let n = 0; n < connections; n++) {
    at += pause(random)
    for (const end of ends.filter((e) => e.at <= n)) {
      open[end.server]!--
      ends.splice(ends.indexOf(end), 1)
    }
    const client = random.between(0, clients - 1)
    const before = last.get(client) ?? null
    const server = method({ n, client, open, random, before, at })
    const least = Math.min(...open)
    list.push({
      server,
      client,
      previous: before?.server ?? null,
      sinceLast: before === null ? null : at - before.at,
      sinceFirst: before === null ? null : at - before.since,
      cookie: null,
      among: servers,
      fewest: open.filter((o) => o === least).length,
      isFewest: open[server] === least,
    })
    last.set(client, { server, at, since: before?.server === server ? before.since : at })
    open[server]!++
    ends.push({ server, at: n + random.between(...lasts) })
  }
  return list
}

export const turns =
  (servers: number): Method =>
  ({ n }) =>
    n % servers

/** Several processes, each of which takes turns by itself. */
export function processes(count: number, servers: number): Method {
  const next = Array.from({ length: count }, (_, i) => i)
  return ({ random }) => next[random.between(0, count - 1)]!++ % servers
}

export const byChance: Method = ({ random, open }) => random.between(0, open.length - 1)

/** Among equals in turn, as HAProxy does. */
export function fewestOpen(): Method {
  let turn = 0
  return ({ open }) => {
    const least = Math.min(...open)
    for (let i = 1; i <= open.length; i++) {
      const server = (turn + i) % open.length
      if (open[server] === least) return (turn = server)
    }
    return 0
  }
}

export const byAddress: Method = ({ client, open }) => (client * 7 + 3) % open.length

/** Turns for who is not known; whoever came within `remembers` seconds is. */
export function remembering(remembers: number): Method {
  let turn = 0
  return ({ before, at, open }) =>
    before !== null && at - before.at <= remembers ? before.server : turn++ % open.length
}

/** nginx's smooth weighted round robin. */
export function weighted(weights: readonly number[]): Method {
  const current = weights.map(() => 0)
  const sum = weights.reduce((a, b) => a + b, 0)
  return () => {
    for (const [i, w] of weights.entries()) current[i]! += w
    const best = current.indexOf(Math.max(...current))
    current[best]! -= sum
    return best
  }
}

export const first: Method = () => 0
