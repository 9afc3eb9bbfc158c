/**
 * Who asks: nobody, everybody (open mode), the bearer of a token, or a browser that logged in with one. A
 * cookie counts only if this server gave it out at a login; what a client brings before is never adopted.
 *
 * What somebody may do follows from the method alone, for all routes alike, so that none can be forgotten:
 * viewers read, operators change, admins delete. A browser must prove with the login's own token
 * (X-CSRF-Token) that the server's pages, not a foreign one, made it send a request that changes something.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Role } from '../../model/view.ts'
import { hasTokens, loginOf, roleOfToken } from '../../store/tokens.ts'
import type { ApiEnv, ApiOptions, Asker } from '../environment.ts'
import { RequestProblem } from '../problem.ts'
import { isSafe } from './host.ts'

export const COOKIE = 'holdfast'

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 }

/** Any other method is an admin's: none is routed. */
const ROLE_FOR_METHOD: Readonly<Record<string, Role>> = {
  GET: 'viewer',
  HEAD: 'viewer',
  POST: 'operator',
  PUT: 'operator',
  DELETE: 'admin',
}

const nobody: Asker = { role: null, name: null, csrfToken: null, holds: () => false }

/** Whether everybody may do everything: on loopback, while the database has no token. */
export const openMode = ({ store, auth }: Pick<ApiOptions, 'store' | 'auth'>) => {
  return (): boolean => auth.open && !hasTokens(store)
}

/** Finds out who asks. Credentials that do not hold are an error (401), not a lower role. */
export function identify(options: Pick<ApiOptions, 'store' | 'auth' | 'now'>): MiddlewareHandler<ApiEnv> {
  const isOpen = openMode(options)
  return async (c, next) => {
    c.set('asker', isOpen() ? everybody(isOpen) : (bearerOf(c, options) ?? loggedIn(c, options) ?? nobody))
    await next()
  }
}

const everybody = (isOpen: () => boolean): Asker => ({
  role: 'admin',
  name: 'local',
  csrfToken: null,
  holds: isOpen,
})

function bearerOf(c: Context<ApiEnv>, { store, now }: Pick<ApiOptions, 'store' | 'now'>): Asker | null {
  const header = c.req.header('authorization')
  if (header === undefined) return null
  const token = /^Bearer +([\w.~+/=-]{1,256})$/i.exec(header)?.[1]
  const ask = () => (token === undefined ? null : roleOfToken(store, token, now()))
  const held = ask()
  if (held === null)
    throw new RequestProblem(401, 'This token is not known, or was revoked.', 'Authorization')
  return { role: held.role, name: held.name, csrfToken: null, holds: () => ask() !== null }
}

function loggedIn(c: Context<ApiEnv>, { store, now }: Pick<ApiOptions, 'store' | 'now'>): Asker | null {
  const cookie = getCookie(c, COOKIE)
  if (cookie === undefined || cookie === '') return null
  const ask = () => loginOf(store, cookie, now())
  const login = ask()
  if (login === null) return null
  return { role: login.role, name: login.name, csrfToken: login.csrf, holds: () => ask() !== null }
}

/** Lets in who may do what the method does. */
export const guard: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const asker = c.get('asker')
  if (asker.role === null)
    throw new RequestProblem(401, 'Log in, or send a token as `Authorization: Bearer`.')
  const needed = ROLE_FOR_METHOD[c.req.method] ?? 'admin'
  if (RANK[asker.role] < RANK[needed])
    throw new RequestProblem(403, `This takes the role ${needed}; ${asker.name ?? 'you'} has ${asker.role}.`)
  requireCsrfToken(c)
  await next()
}

/** A request with a cookie that changes something must bring the login's token. */
export function requireCsrfToken(c: Context<ApiEnv>): void {
  const expected = c.get('asker').csrfToken
  if (expected === null || isSafe(c.req.method)) return
  const given = c.req.header('x-csrf-token') ?? ''
  if (!isSame(given, expected))
    throw new RequestProblem(403, 'The token of this login is missing or wrong.', 'X-CSRF-Token')
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
