/**
 * A process is killed with SIGKILL at random moments while it stores analyses. Whenever it dies, the
 * database opens, what was promised is there, and nothing is counted twice. HOLDFAST_KILLS=100 kills as
 * often.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { CAUSES, CONNECTIONS, OCCURRENCES } from './crash/records.ts'
import { all, folder, one } from './database.ts'

const KILLS = Number(process.env['HOLDFAST_KILLS'] ?? 24)
/** From its first word on, a process lives this long at most: the time of about two analyses. */
const LIFE_MS_MAX = 700

/** Word -> numbers: what was told before the process died. */
type Promises = Map<string, Set<number>>

/** The code that victims run is compiled once, beside their database: most of a short life is its start. */
const victim = (path: string, mode: string, last: number): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, 'crash', 'victim.ts'), path, mode, String(last)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: `${path}-compiled` },
  })

/** Lets it live for so long; all that it said. */
async function live(process: ChildProcess, promises: Promises, milliseconds: number): Promise<void> {
  const ended = once(process, 'exit')
  for await (const line of createInterface({ input: process.stdout! })) {
    const [word = '', number] = line.split(' ')
    if (!promises.has(word)) promises.set(word, new Set())
    promises.get(word)!.add(Number(number))
    if (word === 'ready' && milliseconds < Infinity)
      void sleep(milliseconds).then(() => process.kill('SIGKILL'))
  }
  await ended
}

const numbers = (store: Store, sql: string): number[] => store.db.prepare(sql).pluck().all() as number[]

function checkPromises(store: Store, promises: Promises): void {
  const captures = new Set(numbers(store, 'SELECT id FROM capture'))
  const analyses = new Set(numbers(store, 'SELECT id FROM analysis'))
  const done = new Set(numbers(store, "SELECT id FROM analysis WHERE state = 'done'"))
  const told = (word: string): number[] => [...(promises.get(word) ?? [])]
  const mayBeGone = promises.get('deleting') ?? new Set()
  expect(told('capture').filter((id) => !captures.has(id))).toEqual([])
  expect(told('queued').filter((id) => !analyses.has(id) && !mayBeGone.has(id))).toEqual([])
  expect(told('done').filter((id) => !done.has(id) && !mayBeGone.has(id))).toEqual([])
  expect(told('deleted').filter((id) => analyses.has(id))).toEqual([])
}

/** Sums of what the published analyses found, against what is shown. */
function checkCounts(store: Store): void {
  expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(store.db.pragma('foreign_key_check')).toEqual([])
  const published = numbers(store, 'SELECT id FROM analysis WHERE published = 1')
  const count = published.length
  const incidents = all(store, 'SELECT occurrences FROM incident ORDER BY id')
  const each = { occurrences: OCCURRENCES * count }
  expect(incidents).toEqual(count === 0 ? [] : Array.from({ length: CAUSES }, () => each))
  for (const table of ['occurrence', 'evidence'])
    expect([table, one(store, `SELECT count(*) FROM ${table}`)]).toEqual([
      table,
      CAUSES * OCCURRENCES * count,
    ])
  for (const [table, column] of [
    ['incident_agent', 'occurrences'],
    ['agent', 'occurrences'],
    ['minute', 'CASE server WHEN 0 THEN critical ELSE 0 END'],
  ])
    expect([table, one(store, `SELECT coalesce(sum(${column}), 0) FROM ${table}`)]).toEqual([
      table,
      CAUSES * OCCURRENCES * count,
    ])
  for (const id of published) {
    for (const sum of ['count(*) FROM connection', 'sum(connections) FROM tally'])
      expect([sum, one(store, `SELECT ${sum} WHERE analysis = ?`, id)]).toEqual([sum, CONNECTIONS])
    const opened = 'SELECT sum(opened) FROM minute WHERE server = 0 AND analysis = ?'
    expect(one(store, opened, id)).toBe(CONNECTIONS)
  }
  const text = 'SELECT count(*) FROM incident_text'
  expect(one(store, text)).toBe(incidents.length)
}

function checkProof(store: Store): void {
  const unproved = `SELECT count(*) FROM evidence JOIN occurrence ON occurrence.id = evidence.occurrence
    JOIN analysis ON analysis.id = occurrence.analysis WHERE kept IS NULL AND analysis.state = 'done'`
  expect(one(store, unproved)).toBe(0)
  const wrong = `SELECT count(*) FROM evidence JOIN packet ON packet.id = evidence.kept
    WHERE packet.number <> evidence.packet OR substr(hex(packet.bytes), 1, 2) <> printf('%02X', packet.number)`
  expect(one(store, wrong)).toBe(0)
}

test(`killed ${KILLS} times`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
  const path = join(folder(), 'holdfast.db')
  const promises: Promises = new Map()
  await live(victim(path, 'thread', 1), promises, Infinity) // who is killed leaves no compiled code behind
  for (let i = 0; i < KILLS; i++) {
    await live(victim(path, i % 2 === 0 ? 'thread' : 'same', 1_000), promises, Math.random() * LIFE_MS_MAX)
    const store = openStore(path)
    checkPromises(store, promises)
    checkCounts(store)
    checkProof(store)
    store.close()
  }
  const stored = openStore(path)
  const captures = one(stored, 'SELECT count(*) FROM capture') as number
  stored.close()
  await live(victim(path, 'thread', captures), promises, Infinity)
  expect(promises.has('over')).toBe(true)
  const store = openStore(path)
  checkPromises(store, promises)
  checkCounts(store)
  checkProof(store)
  // Nothing waits or runs any more.
  expect(numbers(store, "SELECT id FROM analysis WHERE state <> 'done'")).toEqual([])
  store.close()
})
