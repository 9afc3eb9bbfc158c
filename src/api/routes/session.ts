/** `/session`: logging a browser in and out. Every login makes a new cookie; one that the browser brought
 * along is taken out of force and never adopted. */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { seconds } from '../../model/time.ts'
import type { SessionView } from '../../model/view.ts'
import { closeLogin, openLogin, roleOfToken } from '../../store/tokens.ts'
import { describe } from '../describing.ts'
import { COOKIE, openMode, requireCsrfToken } from '../doors/asker.ts'
import { perAddress } from '../doors/rates.ts'
import type { Api, ApiEnv, Routes } from '../environment.ts'
import { body } from '../parameters.ts'
import { RequestProblem } from '../problem.ts'
import { loginRequest, sessionView } from '../schemas/operation.ts'

export const session: Routes = (app, api) => {
  const isOpen = openMode(api)
  const viewOf = (c: Context<ApiEnv>): SessionView => {
    const { role, name, csrfToken } = c.get('asker')
    return { role, name, open: isOpen(), csrfToken, version: api.version }
  }
  app.use('/session', async (c, next) => {
    c.header('Cache-Control', 'no-store')
    await next()
  })
  app.get(
    '/session',
    describe({ tag: 'session', summary: 'Who asks', answer: sessionView, isPublic: true }),
    (c) => c.json(viewOf(c)),
  )
  app.post(
    '/session',
    describe({
      tag: 'session',
      summary: 'Log a browser in with a token',
      answer: sessionView,
      isPublic: true,
      problems: [401, 403, 408, 413, 415, 422],
    }),
    perAddress({ perMinute: api.limits.loginsPerMinute }),
    body(loginRequest),
    (c) => c.json(isOpen() ? viewOf(c) : logIn(c, api, c.req.valid('json').token)),
  )
  app.delete(
    '/session',
    describe({
      tag: 'session',
      summary: 'Log the browser out',
      answer: '',
      status: 204,
      isPublic: true,
      problems: [403],
    }),
    (c) => {
      requireCsrfToken(c)
      forget(c, api)
      deleteCookie(c, COOKIE, cookieOptions(api))
      return c.body(null, 204)
    },
  )
}

function logIn(c: Context<ApiEnv>, api: Api, token: string): SessionView {
  const { store, now, limits, version, metrics } = api
  const at = now()
  const bearer = roleOfToken(store, token, at)
  if (bearer === null) {
    metrics.refusedLogins.inc()
    throw new RequestProblem(401, 'This token is not known, or was revoked.', 'token')
  }
  forget(c, api)
  const { cookie, csrf } = openLogin(store, { token: bearer.id, at, lifetime: seconds(limits.loginSeconds) })
  setCookie(c, COOKIE, cookie, { ...cookieOptions(api), maxAge: limits.loginSeconds })
  return { role: bearer.role, name: bearer.name, open: false, csrfToken: csrf, version }
}

/** Takes the login that a browser brought along out of force. */
function forget(c: Context<ApiEnv>, { store }: Api): void {
  const cookie = getCookie(c, COOKIE)
  if (cookie !== undefined && cookie !== '') closeLogin(store, cookie)
}

const cookieOptions = ({ auth }: Api) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: auth.https }) as const
