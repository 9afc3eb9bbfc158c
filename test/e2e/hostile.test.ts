/**
 * What a capture brings is shown, never obeyed: by no page, by no terminal, by no report. The capture's texts
 * are scripts, markup, escape sequences and the like (hostile-capture.ts).
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { get, post, type RunningServer, settled, startServer, upload } from '../cli/serve/server.ts'
import { ROOT } from '../source-tree.ts'
import { browserPath, openBrowser, openTab, overflow, wear } from './browser.ts'
import { AGENTS, CONFIG, hostileCapture, NAMES } from './hostile-capture.ts'

/** Names that are too long for a name are none. */
const NAMED = AGENTS.filter((name) => name.length <= 256)
/** What a terminal obeys, and what changes how a line reads. */
const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
/** Elements and attributes that no page of ours has. */
const FOREIGN = 'img, iframe, object, embed, b[onmouseover], [onload], [onerror], script:not([src])'

const LISTS = ['incidents', 'live', 'agents', 'services', 'captures', 'connections', 'conformance']
/** Opened at the same time. */
const TABS = 4

const executable = browserPath()

interface Told {
  readonly path: string
  readonly told: readonly string[]
}

/** What happened on a page that should not; in the words of the page, which has other types than tests. */
const LOOK = `[
  ...(globalThis.__ran === undefined ? [] : ['a script ran']),
  ...(globalThis.__reports ?? []),
  ...[...document.querySelectorAll(${JSON.stringify(FOREIGN)})].map(({ outerHTML }) => outerHTML.slice(0, 200)),
  ...[...document.querySelectorAll('a[href]')].map(({ protocol }) => protocol)
    .filter((protocol) => !/^(?:https?|blob|file):$/.test(protocol)),
  ...(document.body.textContent.match(/(?![\\n\\t])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}].{0,40}/gu) ?? [])
    .map((text) => 'hidden: U+' + text.codePointAt(0).toString(16) + ' ' + text),
]`
const LISTEN = `globalThis.__reports = []
  document.addEventListener('securitypolicyviolation', (event) => __reports.push(event.violatedDirective))`

async function harm(page: Page, path: string): Promise<Told> {
  const found = await page.evaluate<string[]>(LOOK)
  const wider = await overflow(page)
  return { path, told: wider > 0 ? [...found, `${wider} too wide`] : found }
}

describe.skipIf(executable === null)('texts of traffic', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-hostile-'))
  const database = join(folder, 'holdfast.db')
  let server: RunningServer
  let browser: Browser
  let base = ''
  let pages: string[] = []

  beforeAll(async () => {
    server = await startServer('--db', database)
    base = new URL(server.api).origin
    browser = await openBrowser(executable!)
    const { body: capture } = await upload(server, NAMES.file, new Uint8Array(hostileCapture()))
    expect(capture.name).toBe(NAMES.file)
    const captures = [{ id: capture.id }] // its tap is named by its file
    const { body: job } = await post(server, '/analyses', { captures, config: CONFIG })
    expect(job).toMatchObject({ error: null })
    expect((await settled(server, job.id)).state).toBe('done')
    const incidents = await idsOf('incidents')
    const connections = await idsOf('connections')
    pages = [
      '/',
      ...LISTS.map((list) => `/${list}`),
      ...incidents.map((id) => `/incidents/${id}`),
      ...NAMED.map((name) => `/agents/${encodeURIComponent(name)}`),
      `/services/${encodeURIComponent(NAMES.service)}`,
      ...connections.slice(0, 6).map((id) => `/connections/${id}`),
      ...['incidents', 'agents', 'live'].map((list) => `/${list}?text=${encodeURIComponent(AGENTS[1]!)}`),
      `/incidents?agent=${encodeURIComponent(AGENTS[0]!)}&service=${encodeURIComponent(NAMES.service)}`,
      `/${encodeURIComponent(AGENTS[0]!)}/${encodeURIComponent(AGENTS[1]!)}`,
    ]
  })

  afterAll(async () => {
    await browser.close()
    await server.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  /** What happened on pages that should not, each opened in turn. */
  async function harmOf(paths: readonly string[]): Promise<Told[]> {
    const { page, complaints, close } = await openTab(browser, 'about:blank')
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.addInitScript(LISTEN)
    const told: Told[] = []
    for (const path of paths) {
      await wear(page, { width: 360 })
      await page.goto(base + path)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      told.push(await harm(page, path))
      await wear(page, { width: 1280 })
      told.push(await harm(page, path), { path, told: complaints.splice(0) })
    }
    await close()
    return told
  }

  const idsOf = async (list: string): Promise<(string | number)[]> =>
    (await get(server, `/${list}`)).body.items.map(({ id }: { id: string | number }) => id)

  test('are in incidents, agents, cookies and their details', async () => {
    const { items } = (await get(server, '/agents')).body
    const names = items.map(({ id }: { id: string }) => id)
    expect(names).toEqual(expect.arrayContaining(NAMED.map((name) => name.trim())))
    const incidents = (await get(server, '/incidents')).body.items
    const types = incidents.map(({ type }: { type: string }) => type)
    // A name of 4 kB is there, and buries nothing.
    const titles = incidents.map(({ title }: { title: string }) => title)
    expect(titles.filter((title: string) => /longlo\.\.\./.test(title))).toHaveLength(1)
    expect(Math.max(...titles.map((title: string) => title.length))).toBeLessThan(300)
    expect(types).toContain('severed-idle')
    expect(types.filter((type: string) => type === 'multiple-set-cookie').length).toBeGreaterThan(3)
  })

  test('are shown as text on every page, narrow and wide', async () => {
    const shares = Array.from({ length: TABS }, (_, i) => pages.filter((_, n) => n % TABS === i))
    const told = await Promise.all(shares.map(harmOf))
    expect(told.flat().filter((each) => each.told.length > 0)).toEqual([])
  })

  test('name the page of an agent', async () => {
    const { page, close } = await openTab(browser, `${base}/agents/${encodeURIComponent(AGENTS[0]!)}`)
    await page.getByRole('heading', { level: 1, name: AGENTS[0]! }).waitFor()
    await close()
  })

  test('are text in the message about a wrong address', async () => {
    const wrong = `/incidents?type=${encodeURIComponent(AGENTS[0]! + AGENTS[3]!)}`
    const { page, close } = await openTab(browser, base + wrong)
    await page.getByRole('alert').first().waitFor()
    expect(await harm(page, wrong)).toEqual({ path: wrong, told: [] })
    await close()
  })

  test('are refused as the name of a file or a tap where a terminal would obey them', async () => {
    for (const name of ['\u001b[2J.pcap', '\u202egpj.pcap', 'a\nb.pcap', '']) {
      const { status, body } = await upload(server, name, new Uint8Array(hostileCapture()))
      expect([name, status, body.field]).toEqual([name, 400, 'name'])
    }
    for (const tap of ['\u001b[2J', '<svg onload=__ran++>', '../tap']) {
      const { status, body } = await post(server, '/analyses', { captures: [{ id: 1, tap }] })
      expect([tap, status, body.type]).toEqual([tap, 422, 'about:blank'])
    }
    const packed = await upload(server, '<img src=x onerror=alert(1)>.gz', new Uint8Array(32))
    expect([packed.status, packed.body.type]).toEqual([422, 'about:blank'])
  })

  const holdfast = (...words: string[]): string => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(ROOT, 'src/cli/holdfast.mjs'), ...words],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    expect([status, stderr]).toEqual([0, ''])
    return stdout
  }

  test('are harmless in a terminal', () => {
    for (const source of [
      ['--db', database],
      ['--server', base],
    ]) {
      const told = holdfast('tail', ...source, '--severity', 'info')
      expect(told).toContain('\\x1b[2J')
      expect(told).toContain('\\u{202e}')
      expect(OBEYED.exec(told)).toBeNull()
    }
  })

  test('are text in a report of one HTML file', async () => {
    const report = holdfast('report', '--db', database, '--format', 'html', '--output', '-')
    expect(report).toContain('&lt;img src=x onerror=window.__ran=1&gt;')
    expect(OBEYED.exec(report)).toBeNull()
    const file = join(folder, 'report.html')
    writeFileSync(file, report)
    const { page, complaints, close } = await openTab(browser, pathToFileURL(file).href, { width: 360 })
    expect(await harm(page, 'report')).toEqual({ path: 'report', told: [] })
    expect(complaints).toEqual([])
    await close()
  })

  test('are text in a report of Markdown', () => {
    const report = holdfast('report', '--db', database, '--format', 'markdown', '--output', '-')
    expect(report).toContain('\\x1b')
    expect(OBEYED.exec(report)).toBeNull()
    // Outside of code no tag begins but the breaks of its tables, and no link is made.
    const code = /(?<![\\`])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g
    const outside = report.replace(code, '').replaceAll('<br>', ' ')
    expect(/(?<!\\)<[a-z/!]/i.exec(outside)).toBeNull()
    expect(/(?<!\\)\]\(javascript/i.exec(outside)).toBeNull()
  })
})
