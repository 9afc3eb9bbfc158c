import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { config, FIXTURE, holdfast, inputs, kept, type Kept } from '../kept.ts'
import { program } from '../program.ts'

let place: string
let db: string
let rows: Kept['rows']
let count: Kept['count']
beforeEach(() => {
  ;({ place, db, rows, count } = kept())
})

interface Line {
  readonly kind: string
  readonly sha256: string
  readonly type: string
  readonly occurrences: number
}

describe('analyze --db', () => {
  test('keeps what it shows, beside showing it', async () => {
    const shown = await holdfast('analyze', '--format', 'ndjson', ...config, '--db', db, ...inputs)
    expect([shown.exitCode, shown.error]).toEqual([0, ''])
    const records = shown.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    const kinds = Map.groupBy(records, ({ kind }) => kind)
    const incidents = kinds.get('incident')!.map(({ type, occurrences }) => ({ type, occurrences }))
    expect(rows('SELECT type, occurrences FROM incident ORDER BY id')).toEqual(incidents)
    expect(count('connection')).toBe(kinds.get('connection')!.length)
    expect(count('session')).toBe(kinds.get('session')!.length)
    expect(count('occurrence')).toBe(kinds.get('occurrence')!.length)
    expect(rows('SELECT sha256, stored, name FROM capture ORDER BY id')).toEqual(
      kinds
        .get('capture')!
        .map(({ sha256 }, i) => ({ sha256, stored: null, name: inputs[i]!.split('=')[1] })),
    )
    expect(rows('SELECT state, error FROM analysis')).toEqual([{ state: 'done', error: null }])
    expect(rows('SELECT count(*) AS n FROM evidence WHERE kept IS NULL')).toEqual([{ n: 0 }])
  })

  test('again, changes nothing', async () => {
    const words = ['analyze', '--quiet', ...config, '--db', db, ...inputs]
    await holdfast(...words)
    const before = ['capture', 'connection', 'incident', 'occurrence', 'packet'].map(count)
    const incidents = rows('SELECT id, type, cause, occurrences, agents FROM incident ORDER BY id')
    expect((await holdfast(...words)).exitCode).toBe(0)
    expect(['capture', 'connection', 'incident', 'occurrence', 'packet'].map(count)).toEqual(before)
    expect(rows('SELECT id, type, cause, occurrences, agents FROM incident ORDER BY id')).toEqual(incidents)
  })

  test('of a copy of a known capture is of the same capture', async () => {
    const original = join(FIXTURE, 'client.pcap.gz')
    const copy = join(place, 'copy.pcap.gz')
    copyFileSync(original, copy)
    await holdfast('analyze', '--quiet', '--db', db, original)
    await holdfast('analyze', '--quiet', '--db', db, copy)
    expect(rows('SELECT name FROM capture')).toEqual([{ name: original }])
  })

  test('leaves nothing of captures that cannot be read', async () => {
    const broken = join(place, 'broken.pcap.gz')
    writeFileSync(broken, readFileSync(join(FIXTURE, 'client.pcap.gz')).subarray(0, 60))
    const { exitCode, error } = await holdfast('analyze', '--quiet', '--db', db, broken)
    expect([exitCode, error]).toEqual([1, expect.stringMatching(/cut off|cannot be read/)])
    expect(['analysis', 'capture', 'connection'].filter((table) => count(table) !== 0)).toEqual([])
  })

  test('of what is no database is refused before anything is read', async () => {
    const other = join(place, 'capture.pcap')
    writeFileSync(other, gunzipSync(readFileSync(join(FIXTURE, 'client.pcap.gz'))))
    const { exitCode, error } = await holdfast('analyze', '--quiet', '--db', other, ...inputs)
    expect([exitCode, error]).toEqual([1, expect.stringMatching(/is no database/)])
  })

  test('what was killed is cleared when the database is opened next; what still runs is not', async () => {
    const [dead, alive] = [begun(), begun()]
    await until(() => existsSync(db) && running() === 2)
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    expect([running(), claims().length]).toEqual([2, 2])
    await holdfast('analyze', '--quiet', '--db', db, inputs[0]!)
    expect([running(), claims().length, count('analysis')]).toEqual([1, 1, 2])
    alive.stdin.end()
    expect(await once(alive, 'exit')).toEqual([0, null])
    expect([running(), claims().length, count('analysis')]).toEqual([0, 0, 2])
  })

  /** An analysis of standard input, which stays open. */
  const begun = () => {
    const child = spawn(process.execPath, program(['analyze', '--quiet', '--db', db, '-']))
    child.stdin.on('error', () => undefined)
    child.stdin.write(gunzipSync(readFileSync(join(FIXTURE, 'client.pcap.gz'))))
    return child
  }
  const running = (): unknown =>
    rows("SELECT count(*) AS n FROM analysis WHERE state = 'running'").map(
      (row) => (row as { n: number }).n,
    )[0]
  const claims = (): string[] => readdirSync(place).filter((name) => /-analysis-\d+$/.test(name))
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((later) => setTimeout(later, 20))
}
