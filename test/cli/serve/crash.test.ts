/**
 * kill -9 at any moment of an upload, an analysis or a commit: the database opens, nothing acknowledged is
 * missing, jobs that were interrupted finish, nothing is counted twice. HOLDFAST_KILLS says how often
 * (default 5).
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { pcapngWriter } from '../../../collectors/pcapng-writer.ts'
import { openStore } from '../../../src/store/store.ts'
import { fixture, get, post, type RunningServer, settled, startServer, upload } from './server.ts'

const KILLS = Number(process.env['HOLDFAST_KILLS'] ?? 5)
/** Kills are spread over this time after a job was asked for: it takes about as long. */
const SPREAD_MS = 900

const place = mkdtempSync(join(tmpdir(), 'holdfast-crash-'))
afterAll(() => rmSync(place, { recursive: true }))

const CASE = 'severed-by-load-balancer'
const config = new TextDecoder().decode(fixture(`${CASE}/holdfast.yaml`))
const FILES = ['client', 'server'].map((tap) => ({ tap, bytes: fixture(`${CASE}/${tap}.pcap.gz`) }))
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What clients were told. */
interface Told {
  readonly hashes: Map<number, string>
  readonly analyses: Set<number>
  readonly incidents: Set<string>
}

const wait = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms))

async function uploadAll(server: RunningServer, told: Told): Promise<{ id: number; tap: string }[]> {
  const captures = []
  for (const { tap, bytes } of FILES) {
    const { body } = await upload(server, `${tap}.pcap.gz`, bytes)
    told.hashes.set(body.id, hashOf(bytes))
    captures.push({ id: body.id, tap })
  }
  return captures
}

async function analyse(server: RunningServer, told: Told): Promise<number> {
  const captures = await uploadAll(server, told)
  const { body } = await post(server, '/analyses', { captures, config })
  told.analyses.add(body.id)
  return body.id
}

/** An upload that takes as long as the server lives. */
async function slowUpload(server: RunningServer, seed: number, told: Told): Promise<void> {
  const writer = pcapngWriter({ application: 'test', comment: `upload ${seed}` })
  const blocks = [writer.header()]
  const packet = { tap: '', linkType: 1, time: 1e15, nanoseconds: 0, wireLength: 1000, comment: '' }
  for (let i = 0; i < 60; i++) blocks.push(writer.packet({ ...packet, bytes: new Uint8Array(1000).fill(i) }))
  const slowly = async function* () {
    for (const block of blocks) {
      yield block
      await wait(8)
    }
  }
  const body = Readable.toWeb(Readable.from(slowly())) as unknown as ReadableStream
  const { status, body: row } = await upload(server, `slow-${seed}.pcapng`, body)
  if (status < 300) told.hashes.set(row.id, hashOf(Buffer.concat(blocks)))
}

async function note(server: RunningServer, told: Told): Promise<void> {
  for (const { id } of (await get(server, '/incidents')).body.items) told.incidents.add(id)
}

/** However the test ends, its server ends with it. */
async function started(...words: string[]): Promise<RunningServer> {
  const server = await startServer(...words)
  onTestFinished(() => void server.end('SIGKILL'))
  return server
}

async function killed(db: string, turn: number, told: Told): Promise<void> {
  const server = await started('--db', db)
  const gone = (): undefined => undefined
  const work = Promise.all([
    slowUpload(server, turn, told).catch(gone),
    analyse(server, told).catch(gone),
    wait((SPREAD_MS * (turn + 0.5)) / KILLS)
      .then(() => note(server, told))
      .catch(gone),
  ])
  await wait((SPREAD_MS * (turn + 1)) / KILLS)
  expect(await server.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
  await work
}

const SAME = {
  incidents: 'SELECT type, cause, occurrences, agents, start, "end" FROM incident ORDER BY type, cause',
  shares: 'SELECT count(*) AS n, sum(occurrences) AS occurrences FROM incident_share',
  agents: 'SELECT name, occurrences FROM agent ORDER BY name',
  tally: 'SELECT sum(connections) AS n FROM tally',
  ...Object.fromEntries(
    ['connection', 'session', 'occurrence', 'evidence', 'packet', 'requirement', 'minute', 'silence'].map(
      (table) => [table, `SELECT count(*) AS n FROM ${table}`],
    ),
  ),
}

/** What must not depend on how often the server was killed. */
function contentOf(db: string): Record<string, unknown> {
  const store = openStore(db)
  const rows = Object.entries(SAME).map(([name, sql]) => [name, store.db.prepare(sql).all()])
  const health = [store.db.pragma('integrity_check', { simple: true }), store.db.pragma('foreign_key_check')]
  store.close()
  expect(health).toEqual(['ok', []])
  return Object.fromEntries(rows) as Record<string, unknown>
}

async function undisturbed(): Promise<Record<string, unknown>> {
  const db = join(place, 'calm.db')
  const server = await started('--db', db)
  const told = { hashes: new Map(), analyses: new Set<number>(), incidents: new Set<string>() }
  await settled(server, await analyse(server, told))
  await server.end('SIGTERM')
  return contentOf(db)
}

function keptIn(db: string): unknown[] {
  const store = openStore(db, { readOnly: true })
  const names = store.db.prepare('SELECT stored FROM capture ORDER BY stored').pluck().all()
  store.close()
  return names
}

test(`killed ${KILLS} times`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const expected = await undisturbed()
  const db = join(place, 'killed.db')
  const told: Told = { hashes: new Map(), analyses: new Set(), incidents: new Set() }
  for (let turn = 0; turn < KILLS; turn++) await killed(db, turn, told)

  const server = await started('--db', db)
  const last = await analyse(server, told)
  await settled(server, last)
  const ends = []
  for (const id of told.analyses) ends.push((await get(server, `/analyses/${id}`)).body)
  // One that was done was replaced by the next of the same captures; after too many kills one is given up.
  const isFine = ({ state, status, error }: { state: string; status: number; error: string | null }) =>
    state === 'done' || status === 404 || error?.startsWith('The server ended 3 times')
  expect(ends.filter((end) => !isFine(end))).toEqual([])
  expect(ends.at(-1)).toMatchObject({ id: last, state: 'done', error: null })
  const shown = (await get(server, '/incidents')).body.items.map(({ id }: { id: string }) => id)
  expect([...told.incidents].filter((id) => !shown.includes(id))).toEqual([])
  for (const [id, sha256] of told.hashes)
    expect((await get(server, `/captures/${id}`)).body).toMatchObject({ id, sha256, kept: true })
  await server.end('SIGTERM')

  expect(contentOf(db)).toEqual(expected)
  const files = readdirSync(`${db}-captures`).filter((name) => !name.startsWith('.lock'))
  // A capture may have been kept without its client having heard of it.
  expect(files.sort()).toEqual(keptIn(db))
  for (const name of files) expect(hashOf(readFileSync(join(`${db}-captures`, name)))).toBe(name)
})
