import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDashboards } from '../../.runtime/dashboards.mjs'
import { ROOT } from '../source-tree.ts'

const FIRST_LOAD_MAX = 60_000 // octets, gzipped; 100 kB are allowed

const folder = mkdtempSync(join(tmpdir(), 'holdfast-dashboards-'))
const asset = (name: string): string => readFileSync(join(folder, 'assets', name), 'utf8')
const page = (): string => readFileSync(join(folder, 'index.html'), 'utf8')
const named = (): string[] =>
  [...page().matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map(([, name]) => name ?? '')

describe('the built dashboards', () => {
  beforeAll(() => makeDashboards(ROOT, folder))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('name only files that are there, after their content', () => {
    expect(named().filter((name) => !existsSync(join(folder, 'assets', name)))).toEqual([])
    expect(page()).not.toContain('%')
    expect(
      readdirSync(join(folder, 'assets')).filter((name) => !/-[\w-]{8}\.(js|css|svg)$/.test(name)),
    ).toEqual([])
  })

  test('have nothing inline that a strict policy forbids', () => {
    expect(page()).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/)
    const scripts = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.js'))
    expect(
      scripts.filter((name) => /dangerouslySetInnerHTML=|[^.\w]eval\(|new Function\(/.test(asset(name))),
    ).toEqual([])
  })

  test('set the theme before anything is drawn', () => {
    const order = named().map((name) => name.split('-')[0])
    expect(order.slice(0, 4)).toEqual(['mark', 'theme', 'styles', 'main'])
    expect(page()).toMatch(/<script src="\/assets\/theme-/)
  })

  test('load little at first', () => {
    const overview = readdirSync(join(folder, 'assets')).filter((name) => name.startsWith('overview-'))
    const first = [...new Set([...named(), ...overview, ...overview.flatMap(importsOf)])]
    const octets = first.reduce((sum, name) => sum + gzipSync(asset(name)).length, gzipSync(page()).length)
    expect(first.length).toBeGreaterThan(5)
    expect(octets).toBeLessThan(FIRST_LOAD_MAX)
  })

  test('end in small files without comments', () => {
    const [styles] = named().filter((name) => name.endsWith('.css'))
    expect(asset(styles ?? '')).not.toMatch(/\/\*|\n| {2}/)
    expect(asset(styles ?? '')).toMatch(/^:root\{color-scheme:\s?light dark/)
  })
})

/** The scripts that a script imports at once. */
const importsOf = (name: string): string[] =>
  [...asset(name).matchAll(/from\s?["'`]\.\/([^"'`]+)["'`]/g)].map(([, target]) => target ?? '')
