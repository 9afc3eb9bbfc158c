/**
 * How long after its commit an event is seen: by pages that are open, by `tail --follow` of a server and of a
 * database file. Alerts are committed by a process beside the server, as `analyze --db` does; states by the
 * server. Times are those of the machine's clock, in milliseconds: from the return of the commit for alerts,
 * from the server's stamp just before it for states.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { AnalysisRecord } from '../../src/model/record.ts'
import { addAnalysis, beginAnalysis, deleteAnalysis, endAnalysis } from '../../src/store/analyses.ts'
import { analysisWriter } from '../../src/store/analysis-writer.ts'
import { addCapture } from '../../src/store/captures.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { cut, severedIdle } from '../cli/output/story.ts'
import { post, type RunningServer, startServer } from '../cli/serve/server.ts'
import { ROOT } from '../source-tree.ts'
import { openTab, type Tab } from './browser.ts'

export const PLACES = [
  'alert: page /live',
  'alert: tail --server',
  'alert: tail --db',
  'state: page /incidents',
  'state: page of the incident',
] as const
/** Milliseconds from the commit. */
export type Delays = Readonly<Record<(typeof PLACES)[number], number>>

const LATEST_MS = 10_000 // what takes longer is a failure
const now = (): number => Date.now() * 1000

export interface LatencyRig {
  readonly server: RunningServer
  /** One alert of an incident of its own, then another state of the first incident. */
  round(): Promise<Delays>
  /** An analysis with one alert; its number, and that of the incident. */
  publish(agent: string): { readonly analysis: number; readonly committed: number }
  remove(analysis: number): void
  readonly list: Tab
  readonly live: Tab
  end(): Promise<void>
}

export async function latencyRig(browser: Browser): Promise<LatencyRig> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-latency-'))
  const database = join(folder, 'holdfast.db')
  const server = await startServer('--db', database)
  const store = openStore(database)
  const base = new URL(server.api).origin
  publish(store, 'EPA-0000')
  const tabs = await Promise.all(
    ['/live', '/incidents', '/incidents/HF-1'].map((path) => openTab(browser, base + path)),
  )
  const [live, list, incident] = tabs as [Tab, Tab, Tab]
  const tails = [tail('--server', base), tail('--db', database)] as const
  await Promise.all([
    ...tails.map((each) => each.prints('EPA-0000')),
    ...tabs.map(({ page }) => page.locator('.pulse', { hasText: /^live$/ }).waitFor()),
    list.page.locator('[data-row="HF-1"]').waitFor(),
    live.page.getByText('EPA-0000').first().waitFor(),
    incident.page.getByRole('heading', { level: 1 }).waitFor(),
  ])
  let rounds = 0
  const round = async (): Promise<Delays> => {
    const agent = `EPA-${String(++rounds).padStart(4, '0')}`
    const shown = await watch(live.page, `document.body.textContent.includes('${agent}')`)
    const printed = tails.map((each) => each.prints(agent))
    const { committed } = publish(store, agent)
    const seen = await Promise.all([shown(), ...printed])
    const [inLive, byServer, byFile] = seen.map((at) => at - committed) as [number, number, number]
    const states = await changeState(rounds)
    const [inList, inIncident] = states
    const delays = [inLive, byServer, byFile, inList, inIncident]
    return Object.fromEntries(PLACES.map((place, i) => [place, delays[i]])) as unknown as Delays
  }
  const changeState = async (n: number): Promise<[number, number]> => {
    const state = n % 2 === 1 ? 'acknowledged' : 'open'
    const row = `document.querySelector('[data-row="HF-1"]').textContent.includes('acknowledged')`
    const listed = await watch(list.page, `${row} === ${state === 'acknowledged'}`)
    const told = await watch(incident.page, `document.body.textContent.includes('note ${n}.')`)
    const { body } = await post(server, '/incidents/HF-1/state', { state, note: `note ${n}.` })
    const committed = Date.parse(body.changed)
    return [(await listed()) - committed, (await told()) - committed]
  }
  return {
    server,
    round,
    publish: (agent) => publish(store, agent),
    remove: (analysis) => deleteAnalysis(store, analysis),
    list,
    live,
    async end() {
      for (const { child } of tails) child.kill('SIGTERM')
      for (const tab of tabs) await tab.close()
      store.close()
      await server.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Looks at a page after each of its changes; the answer waits for the time of the first match. */
async function watch(page: Page, isThere: string): Promise<() => Promise<number>> {
  await page.evaluate(`globalThis.__shown = new Promise((resolve, reject) => {
    const look = () => {
      if (!(${isThere})) return
      observer.disconnect()
      resolve(Date.now())
    }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { childList: true, subtree: true, characterData: true })
    setTimeout(() => reject(new Error('never shown')), ${LATEST_MS})
  }), undefined`)
  return () => page.evaluate<number>('globalThis.__shown')
}

/** Commits an analysis with one alert, which has an incident of its own. */
function publish(store: Store, agent: string): { analysis: number; committed: number } {
  const { id: capture } = addCapture(store, {
    sha256: agent,
    name: `${agent}.pcap`,
    size: 1,
    stored: null,
    at: now(),
  })
  const inputs = [{ capture, tap: 'client' }]
  const analysis = addAnalysis(store, { inputs, config: null, at: now() })
  beginAnalysis(store, analysis, now())
  const finding = cut({ agent: { id: agent, address: '10.10.1.101' }, cause: agent })
  const { at } = finding
  const records: readonly AnalysisRecord[] = [
    { ...severedIdle, id: 'I1', start: at, end: at, occurrences: 1, agents: 1 },
    { kind: 'occurrence', incident: 'I1', finding },
  ]
  const writer = analysisWriter(store, analysis, { now })
  for (const record of records) writer.write(record)
  writer.finish()
  const committed = Date.now()
  endAnalysis(store, analysis, { state: 'done', error: null, summary: null, at: now() })
  return { analysis, committed }
}

interface Following {
  readonly child: ChildProcess
  /** The time at which a line with a text came. */
  prints(text: string): Promise<number>
}

function tail(...source: readonly string[]): Following {
  const words = ['tail', ...source, '--follow', '--severity', 'info']
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/holdfast.mjs'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return {
    child,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const read = (chunk: Buffer): void => {
          if (!chunk.toString().includes(text)) return
          clearTimeout(late)
          child.stdout.off('data', read)
          resolve(Date.now())
        }
        const late = setTimeout(() => reject(new Error(`${text} was never printed: ${said}`)), LATEST_MS)
        child.stdout.on('data', read)
      }),
  }
}
