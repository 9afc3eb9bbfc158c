/**
 * `npm run bench:events`: how long after its commit an event is in open pages and printed by `tail --follow`.
 * It reports whether the limit is kept and never fails on a time: run it on a quiet machine.
 *
 *   node test/bench/events.ts [--events N]
 */
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { browserPath, openBrowser } from '../e2e/browser.ts'
import { type Delays, latencyRig, PLACES } from '../e2e/latency.ts'
import { table } from './table.ts'

const LIMIT_MS = 250
/** The page of an incident that changes again and again follows every two seconds: that is not asked here. */
const BETWEEN_MS = 2_100

const { values } = parseArgs({ options: { events: { type: 'string', default: '50' } } })
const executable = browserPath()
if (executable === null) throw new Error('there is no browser on this machine')
const browser = await openBrowser(executable)
const rig = await latencyRig(browser)
const measured: Delays[] = []
try {
  for (let n = 0; n < Number(values.events); n++) {
    measured.push(await rig.round())
    await pause(BETWEEN_MS + Math.random() * 100) // not in step with those who look every 50 ms
  }
} finally {
  await rig.end()
  await browser.close()
}

const rows = PLACES.map((place) => {
  const times = measured.map((delays) => delays[place]).sort((a, b) => a - b)
  const share = (part: number): number => times[Math.min(times.length - 1, Math.floor(part * times.length))]!
  const kept = share(0.95) <= LIMIT_MS ? 'yes' : 'NO'
  return [place, ...[share(0.5), share(0.95), share(1)].map((ms) => `${ms} ms`), kept]
})
console.log(table(['commit to', 'median', 'p95', 'most', `p95 within ${LIMIT_MS} ms`], rows))
console.log(
  `${measured.length} events, ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}`,
)
