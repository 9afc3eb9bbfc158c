/**
 * `npm run simulate`: a deployment of many sites, played for days and judged. Prints what was found of each
 * type and whether the limits are kept, and fails if one is not.
 *
 *   node --expose-gc test/simulation/run.ts [--agents N] [--days N] [--seed S] [--only DESIGN]
 */
import { parseArgs } from 'node:util'
import { DESIGNS } from './designs.ts'
import { simulate } from './simulation.ts'
import { precisionOf, recallOf, type Score } from './truth.ts'

const AGREE_MIN = 0.97
const OCTETS_MAX = 2000 // of an agent, everything counted that the analysis holds in the end
const SECONDS_MAX = 300
const WEEK = 50_000 * 7 // agents and days that this holds for

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '50000' },
    days: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const agents = Number(values.agents),
  days = Number(values.days)

/** Octets of the heap that are in use. */
function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const lines: [limit: string, measured: string, kept: boolean][] = []
const share = (value: number): string => `${(100 * value).toFixed(1)} %`

function row(score: Score): void {
  const { type, truth, found, told, right } = score
  const agree = Math.min(recallOf(score), precisionOf(score)) >= AGREE_MIN
  const columns = [truth, found, told, right].map((n) => String(n).padStart(9)).join('')
  const shares = [recallOf(score), precisionOf(score)].map((n) => share(n).padStart(9)).join('')
  console.log(`${type.padEnd(28)}${columns}${shares}  ${agree ? 'yes' : 'NO'}`)
  if (!agree) process.exitCode = 1
}

const designs = DESIGNS.filter(({ name }) => values.only === undefined || name === values.only)
const before = heap()
const out = simulate({
  agents,
  days,
  seed: Number(values.seed),
  designs,
  onDay: (day) => console.error(`day ${day}: ${Math.round((heap() - before) / 1e6)} MB`),
})
const octets = (heap() - before) / agents
const seconds = out.milliseconds / 1000

console.log(`${'type'.padEnd(28)}    truth    found     told    right   recall   precision`)
for (const score of out.scores) row(score)
const all = out.scores.reduce((a, b) => ({
  type: 'all',
  truth: a.truth + b.truth,
  found: a.found + b.found,
  told: a.told + b.told,
  right: a.right + b.right,
}))
row(all)
for (const line of out.truth.strange) console.log(`not so: ${line}`)
for (const line of out.truth.missed) console.log(`missed: ${line}`)

const allowed = Math.ceil((SECONDS_MAX * agents * days) / WEEK)
lines.push(['octets per agent, all in all', `${Math.round(octets)} of ${OCTETS_MAX}`, octets <= OCTETS_MAX])
lines.push(['seconds, the playing included', `${Math.round(seconds)} of ${allowed}`, seconds <= allowed])
console.log(`${out.observations} observations, ${out.findings} findings, ${out.incidents} incidents`)
for (const [limit, measured, kept] of lines) {
  console.log(`${limit.padEnd(32)}${measured.padStart(20)}  ${kept ? 'yes' : 'NO'}`)
  if (!kept) process.exitCode = 1
}
