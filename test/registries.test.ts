/** The lists of the house against its folders, both ways: what has a file has a row, what has a row has a
 * file. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, sourcesUnder } from './source-tree.ts'

/** Folder with an `index.ts` -> its entries that are no row of the list, each with what it is instead. */
const REGISTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  collectors: {
    'byte-source.ts': 'where bytes come from, for all formats',
    'compression.ts': 'stands before a format without being one',
    'hash-worker.ts': 'the worker of hash.ts',
    'hash.ts': 'the fingerprint of an input, of whatever format',
    'pcapng-clock.ts': 'a part of pcapng.ts',
    'pcapng-facts.ts': 'a part of pcapng.ts',
    'pcapng-writer.ts': 'writes what is carved',
    'record-reader.ts': 'common to the capture formats',
  },
  'src/protocols': {
    cookies: 'header lines of http, and whose they are',
    'dispatch.ts': 'asks the list',
    'opening.ts': 'what dispatch.ts waits for',
    'protocol.ts': 'the interface of a row',
    proxy: 'stands before a protocol without being one',
  },
  'src/detectors': {
    'attribution.ts': 'weighs which device did it, for several detectors',
    'cookie-finding.ts': 'what the detectors of cookies find, and how it reads',
    'detector.ts': 'the interface of a row',
    'timer.ts': 'brackets a timer between silences, for several detectors',
    'witnesses.ts': 'the packets of other taps, for those that judge ends',
    'wording.ts': 'how numbers read in sentences',
  },
}
/** Where a row is a file at any depth. Elsewhere a folder is one row. */
const BY_FILE: readonly string[] = ['src/detectors']

/** Registries still to come. An entry that exists has to go. */
const TO_COME: readonly string[] = []

const present = Object.entries(REGISTRIES).filter(([folder]) => !TO_COME.includes(folder))

test('a registry that is to come does not exist', () => {
  expect(TO_COME.filter((folder) => existsSync(join(ROOT, folder, 'index.ts')))).toEqual([])
})

describe.each(present)('%s', (folder, others) => {
  const entries = [...new Set(sourcesUnder(folder).map(({ path }) => entryOf(folder, path)))]
  const index = sourcesUnder(folder).find(({ path }) => path === `${folder}/index.ts`)
  const imported = (index?.imports ?? []).filter(({ target }) => target.startsWith(`${folder}/`))
  const rows = new Set(
    imported.map(({ target }) => entryOf(folder, target)).filter((entry) => !(entry in others)),
  )

  test('every entry has a row', () => {
    expect(entries.filter((entry) => entry !== 'index.ts' && !rows.has(entry) && !(entry in others))).toEqual(
      [],
    )
  })

  test('what is no row exists and has none', () => {
    expect(Object.keys(others).filter((entry) => !entries.includes(entry))).toEqual([])
  })

  test('rows do not import each other', () => {
    const listed = sourcesUnder(folder).filter(({ path }) => rows.has(entryOf(folder, path)))
    const crossing = listed.flatMap(({ path, imports }) =>
      imports
        .map(({ target }) => target)
        .filter(
          (target) => target.startsWith(`${folder}/`) && entryOf(folder, target) !== entryOf(folder, path),
        )
        .filter((target) => rows.has(entryOf(folder, target)))
        .map((target) => `${path} -> ${target}`),
    )
    expect(crossing).toEqual([])
  })
})

/** What a path is, in terms of the registry: the file, or the folder that holds it. */
function entryOf(folder: string, path: string): string {
  const inside = path.slice(folder.length + 1)
  return BY_FILE.includes(folder) ? inside : inside.split('/')[0]!
}
