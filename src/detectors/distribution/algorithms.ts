/**
 * By which algorithm a relay chooses servers: one test for each, with its statistic, the size of its sample
 * and the probability that chance looks so. None judges a sample that is too small for it.
 *
 * What one test shows another may not exclude: the connections of an idle farm that are given to the server
 * with the fewest look like round robin, addresses in order do behind a hash. `round-robin.ts` weighs them.
 */
import { type Choice, countsOf } from './choices.ts'
import { persistenceTimer, type Return } from './persistence.ts'
import {
  binomialTail,
  chiSquare,
  chiSquareAbove,
  entropy,
  logGamma,
  poissonBinomialTail,
  runsTest,
} from '../../model/statistics.ts'

export type Algorithm =
  | 'round-robin'
  | 'weighted-round-robin'
  | 'random'
  | 'least-connections'
  | 'source-hash'
  | 'sticky-table'
  | 'cookie'
  | 'ordered'

/** `shown`: chance does not explain it; `possible`: nothing speaks against it; `excluded`: the sample does;
 * `too-few`: the sample is too small to say. */
export type Verdict = 'shown' | 'possible' | 'excluded' | 'too-few'

export interface Test {
  readonly algorithm: Algorithm
  /** What `value` is, in words. */
  readonly statistic: string
  readonly value: number | null
  readonly sample: number
  /** The probability that chance gives such a value; null where the test gives none. */
  readonly p: number | null
  readonly verdict: Verdict
}

/** Fewer choices judge nothing, unless two servers take turns without a miss. */
export const SAMPLE_MIN = 30
export const STRICT_TURNS_MIN = 8
export const P_MAX = 0.001
/** So many clients of so many connections each, before a hash of their addresses can be told. */
const SOURCES_MIN = 5
const CONNECTIONS_EACH_MIN = 3
/** Of the share of choices that fit: below it an algorithm is not the one; above it, it may be. */
const FITS = 0.95
const MISFITS = 0.8
/** The share that the preferred server has where others only stand by. */
const TOP_SHARE = 0.99
/** Longest cycle of a weighted round robin that is looked for: the sum of its weights. */
const CYCLE_MAX = 64

/** Every test, in the order of the type. */
export const testsOf = (list: readonly Choice[], servers: number): readonly Test[] => [
  roundRobin(list, servers),
  weightedRoundRobin(list, servers),
  random(list, servers),
  leastConnections(list),
  sourceHash(list, servers),
  stickyTable(list),
  cookiePersistence(list, servers),
  ordered(list, servers),
]

const tooFew = (algorithm: Algorithm, statistic: string, sample: number): Test => ({
  algorithm,
  statistic,
  value: null,
  sample,
  p: null,
  verdict: 'too-few',
})

/** The share of choices that are the next one in one fixed order of the servers. */
export function roundRobin(list: readonly Choice[], servers: number): Test {
  const statistic = 'share of connections that go to the next server in turn'
  const sample = Math.max(0, list.length - 1)
  const { next, followed } = turnsOf(list, servers)
  const strict = servers === 2 && sample >= STRICT_TURNS_MIN && followed === sample
  if (servers < 2 || (list.length < SAMPLE_MIN && !strict)) return tooFew('round-robin', statistic, sample)
  const shares = countsOf(list, servers).map((n) => n / list.length)
  const byChance = Math.max(
    1 / servers,
    shares.reduce((sum, share, i) => sum + share * shares[next[i]!]!, 0),
  )
  // The order was chosen to fit: there are (n - 1)! of them.
  const p = Math.min(1, Math.exp(logGamma(servers)) * binomialTail(followed, sample, byChance))
  const verdict = p < P_MAX ? 'shown' : strict ? 'possible' : 'excluded'
  return { algorithm: 'round-robin', statistic, value: followed / sample, sample, p, verdict }
}

/** The order of the servers that most choices follow, as each one's next, and how many follow it. */
export function turnsOf(
  list: readonly Choice[],
  servers: number,
): { next: readonly number[]; followed: number } {
  const steps = Array.from({ length: servers }, () => Array<number>(servers).fill(0))
  for (let i = 1; i < list.length; i++) steps[list[i - 1]!.server]![list[i]!.server]!++
  const next = cycleOf(steps)
  let followed = 0
  for (const [from, to] of next.entries()) if (to !== from) followed += steps[from]![to]!
  return { next, followed }
}

/** One cycle through all, made of the steps taken most often. */
function cycleOf(steps: readonly (readonly number[])[]): number[] {
  const n = steps.length
  const pairs = steps
    .flatMap((row, from) => row.map((count, to) => ({ from, to, count })))
    .filter(({ from, to }) => from !== to)
    .toSorted((a, b) => b.count - a.count)
  const next = Array<number>(n).fill(-1)
  const taken = new Set<number>()
  const endOf = (start: number): number => {
    let at = start
    while (next[at] !== -1) at = next[at]!
    return at
  }
  let left = n
  for (const { from, to } of pairs) {
    if (next[from] !== -1 || taken.has(to)) continue
    // It closes a circle: right for the last step only.
    if (left > 1 && endOf(to) === from) continue
    next[from] = to
    taken.add(to)
    left--
  }
  return next.map((to, from) => (to === -1 ? from : to))
}

/** Counts in windows of one cycle's length: exact weights are more even than chance. */
export function weightedRoundRobin(list: readonly Choice[], servers: number): Test {
  const statistic = 'chi-square of the counts in each cycle, by its degrees of freedom'
  const counts = countsOf(list, servers)
  const least = Math.min(...counts)
  const weights = counts.map((n) => Math.round(n / least))
  const cycle = weights.reduce((a, b) => a + b, 0)
  const windows = Math.floor(list.length / cycle)
  const isEqual = weights.every((w) => w === weights[0])
  if (servers < 2 || least === 0 || isEqual || cycle > CYCLE_MAX || windows < 5 || list.length < SAMPLE_MIN)
    return tooFew('weighted-round-robin', statistic, list.length)
  let sum = 0
  for (let w = 0; w < windows; w++) {
    const inside = countsOf(list.slice(w * cycle, (w + 1) * cycle), servers)
    sum += chiSquare(inside, counts).statistic
  }
  const df = windows * (servers - 1)
  const tooEven = 1 - chiSquareAbove(sum, df)
  const value = sum / df
  const verdict = tooEven < P_MAX ? 'shown' : 'excluded'
  return { algorithm: 'weighted-round-robin', statistic, value, sample: list.length, p: tooEven, verdict }
}

/** Runs of one server, against what chance gives. */
export function random(list: readonly Choice[], servers: number): Test {
  const statistic = 'standard deviations of the number of runs from what chance gives'
  const runs = servers < 2 ? null : runsTest(list.map((c) => c.server))
  if (runs === null || list.length < SAMPLE_MIN) return tooFew('random', statistic, list.length)
  const verdict = runs.p < P_MAX ? 'excluded' : 'possible'
  return { algorithm: 'random', statistic, value: runs.z, sample: list.length, p: runs.p, verdict }
}

/** The share of choices that are a server with the fewest open connections, where not all have as many. */
export function leastConnections(list: readonly Choice[]): Test {
  const statistic = 'share of connections that go to a server with the fewest open ones'
  const told = list.filter((c) => c.fewest < c.among)
  const chosen = told.filter((c) => c.isFewest).length
  if (told.length < SAMPLE_MIN) return tooFew('least-connections', statistic, told.length)
  const value = chosen / told.length
  const p = poissonBinomialTail(
    chosen,
    told.map((c) => c.fewest / c.among),
  )
  const verdict = value >= FITS && p < P_MAX ? 'shown' : value < MISFITS ? 'excluded' : 'possible'
  return { algorithm: 'least-connections', statistic, value, sample: told.length, p, verdict }
}

/** The entropy of the server, given the client: none where the address decides. */
export function sourceHash(list: readonly Choice[], servers: number): Test {
  const statistic = 'bits that a client leaves open of its server'
  const byClient = new Map<number, number[]>()
  for (const { client, server } of list) {
    if (client === null) continue
    const counts = byClient.get(client) ?? Array<number>(servers).fill(0)
    byClient.set(client, counts)
    counts[server]!++
  }
  const size = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
  const often = [...byClient.values()].filter((counts) => size(counts) >= CONNECTIONS_EACH_MIN)
  const sample = often.reduce((sum, counts) => sum + size(counts), 0)
  if (servers < 2 || often.length < SOURCES_MIN) return tooFew('source-hash', statistic, sample)
  const open = often.reduce((sum, counts) => sum + entropy(counts) * size(counts), 0) / sample
  const total = countsOf(list, servers)
  const same = total.reduce((sum, n) => sum + (n / list.length) ** 2, 0)
  const kept = often.reduce((sum, counts) => sum + Math.max(...counts) - 1, 0)
  const p = binomialTail(kept, sample - often.length, same)
  const verdict = open === 0 ? (p < P_MAX ? 'shown' : 'possible') : 'excluded'
  return { algorithm: 'source-hash', statistic, value: open, sample, p, verdict }
}

/** Agents that come again, after how long, and whether to their server. */
export function returnsOf(list: readonly Choice[], clock: 'sinceLast' | 'sinceFirst'): Return[] {
  return list.flatMap(({ previous, server, [clock]: seconds }) =>
    previous === null || seconds === null ? [] : [{ seconds, stayed: previous === server }],
  )
}

/** The pause after which agents are forgotten, where there is one. */
export function stickyTable(list: readonly Choice[]): Test {
  const statistic = 'seconds after which an agent may come to another server, at most'
  const last = returnsOf(list, 'sinceLast')
  if (last.length < STRICT_TURNS_MIN) return tooFew('sticky-table', statistic, last.length)
  const isKept = last.every((r) => r.stayed)
  const timer = persistenceTimer(last, returnsOf(list, 'sinceFirst'))
  const verdict = timer !== null ? 'shown' : isKept ? 'possible' : 'excluded'
  const value = timer?.upperSeconds ?? null
  return { algorithm: 'sticky-table', statistic, value, sample: last.length, p: timer?.p ?? null, verdict }
}

/** The entropy of the server, given the cookie that the relay set. */
export function cookiePersistence(list: readonly Choice[], servers: number): Test {
  const statistic = 'bits that a cookie leaves open of the server'
  const byCookie = new Map<string, number[]>()
  for (const { cookie, server } of list) {
    if (cookie === null) continue
    const counts = byCookie.get(cookie) ?? Array<number>(servers).fill(0)
    byCookie.set(cookie, counts)
    counts[server]!++
  }
  const size = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
  const all = [...byCookie.values()]
  const sample = all.reduce((sum, counts) => sum + size(counts), 0)
  const again = sample - all.length
  if (servers < 2 || again < STRICT_TURNS_MIN) return tooFew('cookie', statistic, sample)
  const open = all.reduce((sum, counts) => sum + entropy(counts) * size(counts), 0) / sample
  const same = countsOf(list, servers).reduce((sum, n) => sum + (n / list.length) ** 2, 0)
  const kept = all.reduce((sum, counts) => sum + Math.max(...counts) - 1, 0)
  const p = binomialTail(kept, again, same)
  const verdict = open > 0 ? 'excluded' : p < P_MAX ? 'shown' : 'possible'
  return { algorithm: 'cookie', statistic, value: open, sample, p, verdict }
}

/** The share of the server that is chosen most: nearly all where others only stand by. */
export function ordered(list: readonly Choice[], servers: number): Test {
  const statistic = 'share of the server that is chosen most'
  if (list.length < SAMPLE_MIN) return tooFew('ordered', statistic, list.length)
  const most = Math.max(...countsOf(list, servers))
  const others = list.length - most
  const p = binomialTail(others, list.length, 1 - TOP_SHARE)
  const verdict = p < P_MAX ? 'excluded' : 'possible'
  return { algorithm: 'ordered', statistic, value: most / list.length, sample: list.length, p, verdict }
}
