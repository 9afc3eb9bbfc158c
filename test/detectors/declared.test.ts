/** The declarations of all detectors, held against what is tested: nothing is declared that no story
 * shows. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Requirement } from '../../src/model/requirement.ts'
import { REQUIREMENTS } from '../../src/model/requirements/index.ts'
import { DETECTORS } from '../../src/detectors/index.ts'
import { type Finding, INCIDENT_TYPES } from '../../src/model/incident.ts'
import { filesUnder, ROOT } from '../source-tree.ts'
import { analysed } from './analysis.ts'
import { STORIES } from './stories.ts'

/** They show that requirements are met, and break none. */
const INFORMATIVE: ReadonlySet<string> = new Set(['failover', 'failback', 'server-outage'])

const tests = filesUnder('test/detectors').filter((path) => path.endsWith('.test.ts'))
const testOf = (type: string): string[] => tests.filter((path) => path.endsWith(`/${type}.test.ts`))

test('every incident type has one detector', () => {
  expect(DETECTORS.map(({ type }) => type).toSorted()).toEqual(INCIDENT_TYPES.toSorted())
})

describe.each([...INCIDENT_TYPES])('%s', (type) => {
  const detector = DETECTORS.find((d) => d.type === type)!

  let told: readonly Finding[]
  beforeAll(async () => {
    const { config, play } = STORIES[type]
    told = (await analysed(play(), { config })).findings(type)
  })

  test('is raised by its story', () => {
    expect(told).not.toEqual([])
  })

  test('has a test with a story for each of its clauses', () => {
    const [path, ...more] = testOf(type)
    expect(more).toEqual([])
    const text = readFileSync(`${ROOT}/${path}`, 'utf8')
    const name = type.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
    // keepsQuiet compares its rows with the clauses of the detector that it is handed.
    expect(text).toContain(`keepsQuiet(${name}, {`)
    expect(detector.notThis.filter((clause) => clause.trim() === '')).toEqual([])
    expect(new Set(detector.notThis).size).toBe(detector.notThis.length)
  })

  test('claims only requirements that it declares', () => {
    const claimed = told.flatMap(({ requirements }) => requirements)
    expect(claimed.filter((id) => !detector.requirements.includes(id))).toEqual([])
  })

  test('declares what flow records can do for it', () => {
    const { can, lack } = detector.flows
    expect(['prove', 'suggest', 'not-show']).toContain(can)
    // It stands at the end of a sentence, and where records prove it there is none.
    if (can === 'prove') expect(lack).toBe(null)
    else expect(lack).toMatch(/^[a-zA-Z].*[^.]$/)
  })

  test('declares what an operator needs to know', () => {
    expect(detector.asserts).toMatch(/^[A-Z].*\.$|\)\.$/)
    expect(detector.requirements).not.toEqual([])
    const mayName = (r: Requirement): boolean =>
      r.brokenBy.length === 0 || r.brokenBy.includes(type) || INFORMATIVE.has(type)
    const answered = REQUIREMENTS.filter(mayName).map(({ id }) => id)
    expect(detector.requirements.filter((id) => !answered.includes(id))).toEqual([])
    expect(Object.values(detector.parameters).filter(({ meaning }) => meaning === '')).toEqual([])
  })
})

test('what counts for a requirement by name alone is named by its detector', () => {
  const naming = (type: string, id: string): boolean =>
    DETECTORS.some((detector) => detector.type === type && detector.requirements.includes(id))
  // What casts doubt on it in any case need not name it.
  const unnamed = REQUIREMENTS.filter(({ byName }) => byName).flatMap(({ id, brokenBy, doubt }) =>
    brokenBy
      .filter((type) => !naming(type, id) && doubt?.incidents.includes(type) !== true)
      .map((type) => `${id} by ${type}`),
  )
  expect(unnamed).toEqual([])
})

test('clauses in all', () => {
  expect(DETECTORS.reduce((n, { notThis }) => n + notThis.length, 0)).toBe(329)
})
