/**
 * `npm run simulate`: a deployment of many sites, played for days and judged; then a smaller one, played for
 * a month. Prints what was found of each type, what the month cost day by day, and whether the limits are
 * kept, and fails if one is not.
 *
 * node --expose-gc test/simulation/run.ts [--agents N] [--days N] [--month AGENTS] [--seed S] [--only DESIGN]
 *
 * `--days 0` leaves out the first part, `--month 0` the second.
 */
import { parseArgs } from 'node:util'
import { type Design, DESIGNS } from './designs.ts'
import { type DayCost, measured } from './measured.ts'
import type { Outcome } from './simulation.ts'
import { precisionOf, recallOf, type Score } from './truth.ts'

const AGREE_MIN = 0.97
const OCTETS_MAX = 2000 // that the analysis holds of an agent
const SECONDS_MAX = 300
const WEEK = 50_000 * 7 // agents and days that this holds for
const MONTH = 30
/** Days at the beginning of the month, in which histories fill, are not compared; of the others the last ten
 * are, with the first ten. */
const SETTLED_AFTER = 5
const COMPARED = 10
/** What the later days may cost more: the octets by chance, the seconds by what else the machine does. */
const MORE_OCTETS = 0.05
const MORE_SECONDS = 0.25

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '50000' },
    days: { type: 'string', default: '7' },
    month: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
const designs = DESIGNS.filter(({ name }) => values.only === undefined || name === values.only)

const share = (value: number): string => `${(100 * value).toFixed(1)} %`
const megabytes = (octets: number): string => (octets / 1e6).toFixed(1)

function limit(what: string, value: number, most: number, digits = 0): void {
  const isKept = value <= most
  console.log(
    `${what.padEnd(44)}${value.toFixed(digits).padStart(10)} of ${most.toFixed(digits)}  ${isKept ? 'yes' : 'NO'}`,
  )
  if (!isKept) process.exitCode = 1
}

function row(score: Score): void {
  const { type, truth, found, told, right } = score
  const agree = Math.min(recallOf(score), precisionOf(score)) >= AGREE_MIN
  const columns = [truth, found, told, right].map((n) => String(n).padStart(9)).join('')
  const shares = [recallOf(score), precisionOf(score)].map((n) => share(n).padStart(9)).join('')
  console.log(`${type.padEnd(28)}${columns}${shares}  ${agree ? 'yes' : 'NO'}`)
  if (!agree) process.exitCode = 1
}

function judged({ scores, truth, observations, findings, incidents }: Outcome): void {
  console.log(`${'type'.padEnd(28)}    truth    found     told    right   recall precision`)
  for (const score of scores) row(score)
  const sum = (of: (score: Score) => number): number => scores.reduce((all, score) => all + of(score), 0)
  row({
    type: 'all',
    truth: sum((s) => s.truth),
    found: sum((s) => s.found),
    told: sum((s) => s.told),
    right: sum((s) => s.right),
  })
  for (const line of truth.strange) console.log(`not so: ${line}`)
  for (const line of truth.missed) console.log(`missed: ${line}`)
  console.log(`${observations} observations, ${findings} findings, ${incidents} incidents`)
}

function week(agents: number, days: number): void {
  const onDay = (day: number): void => console.error(`day ${day}`)
  const { outcome, days: costs, cpu } = measured({ agents, days, seed, designs, onDay })
  judged(outcome)
  const { octets, octetsUntold } = costs.at(-1)!
  limit('octets of an agent', octets / agents, OCTETS_MAX)
  console.log(`without the findings that are kept: ${(octetsUntold / agents).toFixed(0)}`)
  limit('seconds of CPU', cpu.allThreads, Math.ceil((SECONDS_MAX * agents * days) / WEEK))
  console.log(`of the thread that analyses, which is how long somebody waits: ${cpu.thread.toFixed(0)} s`)
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!

function month(agents: number, title: string, its: readonly Design[]): void {
  console.log(`${agents} agents, ${MONTH} days, ${title}`)
  console.log('  day observations  CPU s     MB')
  // Findings are the reader's: they are kept up to a limit for each incident, and are no state.
  const { days } = measured({ agents, days: MONTH, seed, designs: its, isTold: false })
  for (const [i, { observations, allThreads, octets }] of days.entries())
    console.log(
      `${String(i + 1).padStart(5)}${String(observations).padStart(13)}${allThreads.toFixed(2).padStart(7)}${megabytes(octets).padStart(7)}`,
    )
  const settled = days.slice(SETTLED_AFTER)
  const growth = (of: (day: DayCost) => number): number =>
    median(settled.slice(-COMPARED).map(of)) / median(settled.slice(0, COMPARED).map(of))
  limit(
    'octets, the last days by the first',
    growth(({ octets }) => octets),
    1 + MORE_OCTETS,
    3,
  )
  limit(
    'seconds, the last days by the first',
    growth(({ allThreads }) => allThreads),
    1 + MORE_SECONDS,
    3,
  )
}

if (Number(values.days) > 0) week(Number(values.agents), Number(values.days))
if (Number(values.month) > 0) {
  month(Number(values.month), 'all designs', designs)
  // What a deployment itself piles up from day to day hides what the analysis does.
  const closing = designs.filter(({ leavesOpen }) => leavesOpen !== true)
  if (closing.length > 0) month(Number(values.month), 'without those that leave connections open', closing)
}
