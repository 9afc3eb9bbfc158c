/**
 * A real browser before a real server. Whatever a page says on its console, and every request that fails, is
 * kept: a test that ends with any of it has failed.
 */
import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { missing } from '../tools.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Where the browser is; null (said once) if there is none. */
export function browserPath(): string | null {
  const folders = (process.env['PATH'] ?? '').split(':')
  for (const name of NAMES) {
    const found = folders.map((folder) => `${folder}/${name}`).find(isProgram)
    if (found !== undefined) return found
  }
  missing('chromium')
  return null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })

export type Theme = 'light' | 'dark'

export interface Look {
  readonly theme?: Theme
  readonly width?: number
  readonly height?: number
}

export interface Tab {
  readonly page: Page
  /** What the console said, and which requests failed. */
  readonly complaints: string[]
  close(): Promise<void>
}

const WORN: Required<Look> = { theme: 'light', width: 1280, height: 900 }

/** Gives the window another size and theme; the page stays, and follows within two of its frames. */
export async function wear(page: Page, look: Look): Promise<void> {
  const { theme, width, height } = { ...WORN, ...look }
  await page.emulateMedia({ colorScheme: theme })
  await page.setViewportSize({ width, height })
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}

/** A new window with storage of its own. */
export async function openTab(browser: Browser, url: string, look: Look = {}): Promise<Tab> {
  const { theme, width, height } = { ...WORN, ...look }
  const context: BrowserContext = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
  })
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds on the page, by WCAG 2.2 A and AA and its best practices: rule and elements. */
export async function violations(page: Page): Promise<string[]> {
  // The policy of the page allows no foreign script: it is put in by the debugger, as an extension would.
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations: found } = await axe.run()
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  })
}

/** Octets by which the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
