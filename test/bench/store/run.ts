/**
 * `npm run bench:store`: fills a database (or takes the one that is there) and measures every list and every
 * detail that the server asks of it, over random filters. It reports whether each limit is kept and never
 * fails on a time. The processor's time stands beside that of the clock, which other programs lengthen.
 *
 *   node test/bench/store/run.ts [--connections N] [--occurrences N] [--folder DIR] [--runs N] [--only NAME]
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../table.ts'
import { openStore } from '../../../src/store/store.ts'
import { generate } from './generate.ts'
import { planOf } from './plan.ts'
import { questions } from './questions.ts'
import { random } from './random.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000000' },
    occurrences: { type: 'string', default: '1000000' },
    folder: { type: 'string', default: '/tmp/holdfast-bench' },
    runs: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
  },
})
const plan = planOf(Number(values.connections), Number(values.occurrences))
const path = join(values.folder, `store-${plan.connections}-${plan.occurrences}.db`)
generate(path, plan)

const store = openStore(path, { readOnly: true })
const HEADS = ['question', 'p50', 'p95', 'max', 'CPU p50', 'CPU p95', 'limit p95', 'kept', 'slowest']
const ASKED_LENGTH = 120
const milliseconds = (n: number): string => `${n.toFixed(1)} ms`
const percentile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))]!
const rows: string[][] = []
for (const { name, limit, ask } of questions(store, plan).filter((q) => q.name.includes(values.only))) {
  const r = random(11)
  const times: number[] = []
  const cpuTimes: number[] = []
  let slowest = { time: 0, asked: '' }
  for (let run = 0; run < Number(values.runs); run++) {
    const { asked, answer } = ask(r)
    const begun = performance.now()
    const cpuBegun = process.cpuUsage()
    answer()
    const { user, system } = process.cpuUsage(cpuBegun)
    const time = performance.now() - begun
    times.push(time)
    cpuTimes.push((user + system) / 1000)
    if (time > slowest.time) slowest = { time, asked: JSON.stringify(asked) }
  }
  const kept = percentile(times, 0.95) <= limit ? 'yes' : 'NO'
  const cpu = [percentile(cpuTimes, 0.5), percentile(cpuTimes, 0.95)]
  const numbers = [percentile(times, 0.5), percentile(times, 0.95), Math.max(...times), ...cpu, limit]
  rows.push([name, ...numbers.map(milliseconds), kept, slowest.asked.slice(0, ASKED_LENGTH)])
}
store.close()
console.log(
  `${plan.connections} connections, ${plan.occurrences} occurrences, ${availableParallelism()} cores`,
)
console.log(table(HEADS, rows))
