/** Who may import whom. The folders of the house stand on one another in the order in which a packet passes
 *  them, facts below, opinions above; a row that nothing uses any more is an error as well. */
import { describe, expect, test } from 'vitest'
import { sourcesUnder } from './source-tree.ts'
import type { Source } from './source-tree.ts'

/** Folder -> what it may import besides itself: a folder, a file, or only the types of either. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  'src/bytes': [],
  'src/model': ['types of src/bytes'], // a reader of captures is described by the batches that it yields
  'src/wire': ['src/bytes'],
  collectors: ['src/bytes', 'src/model'],
  'src/connections': ['src/bytes', 'src/model', 'src/wire'],
  'src/streams': ['src/bytes', 'src/model'],
  'src/protocols': ['src/bytes', 'src/model'],
  'src/sessions': ['src/model'],
  'src/detectors': ['src/model'],
  'src/incidents': ['src/model'],
  'src/store': ['src/model'],
  'src/pipeline': [
    'src/bytes',
    'src/model',
    'src/wire',
    'src/connections',
    'src/streams',
    'src/protocols',
    'src/sessions',
    'src/detectors',
    'src/incidents',
    'src/store',
  ],
  'src/alerts': ['src/model', 'src/store'], // beside the API, not below it: both only read what is stored
  'src/api': ['src/model', 'src/store', 'src/pipeline/counters.ts'],
  dashboards: ['types of src/api/contract.ts'],
}
// may import everything, and nothing but its launcher and .runtime stands outside the floors
const COMPOSER = 'src/cli'

/** Rows whose code is still to come. An entry that is used has to go. */
const TO_COME: readonly string[] = [
  'src/streams -> src/bytes',
  'src/pipeline -> src/store',
  'src/api -> src/pipeline/counters.ts',
]

/** Parts of Node that reach the world outside the process, and the folders that may. */
const OUTSIDE =
  /^node:(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|readline|cluster)\b/
const MAY_REACH_OUTSIDE = ['collectors', 'src/store', 'src/alerts', 'src/api', COMPOSER]
/** Functions of node:net that only look at text. */
const PURE_NET: Readonly<Record<string, string>> = {
  'src/protocols/tls/certificate.ts': 'isIP',
}

const sources = [...sourcesUnder('src'), ...sourcesUnder('collectors'), ...sourcesUnder('dashboards')]

const folderOf = (path: string): string => path.split('/', path.startsWith('src/') ? 2 : 1).join('/')
const isOwn = (target: string): boolean => /^(src|collectors|dashboards|test|\.runtime)\//.test(target)

/** The permission that lets a source have an import; undefined if none does. */
function permission(source: Source, { target, isType }: Source['imports'][number]): string | undefined {
  return FLOORS[folderOf(source.path)]?.find((row) => {
    const place = row.replace('types of ', '')
    return (isType || place === row) && (target === place || target.startsWith(`${place}/`))
  })
}

describe('floors', () => {
  const used = new Set<string>()
  const refused: string[] = []
  for (const source of sources) {
    const folder = folderOf(source.path)
    if (folder === COMPOSER) continue
    for (const imported of source.imports.filter(({ target }) => isOwn(target))) {
      if (folderOf(imported.target) === folder) continue
      const row = permission(source, imported)
      if (row === undefined) refused.push(`${source.path} -> ${imported.target}`)
      else used.add(`${folder} -> ${row}`)
    }
  }

  test('every import is allowed', () => {
    expect(refused).toEqual([])
  })

  test('every folder has a row', () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)))
    expect([...folders].filter((folder) => folder !== COMPOSER && !(folder in FLOORS))).toEqual([])
  })

  test('every row is used, or to come', () => {
    const rows = Object.entries(FLOORS).flatMap(([folder, allowed]) =>
      allowed.map((row) => `${folder} -> ${row}`),
    )
    expect(TO_COME.filter((row) => !rows.includes(row))).toEqual([])
    expect(rows.filter((row) => used.has(row) === TO_COME.includes(row))).toEqual([])
  })

  test('only the outer folders reach outside', () => {
    const reaching = sources
      .filter(({ path }) => !MAY_REACH_OUTSIDE.includes(folderOf(path)))
      .flatMap(({ path, imports }) => imports.map(({ target }) => ({ path, target })))
      .filter(({ path, target }) => OUTSIDE.test(target) && !(target === 'node:net' && path in PURE_NET))
    expect(reaching).toEqual([])
  })
})

test('no file imports itself by a detour', () => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  expect(sources.map((source) => detour(source, byPath)).filter((cycle) => cycle !== undefined)).toEqual([])
})

/** The way from a source back to itself, for the first file of the way in alphabetical order only. */
function detour(start: Source, byPath: ReadonlyMap<string, Source>): string | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start.path]
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target === start.path) return wayTo(path, cameFrom, start.path)
      if (cameFrom.has(target) || target < start.path || !byPath.has(target)) continue
      cameFrom.set(target, path)
      queue.push(target)
    }
  }
  return undefined
}

function wayTo(path: string, cameFrom: ReadonlyMap<string, string>, start: string): string {
  const way = [path]
  while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!)
  return [...way, start].join(' -> ')
}
