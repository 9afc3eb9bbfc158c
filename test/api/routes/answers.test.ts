/** A real analysis, asked for by every route: each answer has the shape that the API's description tells. */
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import * as incidents from '../../../src/api/schemas/incidents.ts'
import * as operation from '../../../src/api/schemas/operation.ts'
import * as parties from '../../../src/api/schemas/parties.ts'
import { page } from '../../../src/api/schemas/values.ts'
import { perform } from '../../../src/cli/serve/analysis.ts'
import type { IncidentView, OccurrenceRow, Page } from '../../../src/model/view.ts'
import { addAnalysis } from '../../../src/store/analyses.ts'
import { addCapture } from '../../../src/store/captures.ts'
import { NOW, json, keptRig, problemOf } from '../harness.ts'
import type { Rig } from '../harness.ts'

const FIXTURE = 'fixtures/severed-by-load-balancer'
const TAPS = ['client', 'server'] as const

let rig: Rig
let end: () => Promise<void>

beforeAll(async () => {
  ;({ rig, end } = keptRig())
  const inputs = TAPS.map((tap) => {
    const sha256 = tap.padEnd(64, '0')
    const { id } = addCapture(rig.store, { sha256, name: `${tap}.pcap.gz`, size: 1, stored: sha256, at: NOW })
    return { capture: id, tap, name: `${tap}.pcap.gz`, sha256, path: join(FIXTURE, `${tap}.pcap.gz`) }
  })
  const config = readFileSync(join(FIXTURE, 'holdfast.yaml'), 'utf8')
  const analysis = addAnalysis(rig.store, { inputs, config, at: NOW })
  const rest = { isPublished: false, config, keylog: null, plainSecrets: false, note: null }
  const order = { kind: 'job', database: rig.store.path, analysis, inputs, ...rest } as const
  const done = await perform({ ...order, wish: new SharedArrayBuffer(4) }, () => undefined)
  expect(done).toEqual({ state: 'done' })
})
afterAll(() => end())

const get = async <T>(path: string): Promise<T> => (await (await rig.ask(`/api/v1${path}`)).json()) as T

/** A list with at least one row, as the API answers it. */
const rows = async <T>(path: string): Promise<readonly T[]> => {
  const { items } = await get<Page<T>>(path)
  expect(items.length).toBeGreaterThan(0)
  return items
}

/** No member is missing, none is there that the schema does not tell. */
async function holds(path: string, schema: z.ZodType): Promise<void> {
  const answer = await rig.ask(path.startsWith('/health') ? path : `/api/v1${path}`)
  expect([path, answer.status]).toEqual([path, 200])
  const value: unknown = await answer.json()
  const parsed = schema.safeParse(value)
  expect(parsed.error?.issues).toBeUndefined()
  expect(value).toEqual(parsed.data)
}

describe('shapes', () => {
  test.each([
    ['/overview', operation.overviewView],
    ['/taps', z.array(operation.tapRow).length(1)],
    ['/overview?since=2026-11-21T00:00:00Z', operation.overviewView],
    ['/counts', operation.counts],
    ['/incidents', page(incidents.incidentRow)],
    ['/occurrences', page(incidents.occurrenceRow)],
    ['/agents', page(parties.agentRow)],
    ['/services', page(parties.serviceRow)],
    ['/servers', page(parties.serverRow)],
    ['/connections', page(parties.connectionRow)],
    ['/captures', page(operation.captureRow)],
    ['/captures/1', operation.captureRow],
    ['/analyses', page(operation.analysisRow)],
    ['/analyses/1', operation.analysisRow],
    ['/requirements', page(operation.requirementRow)],
    ['/session', operation.sessionView],
    ['/healthz', operation.healthView],
  ])('%s', async (path, schema) => {
    await holds(path, schema)
  })

  test('agents whose names an address cannot hold', async () => {
    const insert = rig.store.db.prepare(`INSERT INTO agent
      (name, identified_by, confidence, first_seen, last_seen) VALUES (?, 'address', 1, 1, 2)`)
    const names = ['.', '..', '~.', '~~..', '~a']
    for (const name of names) insert.run(name)
    const asked = ['~.', '~..', '~~.', '~~~..', '~a']
    const found = await Promise.all(asked.map((id) => get<{ id: string }>(`/agents/${id}`)))
    expect(found.map(({ id }) => id)).toEqual(names)
    rig.store.db.prepare('DELETE FROM agent WHERE last_seen = 2').run()
  })

  test('details of what the lists name', async () => {
    for (const { id } of await rows<{ id: string }>('/incidents')) {
      await holds(`/incidents/${id}`, incidents.incidentView)
      await holds(`/incidents/${id}/occurrences`, page(incidents.occurrenceRow))
    }
    for (const { id } of (await rows<{ id: number }>('/occurrences')).slice(0, 5))
      await holds(`/occurrences/${id}`, incidents.occurrenceView)
    for (const { id } of (await rows<{ id: string }>('/agents')).slice(0, 5))
      await holds(`/agents/${encodeURIComponent(id)}`, parties.agentView)
    for (const { name } of await rows<{ name: string }>('/services'))
      await holds(`/services/${encodeURIComponent(name)}`, parties.serviceView)
    for (const { id } of (await rows<{ id: number }>('/connections')).slice(0, 5))
      await holds(`/connections/${id}`, parties.connectionView)
  })
})

describe('lists', () => {
  test.each(['/incidents', '/occurrences', '/agents', '/servers', '/connections', '/captures'])(
    '%s: pages of one make up the whole, in its order',
    async (path) => {
      const whole = await rows<{ id: unknown }>(`${path}?limit=500`)
      const seen: unknown[] = []
      let cursor: string | null = null
      do {
        const part: Page<{ id: unknown }> = await get(
          `${path}?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
        )
        seen.push(...part.items.map(({ id }) => id))
        cursor = part.next
      } while (cursor !== null)
      expect(seen).toEqual(whole.map(({ id }) => id))
    },
  )

  test('filters combine', async () => {
    const [incident] = await rows<IncidentView>('/incidents?severity=critical')
    const service = incident?.service ?? ''
    const total = async (query: string) => (await get<Page<unknown>>(`/incidents?${query}`)).items.length
    const all = await total('')
    expect(await total(`service=${service}&service=nobody`)).toBe(await total(`service=${service}`))
    expect(await total('service=nobody')).toBe(0)
    expect(await total(`service=${service}&state=resolved`)).toBe(0)
    expect(await total('state=open&state=reopened&state=acknowledged')).toBe(all)
    expect(await total('capture=1')).toBe(all)
    expect(await total('capture=99')).toBe(0)
    expect(await total('to=2000-01-01T00:00:00Z')).toBe(0)
    expect(await total('since=2026-01-01T00:00:00Z')).toBe(all)
    expect(await total('since=2100-01-01T00:00:00Z')).toBe(0)
  })

  test('the occurrences of an incident are its own', async () => {
    const [incident] = await rows<IncidentView>('/incidents')
    const own = await rows<OccurrenceRow>(`/incidents/${incident?.id}/occurrences`)
    expect(own.every((row) => row.incident === incident?.id)).toBe(true)
    expect(await problemOf(await rig.ask('/api/v1/incidents/HF-999/occurrences'))).toMatchObject({
      status: 404,
    })
  })
})

describe('a person', () => {
  test('acknowledges and resolves, on record', async () => {
    const [incident] = await rows<IncidentView>('/incidents')
    const change = async (body: unknown) =>
      (await (await rig.ask(`/api/v1/incidents/${incident?.id}/state`, json(body))).json()) as IncidentView
    expect((await change({ state: 'acknowledged' })).state).toBe('acknowledged')
    const resolved = await change({ state: 'resolved', note: '<b>timer raised</b>' })
    expect(resolved.state).toBe('resolved')
    expect(resolved.history.slice(-2)).toEqual([
      { at: '2026-11-21T02:08:06.123456Z', state: 'acknowledged', by: 'local', note: '' },
      { at: '2026-11-21T02:08:06.123456Z', state: 'resolved', by: 'local', note: '<b>timer raised</b>' },
    ])
    expect((await change({ state: 'open' })).state).toBe('reopened')
  })

  test('starts an analysis of captures', async () => {
    const answer = await rig.ask(
      '/api/v1/analyses',
      json({ captures: [{ id: 1, tap: 'inside' }, { id: 2 }] }),
    )
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/api/v1/analyses/2'])
    expect(await answer.json()).toMatchObject({
      id: 2,
      state: 'queued',
      inputs: [{ capture: 1, tap: 'inside' }, { capture: 2 }],
    })
    expect(rig.started).toEqual([{ captures: [{ id: 1, tap: 'inside' }, { id: 2 }] }])
    const cancelled = await rig.ask('/api/v1/analyses/2/cancel', { method: 'POST' })
    expect(await cancelled.json()).toMatchObject({ id: 2, state: 'cancelled' })
    expect(await problemOf(await rig.ask('/api/v1/analyses/2', { method: 'DELETE' }))).toMatchObject({
      status: 409,
    })
  })
})
