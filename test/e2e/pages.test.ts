/**
 * The product as its three users have it: a server in a process of its own, a real browser, a `tail` beside
 * it. The story: an analyst uploads two captures of one hour, sees the job, opens the incident, follows its
 * evidence; an operator acknowledges it, and everybody else sees that.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post, type RunningServer, startServer, upload } from '../cli/serve/server.ts'
import { seconds } from '../../src/model/time.ts'
import { scenario } from '../scenario/scenario.ts'
import { ROOT } from '../source-tree.ts'
import { browserPath, openBrowser, openTab, overflow, violations, wear } from './browser.ts'
import type { Look, Tab } from './browser.ts'

const FIXTURE = join(ROOT, 'fixtures/severed-by-load-balancer')
const FILES = ['client.pcap.gz', 'server.pcap.gz', 'holdfast.yaml'].map((name) => join(FIXTURE, name))
const TITLE = 'The load balancer 10.10.2.10 severs idle connections after 300 s'

const PAGES = [
  ['overview', '/'],
  ['incidents', '/incidents'],
  ['an incident', '/incidents/HF-1'],
  ['live', '/live'],
  ['agents', '/agents'],
  ['an agent', '/agents/EPA-0017'],
  ['services', '/services'],
  ['a service', '/services/dlp-endpoint'],
  ['captures', '/captures'],
  ['connections', '/connections'],
  ['a connection', '/connections/1'],
  ['conformance', '/conformance'],
  ['deliveries', '/deliveries'],
  ['the reference of the API', '/api/docs'],
] as const

const LOOKS: readonly [string, Look][] = [
  ['light', { theme: 'light' }],
  ['dark on a wall', { theme: 'dark', width: 2560, height: 1300 }],
  ['dark', { theme: 'dark' }],
  // 1280 px at 400 % (WCAG 2.2, 1.4.10).
  ['light and narrow', { theme: 'light', width: 320, height: 740 }],
]

/** The servers' side of a load balancer that checks their health. */
function checkedServers(): Uint8Array {
  const s = scenario()
  for (let round = 0; round < 6; round++) {
    for (const at of ['10.10.3.11:8000', '10.10.3.12:8000']) s.connect('10.10.3.1', at).agent.closes()
    s.wait(seconds(10))
  }
  const { agent } = s.connect('10.10.3.1', '10.10.3.11:8000')
  agent.sends('agent=EPA-1 hello from the endpoint').receives('policy'.repeat(100))
  agent.closes()
  return [...s.captures().values()].at(-1)!
}

const executable = browserPath()

describe.skipIf(executable === null)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'))
  let server: RunningServer
  let browser: Browser
  let base = ''
  let tail: ChildProcess
  let told = ''

  beforeAll(async () => {
    server = await startServer('--db', join(folder, 'holdfast.db'))
    base = new URL(server.api).origin
    browser = await openBrowser(executable!)
    tail = spawn(
      process.execPath,
      [join(ROOT, 'src/cli/holdfast.mjs'), 'tail', '--server', base, '--follow', '--severity', 'info'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    tail.stdout!.on('data', (chunk: Buffer) => (told += chunk.toString()))
  })

  afterAll(async () => {
    tail.kill('SIGTERM')
    await browser.close()
    await server.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  test('without any capture every page says what to do, and nothing complains', async () => {
    const { page, complaints, close } = await openTab(browser, 'about:blank')
    for (const path of ['/', '/incidents', '/live', '/agents', '/services', '/captures', '/connections']) {
      await page.goto(base + path)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      expect([path, complaints]).toEqual([path, []])
    }
    await close()
  })

  test('captures are uploaded and analysed as one, their incident followed and acknowledged', async () => {
    const watching = await openTab(browser, `${base}/incidents`)
    const { page, complaints, close } = await openTab(browser, `${base}/captures`)
    await page.locator('input[type=file]').setInputFiles(FILES)
    await page.getByRole('button', { name: 'Upload, analyse as one' }).click()
    await page.getByText('client.pcap.gz').first().waitFor()
    await expect.poll(async () => (await jobs()).map(({ state }) => state)).toEqual(['done'])

    // The page that was open all the time is told, and does not move by itself.
    await watching.page.getByRole('button', { name: /new/ }).click()
    await watching.page.getByRole('link', { name: TITLE }).waitFor()

    await page.goto(`${base}/incidents`)
    await page.getByRole('link', { name: TITLE }).click()
    await page.getByRole('heading', { level: 1, name: TITLE }).waitFor()
    await page.getByText('300.01 s of silence').first().waitFor()
    await page.getByRole('button', { name: /previous/ }).click()
    await expect.poll(() => page.getByText('occurrence 7 of 8').count()).toBe(1)
    await page.getByRole('button', { name: /Acknowledge/ }).click()
    await page.getByText('acknowledged').first().waitFor()

    // The other page shows the new state, and the tail has told the cuts.
    await expect.poll(() => watching.page.getByText('acknowledged').count()).toBeGreaterThan(0)
    await expect.poll(() => told).toContain('EPA-0017')
    expect(told).toMatch(/21 Nov 03:12:31 UTC.*critical.*10\.10\.2\.10.*EPA-0119.*300 s/)
    expect([complaints, watching.complaints]).toEqual([[], []])
    await watching.close()
    await close()
  })

  test('an incident is resolved with a note, from the keyboard', async () => {
    const { page, complaints, close } = await openTab(browser, `${base}/incidents/HF-2`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('r')
    await page.getByRole('dialog').getByRole('textbox').fill('timer raised to 86,400 s')
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Resolve/ })
      .click()
    await page.getByText('timer raised to 86,400 s').first().waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('another idle timeout is asked about, from the keyboard', async () => {
    const { page, complaints, close } = await openTab(browser, `${base}/services/dlp-endpoint`)
    const slider = page.getByRole('slider', { name: /What if the idle timeout were/ })
    await slider.focus()
    await page.keyboard.press('Home')
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'))
      .toMatch(/^With an idle timeout of 100\ss, 24 of 30\sconnections would have been cut\.$/)
    await page.keyboard.press('End')
    await page.getByText(/^With an idle timeout of 316\.2\ss, none of 30\sconnections/).waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('what is read is told at the side, and in the dialog of a narrow page', async () => {
    const tap = { capture: 1, isLive: true, lagSeconds: 0, stopped: null }
    const rows = [
      { ...tap, name: 'eth0', tap: 'client', packetsPerSecond: 41_200, drops: 0 },
      { ...tap, name: 'eth1', tap: 'server', packetsPerSecond: 312, drops: 1204, lagSeconds: 38 },
      { ...tap, name: 'a.pcap.gz', tap: '', packetsPerSecond: null, drops: null, isLive: false },
    ]
    for (const look of [{}, { theme: 'dark', width: 360, height: 740 }] satisfies Look[]) {
      const { page, complaints, close } = await openTab(browser, 'about:blank', look)
      await page.route('**/api/v1/taps', (route) => route.fulfill({ json: rows }))
      await page.goto(`${base}/services`)
      if ('width' in look) await page.getByRole('button', { name: 'More' }).click()
      const told = page.getByRole('region', { name: /Taps, last minute/ }).getByRole('listitem')
      await expect
        .poll(async () => (await told.allTextContents()).map((text) => text.replaceAll(/\s+/g, ' ')))
        .toEqual(['client · eth0 41.2 k/s', 'server · eth1 late 38 s', 'a.pcap.gz …'])
      await page.locator('h1').first().waitFor()
      expect(await violations(page)).toEqual([])
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      expect(complaints).toEqual([])
      await close()
    }
  })

  test('what is carved is a capture', async () => {
    const answer = await fetch(`${server.api}/incidents/HF-1/packets`)
    expect(answer.status).toBe(200)
    const octets = new Uint8Array(await answer.arrayBuffer())
    expect(Buffer.from(octets.subarray(0, 4)).toString('hex')).toBe('0a0d0d0a')
  })

  describe('used by everybody', () => {
    // One window for all pages: what does not change is not read again.
    let tab: Tab
    beforeAll(async () => {
      tab = await openTab(browser, 'about:blank')
    })
    afterAll(() => tab.close())

    test.each(PAGES)('%s', async (_, path) => {
      const { page, complaints } = tab
      complaints.length = 0
      await page.goto(base + path)
      await page.locator('h1').first().waitFor()
      await page.waitForLoadState('networkidle')
      for (const [name, look] of LOOKS) {
        await wear(page, look)
        expect([name, await violations(page)]).toEqual([name, []])
        expect([name, await overflow(page)]).toEqual([name, 0])
      }
      expect(complaints).toEqual([])
    })
  })

  test('a capture that nobody had analysed is analysed, and says who stands before whom', async () => {
    const before = await jobs()
    const body = new Uint8Array(checkedServers())
    const sent = await fetch(`${server.api}/captures?name=late.pcap`, { method: 'PUT', body })
    expect(sent.status).toBe(201)
    const { page, complaints, close } = await openTab(browser, `${base}/captures`)
    const analyse = page.getByRole('button', { name: 'Analyse late.pcap' })
    await analyse.click()
    await page.getByText(/10\.10\.3\.1 stands before .*: it checks their health/).waitFor()
    await expect.poll(() => analyse.count()).toBe(0)
    expect((await jobs()).map(({ state }) => state)).toEqual(['done', ...before.map(({ state }) => state)])
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })

  test('a configuration that no traffic fits is told of', async () => {
    const { body } = await upload(server, 'misfit.pcap', checkedServers())
    const { id } = body as { readonly id: number }
    const config = 'services: [{name: sepm, ports: [8014]}]'
    await post(server, '/analyses', { captures: [{ id }], config })
    const { page, complaints, close } = await openTab(browser, `${base}/captures`)
    await page.getByText(/^No connection is of a service of the configuration: sepm \(port 8014\)/).waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })

  test('the first load is at most 100 kB packed', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    let octets = 0
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (!pathname.startsWith('/api/')) octets += Number(response.headers()['content-length'] ?? NaN)
    })
    await page.goto(base)
    await page.waitForLoadState('networkidle')
    expect(octets).toBeLessThanOrEqual(100_000)
    await context.close()
  })

  async function jobs(): Promise<readonly { readonly state: string }[]> {
    const answer = await fetch(`${server.api}/analyses`)
    return ((await answer.json()) as { items: { state: string }[] }).items
  }
})
