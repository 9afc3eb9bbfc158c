import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runTail } from '../../../src/cli/tail/run.ts'
import type { TailOptions } from '../../../src/cli/tail/options.ts'
import type { Finding } from '../../../src/model/incident.ts'
import type { OccurrenceRow } from '../../../src/model/view.ts'
import { listOccurrences } from '../../../src/store/queries/occurrences.ts'
import { cut } from '../output/story.ts'
import { analysed, database, folder, found } from '../../store/database.ts'
import { recordedConsole } from '../console.ts'

const NOW = Date.UTC(2026, 10, 21, 3) * 1000
const AT = cut().at

/** Cuts of one agent, a second apart. */
const cuts = (agent: string, count: number, later = 0): Finding[] =>
  Array.from({ length: count }, (_, i) =>
    cut({ at: AT + (later + i) * 1e6, agent: { id: agent, address: null }, connection: later + i }),
  )

function start(options: TailOptions) {
  const console = recordedConsole()
  const stopping = new AbortController()
  const machine = { now: () => NOW, random: () => 0.5, environment: {}, signal: stopping.signal }
  const ended = runTail({ format: 'ndjson', ...options }, console, machine)
  ended.catch(() => undefined)
  const rows = (): OccurrenceRow[] =>
    console.written.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OccurrenceRow)
  return {
    console,
    ended,
    rows,
    async sees(count: number) {
      for (let tries = 0; rows().length < count; tries++) {
        if (tries > 1000) throw new Error(`only ${rows().length} of ${count}: ${console.written.error}`)
        await new Promise((done) => setTimeout(done, 5))
      }
    },
    stop() {
      stopping.abort()
      return ended
    },
  }
}

test('what is stored, oldest first, as the list has it', async () => {
  const store = database()
  analysed(store, ['a'], found(cuts('EPA-0017', 3)))
  const { ended, rows } = start({ db: store.path })
  expect(await ended).toBe(0)
  expect(rows()).toEqual(listOccurrences(store, {}, { limit: 10 }).items.toReversed())
})

test('only what is wanted', async () => {
  const store = database()
  analysed(store, ['a'], found([...cuts('EPA-0017', 2), ...cuts('EPA-0020', 2)]))
  const wanted = { severity: 'critical', type: 'severed-idle', service: 'dlp-endpoint' }
  const { ended, rows } = start({ db: store.path, agent: 'EPA-0020', ...wanted })
  await ended
  expect(rows().map(({ agent }) => agent?.id)).toEqual(['EPA-0020', 'EPA-0020'])
  const none = start({ db: store.path, since: '2026-11-21T02:30:00Z' })
  await none.ended
  expect(none.rows()).toEqual([])
})

describe('what another process commits', () => {
  test('is shown once, even if the traffic is older', async () => {
    const store = database()
    analysed(store, ['a'], found(cuts('EPA-0017', 12)))
    const { sees, rows, stop, console } = start({ db: store.path, follow: true })
    await sees(10)
    analysed(store, ['b'], found(cuts('EPA-0020', 2, -500)))
    await sees(12)
    analysed(store, ['c'], found(cuts('EPA-0023', 1, 500)))
    await sees(13)
    expect(await stop()).toBe(130)
    expect(rows().map(({ agent }) => agent?.id)).toEqual([
      ...Array<string>(10).fill('EPA-0017'),
      'EPA-0020',
      'EPA-0020',
      'EPA-0023',
    ])
    expect(console.written.error).toBe('')
  })

  test('is fetched from the list where it was more than is followed', async () => {
    const store = database()
    analysed(store, ['a'], found(cuts('EPA-0017', 1)))
    const { sees, rows, stop, console } = start({ db: store.path, follow: true })
    await sees(1)
    // In one transaction, so that nobody sees the state in between.
    store.db.transaction(() => {
      analysed(store, ['b'], found(cuts('EPA-0020', 2, 500)))
      store.db.exec('DELETE FROM change WHERE id < (SELECT max(id) FROM change)')
    })()
    await sees(3)
    await stop()
    expect(rows().map(({ agent }) => agent?.id)).toEqual(['EPA-0017', 'EPA-0020', 'EPA-0020'])
    expect(console.written.error).toMatch(
      /^holdfast: more changed at once than can be followed; 2 alerts fetched from the list, alerts of traffic before .*Z may be missing/,
    )
  })
})

test.each([
  [true, 'there is no such database'],
  [false, 'there is no such database'],
])('no database (follow: %s)', async (follow, sentence) => {
  const { ended } = start({ db: join(folder(), 'none.db'), follow })
  await expect(ended).rejects.toThrow(expect.objectContaining({ exitCode: 1 }))
  await expect(ended).rejects.toThrow(sentence)
})

test('another kind of file', async () => {
  const path = join(folder(), 'notes.txt')
  writeFileSync(path, 'not a database, but long enough to be looked at as one'.repeat(20))
  await expect(start({ db: path }).ended).rejects.toThrow(/is no database/)
})
