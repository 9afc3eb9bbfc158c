/** Alerts of what is watched, at the outputs of the configuration. */
import { spawn } from 'node:child_process'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { alertsLock } from '../../../src/cli/alert/lock.ts'
import { openStore } from '../../../src/store/store.ts'
import { httpPeer } from '../../alerts/outputs/peers.ts'
import { folder } from '../../store/database.ts'
import { program } from '../program.ts'

/** The program starts on machines that are busy. */
const PROGRAM_MS_MAX = 120_000
const FIXTURE = 'fixtures/severed-by-load-balancer'

/** Watches the fixture's capture to its end. */
async function watched(config: string, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, program(['watch', '-r', '-', '--config', config, ...words]), {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  child.stdin.on('error', () => undefined)
  createReadStream(`${FIXTURE}/client.pcap.gz`).pipe(createGunzip()).pipe(child.stdin)
  let error = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text))
  const code = await new Promise((resolve) => {
    child.on('close', resolve)
  })
  return { code, error }
}

function configuration(alerts: string): { readonly place: string; readonly config: string } {
  const place = folder()
  const config = join(place, 'holdfast.yaml')
  writeFileSync(config, `${readFileSync(`${FIXTURE}/holdfast.yaml`, 'utf8')}\nalerts:\n${alerts}\n`)
  return { place, config }
}

test('each incident is sent once, before it ends', { timeout: PROGRAM_MS_MAX }, async () => {
  const peer = await httpPeer(() => ({ status: 204 }))
  const { place, config } = configuration(
    `  outputs: [{ name: ops, webhook: { url: "${peer.url}" } }]\n  routes: [{ severity: info, updateEvery: 24h }]`,
  )
  const db = join(place, 'w.db')
  expect(await watched(config, ['--db', db])).toEqual({ code: 0, error: '' })
  const told = peer.requests.map(({ body }) => JSON.parse(body) as { type: string; data: { id: string } })
  const opened = told.filter(({ type }) => type === 'incident.opened').map(({ data }) => data.id)
  const store = openStore(db, { readOnly: true })
  const incidents = store.db.prepare("SELECT 'HF-' || id AS id FROM incident ORDER BY id").all()
  const states = store.db.prepare('SELECT DISTINCT state FROM delivery').all()
  store.close()
  expect(opened.toSorted().map((id) => ({ id }))).toEqual(incidents)
  expect(states).toEqual([{ state: 'delivered' }])
})

test('what cannot be delivered is told where nothing is kept', { timeout: PROGRAM_MS_MAX }, async () => {
  const peer = await httpPeer(() => ({ status: 503 }))
  const { config } = configuration(`  outputs: [{ name: ops, webhook: { url: "${peer.url}" } }]`)
  const { code, error } = await watched(config)
  expect(code).toBe(0)
  expect(error).toContain('an alert was not delivered to ops')
  expect(error).toMatch(/\d alerts? could not be delivered, and nobody tries again without --db/)
})

test('one process sends; a secret that is missing is told at once', { timeout: PROGRAM_MS_MAX }, async () => {
  const peer = await httpPeer(() => ({ status: 204 }))
  const output = `{ name: ops, webhook: { url: "${peer.url}", secret: { env: HOLDFAST_TEST_SECRET } } }`
  const { place, config } = configuration(`  outputs: [${output}]`)
  expect(await watched(config)).toMatchObject({
    code: 1,
    error: expect.stringContaining('HOLDFAST_TEST_SECRET is not set') as string,
  })
  const db = join(place, 'w.db')
  const unlock = alertsLock(db)!
  const { code, error } = await watched(config, ['--db', db], { HOLDFAST_TEST_SECRET: 'whsec_c2VjcmV0' })
  unlock()
  expect(code).toBe(0)
  expect(error).toContain('another process sends the alerts of')
  expect(peer.requests).toEqual([])
})
