/**
 * What is committed is seen: in pages that are open, and by those who tail. Machines are noisy, so the bound
 * is generous; `npm run bench:events` measures.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserPath, openBrowser } from './browser.ts'
import { type LatencyRig, latencyRig } from './latency.ts'

const SEEN_MS = 5_000
const executable = browserPath()

describe.skipIf(executable === null)('what is committed', () => {
  let browser: Browser
  let rig: LatencyRig

  beforeAll(async () => {
    browser = await openBrowser(executable!)
    rig = await latencyRig(browser)
  }, 60_000)

  afterAll(async () => {
    await rig.end()
    await browser.close()
  })

  test('is shown and printed everywhere', async () => {
    const delays = await rig.round()
    console.log(delays)
    expect(Object.entries(delays).filter(([, ms]) => ms > SEEN_MS)).toEqual([])
  })

  test('leaves open lists when it is removed', async () => {
    const { analysis } = rig.publish('EPA-9999')
    await rig.live.page.getByText('EPA-9999').first().waitFor()
    await rig.list.page.getByRole('button', { name: /new/ }).click()
    const rows = rig.list.page.locator('[data-row^="HF-"]')
    await expect.poll(() => rows.count()).toBe(3)
    rig.remove(analysis)
    await expect.poll(() => rows.count()).toBe(2)
    await expect.poll(() => rig.live.page.getByText('EPA-9999').count()).toBe(0)
    expect([rig.list.complaints, rig.live.complaints]).toEqual([[], []])
  })
})
