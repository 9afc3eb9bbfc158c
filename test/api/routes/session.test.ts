import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import type { SessionView } from '../../../src/model/view.ts'
import { revokeToken } from '../../../src/store/tokens.ts'
import { bearer, json, problemOf, rigOf } from '../harness.ts'
import type { Rig } from '../harness.ts'

const cookieOf = (answer: Response): string => answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''

async function logIn(rig: Rig, token: string, headers: Record<string, string> = {}) {
  const answer = await rig.ask('/api/v1/session', json({ token }, headers))
  return { answer, cookie: cookieOf(answer), view: (await answer.json()) as SessionView }
}

/** Behind the doors there is no such analysis. */
const LET_IN = 404

const change = (rig: Rig, headers: Record<string, string>) =>
  rig.ask('/api/v1/analyses/1/cancel', { method: 'POST', headers })

describe('logging in', () => {
  test('makes a cookie that scripts and other sites cannot use', async () => {
    const rig = rigOf()
    const { answer, view } = await logIn(rig, rig.token('operator'))
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^holdfast=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/),
    ])
    expect(view).toEqual({
      role: 'operator',
      name: 'the operator',
      open: false,
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
      version: '1.2.3',
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('over https the cookie goes over nothing else', async () => {
    const rig = rigOf({ auth: { open: false, https: true } })
    const { answer } = await logIn(rig, rig.token('viewer'))
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure/)
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('never adopts a cookie that came before', async () => {
    const rig = rigOf()
    const token = rig.token('viewer')
    const fixed = 'holdfast=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq'
    const { cookie } = await logIn(rig, token, { cookie: fixed })
    expect(cookie).not.toBe(fixed)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie: fixed } })).status).toBe(401)
    const again = await logIn(rig, token, { cookie })
    expect(again.cookie).not.toBe(cookie)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(401)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie: again.cookie } })).status).toBe(200)
  })

  test('a wrong token is refused, and counted', async () => {
    const rig = rigOf()
    rig.token('viewer')
    expect(await problemOf(await rig.ask('/api/v1/session', json({ token: 'hf_wrong' })))).toEqual({
      status: 401,
      detail: 'This token is not known, or was revoked.',
      field: 'token',
    })
    const metrics = await rig.ask('/metrics', { headers: bearer(rig.token('admin')) })
    expect(await metrics.text()).toContain('holdfast_logins_refused_total 1\n')
  })

  test('is tried only so often', async () => {
    const rig = rigOf({ limits: { loginsPerMinute: 3 } })
    const token = rig.token('viewer')
    for (let attempt = 0; attempt < 3; attempt++)
      expect((await rig.ask('/api/v1/session', json({ token: 'hf_wrong' }))).status).toBe(401)
    const answer = await rig.ask('/api/v1/session', json({ token }))
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await problemOf(answer)).status).toBe(429)
    expect((await rig.ask('/api/v1/counts', { headers: bearer(token) })).status).toBe(200)
  })

  test('in open mode there is nothing to log in to', async () => {
    const { answer, view, cookie } = await logIn(rigOf(), 'anything')
    expect([answer.status, view.role, view.open, cookie]).toEqual([200, 'admin', true, ''])
  })
})

describe('logged in', () => {
  test('what changes something needs the token of the login', async () => {
    const rig = rigOf()
    const { cookie, view } = await logIn(rig, rig.token('operator'))
    const other = await logIn(rig, rig.token('admin'))
    for (const csrf of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': other.view.csrfToken ?? '' }])
      expect(await problemOf(await change(rig, { cookie, ...csrf }))).toEqual({
        status: 403,
        detail: 'The token of this login is missing or wrong.',
        field: 'X-CSRF-Token',
      })
    expect((await change(rig, { cookie, 'x-csrf-token': view.csrfToken ?? '' })).status).toBe(LET_IN)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(200)
  })

  test('a bearer token needs none, and goes before the cookie', async () => {
    const rig = rigOf()
    const { cookie } = await logIn(rig, rig.token('viewer'))
    const token = rig.token('operator')
    expect((await change(rig, bearer(token))).status).toBe(LET_IN)
    expect((await change(rig, { cookie, ...bearer(token) })).status).toBe(LET_IN)
  })

  test('the session says who it is', async () => {
    const rig = rigOf()
    const { cookie, view } = await logIn(rig, rig.token('viewer'))
    expect(await (await rig.ask('/api/v1/session', { headers: { cookie } })).json()).toEqual(view)
    expect(await (await rig.ask('/api/v1/session')).json()).toEqual({
      role: null,
      name: null,
      open: false,
      csrfToken: null,
      version: '1.2.3',
    })
  })

  test('it ends by itself', async () => {
    const rig = rigOf({ limits: { loginSeconds: 60 } })
    const { cookie } = await logIn(rig, rig.token('viewer'))
    rig.clock.now += seconds(59)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(200)
    rig.clock.now += seconds(1)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(401)
  })

  test('it ends with its token', async () => {
    const rig = rigOf({ auth: { open: false, https: false } })
    const { cookie } = await logIn(rig, rig.token('viewer'))
    revokeToken(rig.store, 'the viewer', rig.clock.now)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(401)
  })

  test('logging out takes the cookie out of force', async () => {
    const rig = rigOf()
    const { cookie, view } = await logIn(rig, rig.token('viewer'))
    expect((await rig.ask('/api/v1/session', { method: 'DELETE', headers: { cookie } })).status).toBe(403)
    const headers = { cookie, 'x-csrf-token': view.csrfToken ?? '' }
    const answer = await rig.ask('/api/v1/session', { method: 'DELETE', headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.getSetCookie()[0]).toMatch(/^holdfast=; Max-Age=0; Path=\//)
    expect((await rig.ask('/api/v1/counts', { headers: { cookie } })).status).toBe(401)
  })

  test('no secret stands in the database or in the log', async () => {
    const rig = rigOf()
    const token = rig.token('viewer')
    const { cookie } = await logIn(rig, token)
    const rows = JSON.stringify([
      rig.store.db.prepare('SELECT name, role, hex(hash) FROM token').all(),
      rig.store.db.prepare('SELECT hex(hash), token FROM login').all(),
    ])
    const told = rows + JSON.stringify(rig.lines)
    for (const secret of [token, cookie.slice('holdfast='.length)]) expect(told).not.toContain(secret)
    expect(rig.lines.length).toBeGreaterThan(0)
  })
})
