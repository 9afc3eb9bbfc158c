/**
 * Pages that stay open while something happens: numbers follow, rows stay where they are, and what is new is
 * told until somebody asks for it. And what cannot be had says so, with the way on.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fixture, get, post, type RunningServer, settled, startServer, upload } from '../cli/serve/server.ts'
import { browserPath, openBrowser, openTab, violations } from './browser.ts'

const executable = browserPath()
const FIXTURE = 'severed-by-load-balancer'
const CONFIG = new TextDecoder().decode(fixture(`${FIXTURE}/holdfast.yaml`))

describe.skipIf(executable === null)('a page that stays open', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'))
  let server: RunningServer
  let browser: Browser
  let base = ''

  async function analyse(...files: string[]): Promise<void> {
    const ids = []
    for (const file of files) {
      const { body } = await upload(server, file, fixture(`${FIXTURE}/${file}.pcap.gz`))
      ids.push({ id: (body as { id: number }).id, tap: file })
    }
    const { body } = await post(server, '/analyses', { captures: ids, config: CONFIG })
    await settled(server, (body as { id: number }).id)
  }

  beforeAll(async () => {
    server = await startServer('--db', join(folder, 'holdfast.db'))
    base = new URL(server.api).origin
    browser = await openBrowser(executable!)
    await analyse('client', 'server')
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await server.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  test('tells of another analysis, wherever it is scrolled to, and shows it when asked', async () => {
    for (const path of [
      '/agents/EPA-0017',
      '/services/dlp-endpoint',
      '/agents',
      '/connections',
      '/conformance',
    ]) {
      const { page, complaints, close } = await openTab(browser, base + path)
      await page.getByText('live', { exact: true }).waitFor()
      await page.locator('h1').waitFor()
      await analyse('client')
      const pill = page.getByRole('button', { name: '1 analysis done: show' })
      await pill.waitFor()
      await page.evaluate('scrollTo(0, document.body.scrollHeight)')
      const box = await pill.boundingBox()
      expect([path, box !== null && box.y > 0 && box.y < 900]).toEqual([path, true])
      expect(await violations(page)).toEqual([])
      const read = page.waitForResponse(/\/api\/v1\//)
      await pill.click()
      await read
      expect(await pill.count()).toBe(0)
      expect(complaints).toEqual([])
      await close()
    }
  }, 90_000)

  test('tells nobody what he did himself, and everybody else', async () => {
    const own = await openTab(browser, `${base}/incidents`)
    const other = await openTab(browser, `${base}/incidents`)
    for (const { page } of [own, other]) await page.getByText('live', { exact: true }).waitFor()
    await own.page.keyboard.press('j')
    await own.page.keyboard.press('a')
    await own.page.getByRole('button', { name: 'acknowledged' }).waitFor()
    await other.page.getByRole('button', { name: '1 changed: show' }).waitFor()
    expect(await own.page.getByRole('button', { name: /show$/ }).count()).toBe(0)
    expect([own.complaints, other.complaints]).toEqual([[], []])
    for (const tab of [own, other]) await tab.close()
  })

  test('gives away what it found as a text, with the link', async () => {
    const { page, complaints, close } = await openTab(browser, `${base}/incidents/HF-1`)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy as text' }).click()
    await page.getByText('copied', { exact: true }).waitFor()
    const text = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(text).toMatch(
      /^HF-1, critical: The load balancer 10\.10\.2\.10 severs idle connections after 300 s\.\n/,
    )
    expect(text).toContain(`\nProof: ${base}/incidents/HF-1`)
    // Where no page may use the clipboard, as without TLS on another host, what is selected is copied.
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')
    await page.getByText('copied', { exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /copy the filter/ }).click()
    await page.getByText('copied', { exact: true }).waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('the overview’s first sentence follows what becomes of the incidents', async () => {
    const { page, complaints, close } = await openTab(browser, base)
    await page.getByRole('heading', { level: 1, name: 'dlp-endpoint is broken.' }).waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    const { body } = await get(server, '/incidents?limit=100')
    for (const { id } of (body as { items: { id: string }[] }).items)
      await post(server, `/incidents/${id}/state`, { state: 'resolved' })
    await page.getByRole('heading', { level: 1, name: 'Nothing is broken.' }).waitFor()
    await page.getByText(/^all 0 open$/).waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('what could not be read is read as soon as the server answers again', async () => {
    const { page, close } = await openTab(browser, 'about:blank')
    const stops = ['**/api/v1/overview*', '**/api/v1/events*']
    for (const url of stops) await page.route(url, (route) => route.abort())
    await page.goto(base)
    await page.getByRole('heading', { level: 1, name: 'The overview could not be read' }).waitFor()
    await page.getByText('The server does not answer.').waitFor()
    expect(await violations(page)).toEqual([])
    for (const url of stops) await page.unroute(url)
    await page.getByRole('heading', { level: 1, name: /broken/ }).waitFor()
    await close()
  })

  test('what is not there says so, with the list to look in', async () => {
    for (const [path, list] of [
      ['/incidents/HF-999', '/incidents'],
      ['/agents/nobody', '/agents'],
      ['/services/nothing', '/services'],
      ['/connections/999999', '/connections'],
    ] as const) {
      const { page, close } = await openTab(browser, base + path)
      await page.getByRole('heading', { level: 1, name: /There is no such/ }).waitFor()
      expect(await violations(page)).toEqual([])
      await page.getByRole('link', { name: 'Look for it in the list' }).click()
      expect(new URL(page.url()).pathname).toBe(list)
      await close()
    }
  })

  test('an address with a broken end is shown without it', async () => {
    const { page, complaints, close } = await openTab(browser, `${base}/conformance#%`)
    await page.getByRole('heading', { level: 1, name: /violated/ }).waitFor()
    expect(complaints).toEqual([])
    await close()
  })
})
