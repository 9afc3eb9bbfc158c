/** Every class that a style sheet of the dashboards names is one that a page sets: no rule is for nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesUnder, ROOT, sourcesUnder } from './source-tree.ts'

/** How names begin that are put together while drawing: `f-${tone}`, `on-${fill}`. */
const MADE = ['f-', 's-', 'on-', 'places-']

test('no rule is for nothing', () => {
  const sheets = filesUnder('dashboards').filter((path) => path.endsWith('.css'))
  const css = sheets.map((path) => readFileSync(join(ROOT, path), 'utf8').replaceAll(/\/\*.*?\*\//gs, ''))
  const selectors = css.flatMap((text) => text.match(/[^{};]+(?=\{)/g) ?? [])
  const classes = new Set(selectors.join(' ').match(/(?<=\.)[a-zA-Z][\w-]*/g))
  const code = sourcesUnder('dashboards').map((source) => source.code)
  const words = new Set(code.join('\n').match(/[\w-]+/g))
  const isSet = (name: string): boolean =>
    words.has(name) || MADE.some((start) => name.startsWith(start) && words.has(name.slice(start.length)))
  expect(classes.size).toBeGreaterThan(100)
  expect([...classes].filter((name) => !isSet(name))).toEqual([])
})
