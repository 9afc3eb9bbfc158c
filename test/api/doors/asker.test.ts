import { describe, expect, test } from 'vitest'
import type { Role } from '../../../src/model/view.ts'
import { revokeToken } from '../../../src/store/tokens.ts'
import { bearer, json, problemOf, rigOf } from '../harness.ts'
import type { Rig } from '../harness.ts'

type Least = Role | 'anybody'

/** Every route, and who may use it. A path has values of its parameters after a space. */
const ROUTES: readonly (readonly [method: string, route: string, least: Least, path?: string])[] = [
  ['GET', '/healthz', 'anybody'],
  ['GET', '/metrics', 'viewer'],
  ['GET', '/api/v1/overview', 'viewer'],
  ['GET', '/api/v1/counts', 'viewer'],
  ['GET', '/api/v1/incidents', 'viewer'],
  ['GET', '/api/v1/incidents/:id', 'viewer', '/api/v1/incidents/HF-1'],
  ['GET', '/api/v1/incidents/:id/occurrences', 'viewer', '/api/v1/incidents/HF-1/occurrences'],
  ['POST', '/api/v1/incidents/:id/state', 'operator', '/api/v1/incidents/HF-1/state'],
  ['GET', '/api/v1/incidents/:id/packets', 'viewer', '/api/v1/incidents/HF-1/packets'],
  ['GET', '/api/v1/occurrences', 'viewer'],
  ['GET', '/api/v1/occurrences/:id', 'viewer', '/api/v1/occurrences/1'],
  ['GET', '/api/v1/agents', 'viewer'],
  ['GET', '/api/v1/agents/:id', 'viewer', '/api/v1/agents/EPA-0017'],
  ['GET', '/api/v1/services', 'viewer'],
  ['GET', '/api/v1/services/:id', 'viewer', '/api/v1/services/dlp'],
  ['GET', '/api/v1/servers', 'viewer'],
  ['GET', '/api/v1/connections', 'viewer'],
  ['GET', '/api/v1/connections/:id', 'viewer', '/api/v1/connections/1'],
  ['GET', '/api/v1/connections/:id/packets', 'viewer', '/api/v1/connections/1/packets'],
  ['GET', '/api/v1/captures', 'viewer'],
  ['GET', '/api/v1/captures/:id', 'viewer', '/api/v1/captures/1'],
  ['PUT', '/api/v1/captures', 'operator', '/api/v1/captures?name=a.pcap'],
  ['DELETE', '/api/v1/captures/:id', 'admin', '/api/v1/captures/1'],
  ['GET', '/api/v1/analyses', 'viewer'],
  ['GET', '/api/v1/analyses/:id', 'viewer', '/api/v1/analyses/1'],
  ['POST', '/api/v1/analyses', 'operator'],
  ['POST', '/api/v1/analyses/:id/cancel', 'operator', '/api/v1/analyses/1/cancel'],
  ['DELETE', '/api/v1/analyses/:id', 'admin', '/api/v1/analyses/1'],
  ['GET', '/api/v1/requirements', 'viewer'],
  ['GET', '/api/v1/taps', 'viewer'],
  ['GET', '/api/v1/alerts/outputs', 'viewer'],
  ['POST', '/api/v1/alerts/outputs/:id/test', 'operator', '/api/v1/alerts/outputs/ops/test'],
  ['GET', '/api/v1/alerts/deliveries', 'viewer'],
  ['POST', '/api/v1/alerts/deliveries/resend', 'operator'],
  ['GET', '/api/v1/events', 'viewer'],
  ['GET', '/api/v1/session', 'anybody'],
  ['POST', '/api/v1/session', 'anybody'],
  ['DELETE', '/api/v1/session', 'anybody'],
  ['GET', '/api/v1/openapi.json', 'anybody'],
  ['GET', '/api/docs', 'anybody'],
  ['GET', '/api/docs.css', 'anybody'],
]

const RANK = { anybody: 0, viewer: 1, operator: 2, admin: 3 }
const guarded = { auth: { open: true, https: false } }

test('the table names every route', () => {
  const routed = rigOf().api.app.routes.filter(({ method }) => method !== 'ALL')
  const names = new Set(routed.map(({ method, path }) => `${method} ${path}`))
  expect([...names].sort()).toEqual(ROUTES.map(([method, route]) => `${method} ${route}`).sort())
})

describe('who may do what', () => {
  const askers: readonly (Role | 'nobody')[] = ['nobody', 'viewer', 'operator', 'admin']

  test.each(askers)('%s', async (asker) => {
    const rig = rigOf(guarded)
    rig.token(asker === 'admin' ? 'viewer' : 'admin') // with any token in the database the doors are shut
    const headers = asker === 'nobody' ? undefined : bearer(rig.token(asker))
    const rank = asker === 'nobody' ? 0 : RANK[asker]
    for (const [method, route, least, path = route] of ROUTES) {
      const { status, body } = await rig.ask(path, { method, ...(headers === undefined ? {} : { headers }) })
      await body?.cancel()
      const refused = status === 401 || status === 403
      const isLogin = method === 'POST' && route === '/api/v1/session'
      expect.soft({ method, route, refused }).toEqual({ method, route, refused: rank < RANK[least] })
      if (refused && !isLogin)
        expect.soft({ route, status }).toEqual({ route, status: rank === 0 ? 401 : 403 })
    }
  })

  test('everybody, on loopback without tokens', async () => {
    const rig = rigOf(guarded)
    for (const [method, route, , path = route] of ROUTES) {
      const { status, body } = await rig.ask(path, { method })
      await body?.cancel()
      expect.soft({ route, refused: status === 401 || status === 403 }).toEqual({ route, refused: false })
    }
  })

  test('nobody, elsewhere without tokens', async () => {
    const rig = rigOf({ auth: { open: false, https: false } })
    expect((await rig.ask('/api/v1/counts')).status).toBe(401)
    expect((await rig.ask('/api/v1/captures/1', { method: 'DELETE' })).status).toBe(401)
  })
})

describe('bearers', () => {
  const asks = (rig: Rig, authorization: string) => rig.ask('/api/v1/counts', { headers: { authorization } })

  test('a token that does not hold is told as such', async () => {
    const rig = rigOf(guarded)
    const token = rig.token('viewer')
    expect((await asks(rig, `Bearer ${token}`)).status).toBe(200)
    expect((await asks(rig, `bearer ${token}`)).status).toBe(200)
    const refusals = [
      `Bearer ${token}x`,
      `Bearer`,
      `Bearer ${token} ${token}`,
      `Basic ${token}`,
      token,
      'Bearer \u00e4',
    ]
    for (const header of refusals) {
      const answer = await asks(rig, header)
      expect.soft([header, answer.status]).toEqual([header, 401])
      expect.soft(answer.headers.get('www-authenticate')).toBe('Bearer realm="holdfast"')
    }
  })

  test('a revoked token holds no longer', async () => {
    const rig = rigOf(guarded)
    const token = rig.token('viewer')
    rig.token('admin')
    expect((await asks(rig, `Bearer ${token}`)).status).toBe(200)
    revokeToken(rig.store, 'the viewer', rig.clock.now)
    expect(await problemOf(await asks(rig, `Bearer ${token}`))).toEqual({
      status: 401,
      detail: 'This token is not known, or was revoked.',
      field: 'Authorization',
    })
  })

  test('the first token shuts a server that was open', async () => {
    const rig = rigOf(guarded)
    expect((await rig.ask('/api/v1/counts')).status).toBe(200)
    rig.token('viewer')
    expect((await rig.ask('/api/v1/counts')).status).toBe(401)
  })

  test('who changed something is on record', async () => {
    const rig = rigOf(guarded)
    const headers = bearer(rig.token('viewer'))
    const { status, detail } = await problemOf(
      await rig.ask('/api/v1/incidents/HF-1/state', json({ state: 'resolved' }, headers)),
    )
    expect({ status, detail }).toEqual({
      status: 403,
      detail: 'This takes the role operator; the viewer has viewer.',
    })
    expect(rig.lines.at(-1)).toMatchObject({
      status: 403,
      by: 'the viewer',
      path: '/api/v1/incidents/HF-1/state',
    })
  })
})
