/**
 * `npm run bench:served`: a server on the generated database answers, over HTTP, while it analyses a capture
 * of 1.4 million packets again and again, and a browser opens the overview. It reports whether each limit is
 * kept and never fails on a time: run it on a quiet machine.
 *
 *   node test/bench/store/served.ts [--connections N] [--occurrences N] [--folder DIR] [--runs N]
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { get, post, type RunningServer, settled, startServer, upload } from '../../cli/serve/server.ts'
import { browserPath, openBrowser, openTab } from '../../e2e/browser.ts'
import { capture } from '../captures.ts'
import { table } from '../table.ts'
import { WORKLOADS } from '../workloads/index.ts'
import { generate } from './generate.ts'
import { agentName, type Plan, planOf, SERVICES } from './plan.ts'
import { type Random, random } from './random.ts'

const LIST_MS = 100
const TEXT_MS = 300
const PAGE_MS = 1000
const PAGES = 20

/** Each answers the path that is asked for, after `/api/v1`. */
const QUESTIONS: readonly (readonly [string, number, (r: Random, plan: Plan) => string])[] = [
  ['overview', LIST_MS, () => '/overview'],
  ['incidents', LIST_MS, (r) => `/incidents?service=${r.pick(SERVICES).name}&state=open`],
  [
    'incidents, text',
    TEXT_MS,
    (r) => `/incidents?text=${r.pick(['idle cookie', 'firmw', '10.10.2.17', 'a'])}`,
  ],
  ['incident', LIST_MS, (r, plan) => `/incidents/HF-${1 + r.below(plan.incidents)}`],
  ['occurrences', LIST_MS, (r, plan) => `/occurrences?agent=${agentOf(r, plan)}`],
  ['agents', LIST_MS, (r) => `/agents?service=${r.pick(SERVICES).name}`],
  ['agents, text', TEXT_MS, (r, plan) => `/agents?text=${agentOf(r, plan).slice(0, 8)}`],
  ['agent', LIST_MS, (r, plan) => `/agents/${agentOf(r, plan)}`],
  ['services', LIST_MS, () => '/services'],
  ['service', LIST_MS, (r) => `/services/${r.pick(SERVICES).name}`],
  ['servers', LIST_MS, (r) => `/servers?service=${r.pick(SERVICES).name}`],
  ['connections', LIST_MS, (r) => `/connections?server=${r.pick(r.pick(SERVICES).servers).name}`],
  ['connection', LIST_MS, (r, plan) => `/connections/${1 + r.below(plan.connections)}`],
  ['captures', LIST_MS, () => '/captures'],
  ['analyses', LIST_MS, () => '/analyses'],
  ['requirements', LIST_MS, () => '/requirements'],
]
const agentOf = (r: Random, plan: Plan): string => agentName(1 + r.below(plan.agents))

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000000' },
    occurrences: { type: 'string', default: '1000000' },
    folder: { type: 'string', default: '/tmp/holdfast-bench' },
    runs: { type: 'string', default: '100' },
  },
})
const plan = planOf(Number(values.connections), Number(values.occurrences))
const path = join(values.folder, `store-${plan.connections}-${plan.occurrences}.db`)
generate(path, plan)
const { name, version, generate: generateCapture } = WORKLOADS.find((workload) => workload.name === 'small')!
const small = capture(name, version, generateCapture)

const milliseconds = (n: number): string => `${n.toFixed(1)} ms`
const rows: string[][] = []
function tell(what: string, times: readonly number[], limit: number, share: number): void {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
  const kept = at(share) <= limit ? 'yes' : 'NO'
  rows.push([what, milliseconds(at(0.5)), milliseconds(at(0.95)), milliseconds(at(1)), `${limit} ms`, kept])
}

/** Analyses the capture over and over until it is told to end; answers how often. */
async function keepBusy(server: RunningServer, id: number, isOver: () => boolean): Promise<number> {
  for (let done = 0; ; done++) {
    if (isOver()) return done
    const { body } = await post(server, '/analyses', { captures: [{ id, tap: 'tap' }] })
    const { state, error } = await settled(server, body.id)
    if (state !== 'done') throw new Error(`the analysis is ${state}: ${error}`)
  }
}

async function askAll(server: RunningServer, when: string): Promise<void> {
  const r = random(11)
  for (const [what, limit, pathOf] of QUESTIONS) {
    const times: number[] = []
    for (let run = 0; run < Number(values.runs); run++) {
      const asked = pathOf(r, plan)
      const begun = performance.now()
      const { status } = await get(server, asked)
      times.push(performance.now() - begun)
      if (status !== 200 && status !== 404) throw new Error(`${asked}: ${status}`)
    }
    tell(`${what}, ${when}`, times, limit, 0.95)
  }
}

/** Opens the overview in new windows, until it is drawn and asks for nothing more. */
async function openPages(server: RunningServer, when: string): Promise<void> {
  const executable = browserPath()
  if (executable === null) return
  const browser = await openBrowser(executable)
  const times: number[] = []
  for (let n = 0; n < PAGES; n++) {
    const tab = await openTab(browser, 'about:blank')
    const begun = performance.now()
    await tab.page.goto(server.api.replace('/api/v1', '/'))
    await tab.page.locator('[aria-busy="true"]').waitFor({ state: 'detached' })
    await tab.page.locator('h1').first().waitFor()
    await tab.page.evaluate(
      'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
    )
    times.push(performance.now() - begun)
    await tab.close()
  }
  await browser.close()
  tell(`overview in a browser, ${when}`, times, PAGE_MS, 0.95)
}

const folder = mkdtempSync(join(values.folder, 'served-'))
const database = join(folder, 'holdfast.db')
await copyFile(path, database)
const server = await startServer('--db', database)
try {
  await askAll(server, 'at rest')
  await openPages(server, 'at rest')
  const body = Readable.toWeb(createReadStream(small.path)) as ReadableStream
  const { body: sent } = await upload(server, 'small.pcap', body)
  const busy = { isOver: false }
  const analyses = keepBusy(server, sent.id, () => busy.isOver)
  await askAll(server, 'analysing')
  await openPages(server, 'analysing')
  busy.isOver = true
  console.log(`the capture was analysed ${await analyses} times meanwhile`)
} finally {
  await server.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
console.log(table(['question', 'p50', 'p95', 'max', 'limit p95', 'kept'], rows))
console.log(
  `${plan.connections} connections, ${plan.occurrences} occurrences, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`,
)
