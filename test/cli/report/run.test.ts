import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reportMaker } from '../../../src/cli/report/from-records.ts'
import { reportOfStore } from '../../../src/cli/report/from-store.ts'
import { reportMarkdown } from '../../../src/cli/report/markdown/page.ts'
import type { ReportOptions } from '../../../src/cli/report/options.ts'
import { runReport } from '../../../src/cli/report/run.ts'
import type { RequirementRecord, SummaryRecord } from '../../../src/model/record.ts'
import { endAnalysis } from '../../../src/store/analyses.ts'
import { beginCollection } from '../../../src/store/live.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { writeVerdicts } from '../../../src/store/verdicts.ts'
import { cut, STORY } from '../output/story.ts'
import { analysed, database, folder, found, NOW, one, running, written } from '../../store/database.ts'
import { recordedConsole } from '../console.ts'

async function report(store: Store, options: Partial<ReportOptions> = {}): Promise<string> {
  const console = recordedConsole()
  const all = { db: store.path, format: 'markdown', output: '-', ...options }
  expect(await runReport(all, console, () => NOW)).toBe(0)
  expect(console.written.error).toBe('')
  return console.written.out
}

const verdict: RequirementRecord = {
  kind: 'requirement',
  id: 'S0-02',
  title: 'An agent keeps one connection.',
  status: 'met',
  service: 'dlp-endpoint',
  observations: 3,
  incidents: [],
  needs: null,
}

const summary = STORY.findLast((record): record is SummaryRecord => record.kind === 'summary')!

/** The story as an analysis of two captures, complete with its summary. */
function toldStory(): Store {
  const store = database()
  const id = running(store, ['client.pcap.gz', 'server.pcap.gz'])
  written(store, id, STORY)
  endAnalysis(store, id, { state: 'done', error: null, summary, at: NOW })
  return store
}

const deviceAt = (): null => null

const section = (text: string, head: string): string =>
  new RegExp(`\\n## ${head}\\n(.*?)(?=\\n## |\\n---\\n)`, 's').exec(text)![1]!

describe('from a store and from a running analysis', () => {
  test('the same verdict, incidents and proofs', async () => {
    const stored = await report(toldStory())
    const maker = reportMaker()
    for (const record of STORY) maker.take(record)
    const live = reportMarkdown(maker.made({ version: '0', now: NOW, idleSeconds: 60, deviceAt }))
    expect(stored.split('\n')[0]).toBe('# The load balancer 10.10.2.10 cut 3 idle agents after 15 s.')
    expect(live.split('\n')[0]).toBe(stored.split('\n')[0])
    const incident = (text: string): string =>
      section(text, 'Incidents')
        .replace(/HF-\d+/g, 'HF')
        .replaceAll(', open', '')
        // A store has the latest occurrences, a running analysis the first ones.
        .replace(/#### Packets that prove it.*?(?=\n#### |\n### |$)/gs, '')
    expect(incident(live)).toBe(incident(stored))
    expect(incident(stored)).toContain('[14.98, 15.01\\] s.** 7 silences severed, 12 survived.')
    expect(stored).toContain(
      '2 incidents in 21 connections of 4 agents with 2 servers: 1 critical and 1 warning.',
    )
    expect(section(stored, 'Inputs and their quality')).toContain('- SHA-256: `server.pcap.gz`')
    expect(stored).toContain(
      '| client | #1311 | 21 Nov 02:08:06.123 | FIN from 10.10.2.10, hop limit 64 as always |',
    )
    expect(live).toContain(
      '| client | #1311 | 21 Nov 02:08:06.123 | FIN from 10.10.2.10, hop limit 64 as always |',
    )
  })

  test('what does not fit stands by the verdict, unless another analysis saw it', async () => {
    const misfit = 'Of the configuration, nothing was seen of sepm.'
    const lines = `**What the captures cannot show**\n\n- ${misfit}`
    const told = (text: string): boolean => text.includes(lines)
    const maker = reportMaker()
    for (const record of [...STORY, { ...summary, misfits: [misfit] }]) maker.take(record)
    const live = reportMarkdown(maker.made({ version: '0', now: NOW, idleSeconds: 60, deviceAt }))
    expect(told(live)).toBe(true)
    const store = database()
    const analyse = (name: string, misfits: readonly string[]): void => {
      const id = running(store, [name])
      endAnalysis(store, id, { state: 'done', error: null, summary: { ...summary, misfits }, at: NOW })
    }
    analyse('monday.pcap', [misfit])
    expect(told(await report(store))).toBe(true)
    analyse('tuesday.pcap', [misfit])
    expect(told(await report(store))).toBe(true)
    analyse('wednesday.pcap', [])
    expect(told(await report(store))).toBe(false)
  })

  test('rings and crosses are drawn from both', async () => {
    const maker = reportMaker()
    for (const record of STORY) maker.take(record)
    const live = maker.made({ version: '0', now: NOW, idleSeconds: 60, deviceAt })
    expect(live.incidents[0]!.timer!.severedSeconds).toEqual(Array(5).fill(15.003211))
    expect(await report(toldStory(), { format: 'html' })).toContain('class="timer"')
  })
})

describe('of one capture', () => {
  test('what others show of the same incident does not count', async () => {
    const store = database()
    const at = cut().at
    analysed(store, ['monday'], found([cut(), cut({ at: at + 30e6, connection: 4 })]))
    analysed(
      store,
      ['friday'],
      found([cut({ at: at + 4 * 86_400e6, connection: 5, agent: { id: 'EPA-0020', address: null } })]),
    )
    const all = await report(store)
    expect(all).toContain('- When: 3 times, 21 Nov 2026 02:08:06 to 25 Nov 2026 02:08:06 UTC')
    const friday = await report(store, { capture: '2' })
    expect(friday).toContain('- When: 25 Nov 2026 02:08:06.123 UTC')
    expect(friday).toContain('- Hit: 1 agent of dlp-endpoint')
    expect(friday).toContain('### friday')
    expect(friday).not.toContain('### monday')
  })

  test('has the verdicts on what was analysed with it, and what was not read of it', async () => {
    const store = database()
    analysed(store, ['client', 'server'], [...STORY, verdict])
    analysed(store, ['other'], [{ ...verdict, id: 'S9-99', title: 'Of the other capture.' }])
    store.db.exec(`UPDATE analysis_input SET skipped = '{"UDP":5}' WHERE capture = 1`)
    const one = await report(store, { capture: '1' })
    expect(section(one, 'Conformance')).toContain('| met | S0-02 | ')
    expect(section(one, 'Conformance')).not.toContain('S9-99')
    expect(section(one, 'Inputs and their quality')).toContain('5 UDP')
    expect(section(await report(store), 'Conformance')).toContain('S9-99')
  })

  test('that is live says what it holds', async () => {
    const store = database()
    const facts = { collector: 'edge', name: 'eth0', tap: 'edge', at: NOW, config: null }
    const { analysis, capture } = beginCollection(store, facts)
    analysed(store, ['monday'], STORY)
    const service = Number(one(store, 'SELECT max(id) FROM service'))
    store.db.exec(`INSERT INTO tally VALUES (${analysis}, ${service}, 1, 15, 0, '{}');
      INSERT INTO agent_address VALUES (1, ${analysis}, '10.0.0.1', 1, 2), (2, ${analysis}, '10.0.0.2', 1, 2)`)
    writeVerdicts(store, analysis, [{ ...verdict, id: 'S9-98' }], new Map())
    expect((await report(store)).split('\n')[4]).toContain(' in 36 connections of ')
    const live = reportOfStore(store, { version: '0', now: NOW, capture })
    expect(live.totals).toMatchObject({ connections: 15, agents: 2, servers: 1 })
    expect(live.requirements?.map(({ id }) => id)).toEqual(['S9-98'])
  })

  test('that is not there', async () => {
    const store = database()
    await expect(report(store, { capture: '7' })).rejects.toThrow(`there is no capture 7 in ${store.path}`)
  })
})

describe('the file', () => {
  test('appears when it is whole', async () => {
    const store = toldStory()
    const output = join(folder(), 'report.html')
    await report(store, { format: 'html', output })
    expect(readFileSync(output, 'utf8')).toMatch(/^<!doctype html>\n.*<\/html>\n$/s)
  })

  test('an empty database is reported as such', async () => {
    expect(await report(database())).toContain('# No TCP connection in 0 packets: there is nothing to judge.')
  })

  test('is never made for a database that is not there', async () => {
    const output = join(folder(), 'report.html')
    const options = { db: join(folder(), 'none.db'), format: 'html', output }
    await expect(runReport(options, recordedConsole(), () => NOW)).rejects.toThrow(
      'there is no such database',
    )
    expect(existsSync(output)).toBe(false)
  })
})

test.each<[Partial<ReportOptions>, string]>([
  [{ format: 'pdf' }, '--format pdf is not known; it is one of html, markdown'],
  [{ capture: 'HF-1' }, '--capture HF-1 is no number of a capture'],
  [{ output: 'DB' }, 'a.db, which is read'],
])('wrong usage %j', async (options, sentence) => {
  const path = join(folder(), 'a.db')
  openStore(path).close()
  const all = { db: path, format: 'html', output: '-', ...options }
  const asked = all.output === 'DB' ? { ...all, output: path } : all
  await expect(runReport(asked, recordedConsole(), () => NOW)).rejects.toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining(sentence) }),
  )
})
