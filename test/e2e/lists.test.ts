/**
 * Lists and figures before an API that a test answers itself: what was loaded stays, what is typed stays,
 * what is late takes nothing back, and nothing asks on behind a page that was left.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../cli/serve/server.ts'
import { browserPath, openBrowser, openTab } from './browser.ts'

const executable = browserPath()
const TOTAL = 120
const AT = '2026-11-21T03:12:31.000000Z'

const agent = (n: number) => ({
  id: `EPA-${n}`,
  identifiedBy: 'http-header',
  confidence: 0.99,
  addresses: ['10.10.1.101'],
  services: ['dlp-endpoint'],
  server: 'dlp1',
  lastSeen: AT,
  occurrences: 0,
  worst: null,
})

/** Rows of a list of `TOTAL`, by the API's own rules. */
function listed(url: URL): object {
  const limit = Number(url.searchParams.get('limit'))
  const from = Number(url.searchParams.get('cursor') ?? 0)
  const items = Array.from({ length: Math.min(limit, TOTAL - from) }, (_, i) => agent(from + i))
  const end = from + items.length
  return { items, next: end < TOTAL ? String(end) : null, total: TOTAL }
}

describe.skipIf(executable === null)('a list', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'))
  let server: RunningServer
  let browser: Browser
  let base = ''

  beforeAll(async () => {
    server = await startServer('--db', join(folder, 'holdfast.db'))
    base = new URL(server.api).origin
    browser = await openBrowser(executable!)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await server.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  const answerAgents = (page: Page, answer: (route: Route, url: URL) => void): Promise<unknown> =>
    page.route('**/api/v1/agents?*', (route) => answer(route, new URL(route.request().url())))

  test('stays as long as it was when it is come back to', async () => {
    const { page, complaints, close } = await openTab(browser, 'about:blank')
    await answerAgents(page, (route, url) => void route.fulfill({ json: listed(url) }))
    await page.goto(`${base}/agents`)
    await page.getByRole('button', { name: '70 older' }).click()
    const rows = page.locator('tbody tr')
    await expect.poll(() => rows.count()).toBe(100)
    // The row of filters is as wide as that of names.
    const widths = await page.locator('thead tr').evaluateAll((heads) =>
      heads.map(({ children }) => {
        const spans = [...children].map((cell) => Number(cell.getAttribute('colspan') ?? 1))
        return spans.reduce((sum, span) => sum + span, 0)
      }),
    )
    expect(new Set(widths)).toEqual(new Set([8]))
    await page.getByRole('link', { name: 'Services', exact: true }).click()
    await page.getByText('No service was seen yet').waitFor()
    const read = page.waitForResponse(/agents\?/)
    await page.goBack()
    await read
    await page.waitForLoadState('networkidle')
    expect(await rows.count()).toBe(100)
    expect(complaints).toEqual([])
    await close()
  })

  test('keeps what is typed into its search, at once with Enter, and takes it to no other page', async () => {
    const { page, complaints, close } = await openTab(browser, `${base}/agents`)
    const field = page.getByRole('searchbox', { name: 'Search agents' }).first()
    await field.pressSequentially('load ')
    await page.waitForURL(/text=load$/)
    await field.pressSequentially('balancer')
    await page.waitForURL(/text=load\+balancer$/)
    expect(await field.inputValue()).toBe('load balancer')
    await field.fill('x')
    await field.press('Enter')
    expect(new URL(page.url()).search).toBe('?text=x')
    await field.fill('left behind')
    await page.getByRole('link', { name: 'Captures', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Captures' }).waitFor()
    await page.waitForTimeout(400)
    expect(new URL(page.url()).search).toBe('')
    expect(complaints).toEqual([])
    await close()
  })

  test('of taps is asked for no more once nobody is logged in', async () => {
    const { page, close } = await openTab(browser, 'about:blank')
    const tap = { capture: 1, name: 'eth0', tap: '', packetsPerSecond: 1, drops: 0, isLive: true }
    let asked = 0
    await page.clock.install()
    await page.route('**/api/v1/taps', (route) => {
      asked++
      void route.fulfill({ json: [{ ...tap, lagSeconds: 0, stopped: null }] })
    })
    const session = { open: false, role: 'admin', name: 'ops', csrfToken: 'x', version: '0.1.0' }
    await page.route('**/api/v1/session', (route) =>
      route.request().method() === 'GET' ? route.fulfill({ json: session }) : route.fulfill({ status: 204 }),
    )
    await page.goto(base)
    await page.getByText('eth0').first().waitFor()
    await page.getByRole('button', { name: 'log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    const before = asked
    await page.clock.runFor(30_000)
    expect(asked).toBe(before)
    await close()
  })
})
