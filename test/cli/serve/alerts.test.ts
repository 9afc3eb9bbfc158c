/**
 * Alerts of a server in a process of its own: kill -9 between the commit of an incident and the delivery of
 * its alert, in the middle of a delivery, and while nobody answers, leaves one logical alert for each
 * incident.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { httpPeer } from '../../alerts/outputs/peers.ts'
import { fixture, get, post, type RunningServer, settled, startServer, upload } from './server.ts'

const place = mkdtempSync(join(tmpdir(), 'holdfast-alerting-'))
afterAll(() => rmSync(place, { recursive: true }))

const CASE = 'severed-by-load-balancer'

function configuration(url: string): string {
  const path = join(place, 'holdfast.yaml')
  const own = new TextDecoder().decode(fixture(`${CASE}/holdfast.yaml`))
  const alerts = `alerts:\n  outputs: [{ name: ops, webhook: { url: "${url}" } }]\n  routes: [{ severity: info }]\n`
  writeFileSync(path, `${own}\n${alerts}`)
  return path
}

async function analyse(server: RunningServer): Promise<void> {
  const captures = []
  for (const tap of ['client', 'server']) {
    const { body } = await upload(server, `${tap}.pcap.gz`, fixture(`${CASE}/${tap}.pcap.gz`))
    captures.push({ id: body.id, tap })
  }
  const { body } = await post(server, '/analyses', { captures })
  expect(await settled(server, body.id)).toMatchObject({ state: 'done' })
}

async function deliveries(server: RunningServer) {
  const { body } = await get(server, '/alerts/deliveries?limit=100')
  return body.items as { id: number; key: string; incident: string; state: string; answer: string }[]
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 100))
}

test('killed at any point, each incident is told once', async () => {
  // The first request is never answered, the second is refused.
  const peer = await httpPeer((n) => (n === 0 ? null : { status: n === 1 ? 500 : 200 }))
  const unused = createServer().listen(0, '127.0.0.1')
  await until(() => unused.listening)
  const nowhere = `http://127.0.0.1:${(unused.address() as { port: number }).port}/`
  await new Promise((closed) => unused.close(closed))
  const words = ['--db', join(place, 'holdfast.db'), '--config']

  // Nobody answers there; what is committed waits.
  let server = await startServer(...words, configuration(nowhere))
  await analyse(server)
  await until(async () => (await deliveries(server)).length > 0)
  const planned = await deliveries(server)
  await server.end('SIGKILL')

  // Killed while a delivery is under way, of which nobody knows what became.
  server = await startServer(...words, configuration(peer.url))
  await peer.came(1)
  await server.end('SIGKILL')

  server = await startServer(...words, configuration(peer.url))
  await until(async () => (await deliveries(server)).every(({ state }) => state === 'delivered'))
  const ended = await deliveries(server)
  const metrics = await (await fetch(server.api.replace('/api/v1', '/metrics'))).text()
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })

  const { total } = { total: planned.length }
  expect(total).toBeGreaterThan(0)
  expect(ended.map(({ key }) => key)).toEqual(planned.map(({ key }) => key))
  expect(new Set(ended.map(({ incident }) => incident)).size).toBe(total)
  const keys = peer.requests.map(({ headers }) => headers['webhook-id'])
  expect(keys.length).toBeGreaterThan(total)
  expect(new Set(keys)).toEqual(new Set(ended.map(({ key }) => key)))
  expect(metrics).toContain(`holdfast_alert_attempts_total{output="ops",became="delivered"} ${total}\n`)
  expect(metrics).toContain('holdfast_alert_deliveries{output="ops",state="waiting"} 0\n')
})

test('a secret that is missing is told at the start', async () => {
  const path = join(place, 'missing.yaml')
  writeFileSync(path, 'alerts: { outputs: [{ name: chat, slack: { url: { env: HOLDFAST_NO_SUCH } } }] }\n')
  await expect(startServer('--db', join(place, 'other.db'), '--config', path)).rejects.toThrow(
    `${path}: the output chat cannot be used: the environment variable HOLDFAST_NO_SUCH is not set`,
  )
})
