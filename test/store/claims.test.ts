/** What a command line left that was killed: its claim is a file that nobody holds. */
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { claimAnalysis, claimOf, clearAbandoned } from '../../src/store/claims.ts'
import { openStore } from '../../src/store/store.ts'
import { STORY } from '../cli/output/story.ts'
import { all, analysed, database, folder, NOW, one, running, written } from './database.ts'

const abandon = (path: string, analysis: number): void => writeFileSync(`${path}-analysis-${analysis}`, '')

test('a claim holds until it is given up, whatever the database is called', () => {
  const store = database()
  const id = running(store, ['a'])
  const link = join(folder(), 'link.db')
  symlinkSync(store.path, link)
  const other = openStore(link)
  const claims = (): string[] => [store, other].map((one_) => claimOf(one_, id))
  expect(claims()).toEqual(['none', 'none'])
  const release = claimAnalysis(store, id)
  expect(claims()).toEqual(['held', 'held'])
  expect(() => claimAnalysis(other, id)).toThrow(/claimed by another process/)
  release()
  expect(claims()).toEqual(['none', 'none'])
  abandon(store.path, id)
  expect(claims()).toEqual(['abandoned', 'abandoned'])
  other.close()
})

describe('cleared', () => {
  test('is what was not published: nothing of it stays', () => {
    const store = database()
    const id = running(store, ['a'])
    abandon(store.path, id)
    clearAbandoned(store, NOW)
    expect([one(store, 'SELECT count(*) FROM analysis'), claimOf(store, id)]).toEqual([0, 'none'])
  })

  test('is only the claim of findings that were published', () => {
    const store = database()
    const id = running(store, ['a'])
    written(store, id, STORY)
    const incidents = one(store, 'SELECT count(*) FROM incident')
    abandon(store.path, id)
    clearAbandoned(store, NOW)
    expect(all(store, 'SELECT state, error FROM analysis')).toEqual([
      { state: 'failed', error: expect.stringMatching(/^The process that analysed ended before/) },
    ])
    expect([one(store, 'SELECT count(*) FROM incident'), claimOf(store, id)]).toEqual([incidents, 'none'])
    expect(incidents).toBeGreaterThan(0)
  })

  test('is neither what is still at work, nor a job of the server, nor what has ended', () => {
    const store = database()
    const done = analysed(store, ['a'], STORY)
    const [held, job] = [running(store, ['b']), running(store, ['c'])]
    abandon(store.path, done)
    const release = claimAnalysis(store, held)
    clearAbandoned(store, NOW)
    expect(all(store, 'SELECT id, state FROM analysis ORDER BY id')).toEqual([
      { id: done, state: 'done' },
      { id: held, state: 'running' },
      { id: job, state: 'running' },
    ])
    expect(existsSync(`${store.path}-analysis-${held}`)).toBe(true)
    release()
  })
})
