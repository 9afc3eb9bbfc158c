/**
 * Who may come in: tokens for programs and people, and logins for browsers, which rest on a token. Only
 * SHA-256 hashes are kept: the secrets are 256 random bits, so a hash cannot be guessed back. A hash that
 * was looked up is compared once more in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { SECOND, type Micros } from '../model/time.ts'
import type { Role } from '../model/view.ts'
import { atomically, durably, prepared, type Store, StoreError, unlessBusy } from './store.ts'

export interface TokenRow {
  readonly id: number
  readonly name: string
  readonly role: Role
  readonly created: Micros
  /** To the minute, or a little earlier where the database was busy. */
  readonly used: Micros | null
  readonly revoked: Micros | null
}

export interface Bearer {
  readonly id: number
  readonly name: string
  readonly role: Role
}

export interface Login extends Bearer {
  readonly csrf: string
  readonly expires: Micros
}

const SECRET_BYTES = 32
/** What a token begins with, so that tools that look for leaked secrets know it. */
const TOKEN_PREFIX = 'hf_'
/** `used` is written at most this often for each token. */
const USED_EVERY: Micros = 60 * SECOND
/** Logins kept for each token; the oldest goes for a further one. */
const LOGINS_MAX = 100

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url')
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Makes a token and answers it: the only time that it can be read. Throws `StoreError` if the name is
 * taken.
 */
export function addToken(
  store: Store,
  { name, role, at }: { readonly name: string; readonly role: Role; readonly at: Micros },
): { readonly id: number; readonly token: string } {
  const token = `${TOKEN_PREFIX}${secret()}`
  return durably(store, () => {
    if (prepared(store, 'SELECT 1 FROM token WHERE name = ?').get(name) !== undefined)
      throw new StoreError(`there is a token named ${name} already`)
    const insert = 'INSERT INTO token (name, role, hash, created) VALUES (?, ?, ?, ?)'
    const { lastInsertRowid } = prepared(store, insert).run(name, role, hashOf(token), at)
    return { id: Number(lastInsertRowid), token }
  })
}

/** All of them, revoked ones too, by name. */
export const listTokens = (store: Store): TokenRow[] =>
  prepared<TokenRow>(store, 'SELECT id, name, role, created, used, revoked FROM token ORDER BY name').all()

/** Somebody can come in from other addresses than loopback. */
export const hasTokens = (store: Store): boolean =>
  prepared(store, 'SELECT 1 FROM token WHERE revoked IS NULL LIMIT 1').get() !== undefined

/**
 * From now on it opens nothing, nor do the logins that rest on it. False if there is no such token in
 * force.
 */
export function revokeToken(store: Store, name: string, at: Micros): boolean {
  return durably(store, () => {
    const update = 'UPDATE token SET revoked = ? WHERE name = ? AND revoked IS NULL'
    if (prepared(store, update).run(at, name).changes === 0) return false
    const logins = 'DELETE FROM login WHERE token = (SELECT id FROM token WHERE name = ?)'
    prepared(store, logins).run(name)
    return true
  })
}

/** Whose token it is; null if nobody's, or if it was revoked. */
export function roleOfToken(store: Store, token: string, at: Micros): Bearer | null {
  const hash = hashOf(token)
  const select = 'SELECT id, name, role, hash, used FROM token WHERE hash = ? AND revoked IS NULL'
  const row = prepared<Bearer & { hash: Buffer; used: Micros | null }>(store, select).get(hash)
  if (row === undefined || !timingSafeEqual(row.hash, hash)) return null
  const { id, name, role } = row
  // Nobody is kept waiting for it: while much is published, another one holds the database for seconds.
  if (!store.readOnly && at - (row.used ?? 0) >= USED_EVERY)
    unlessBusy(store, () => prepared(store, 'UPDATE token SET used = ? WHERE id = ?').run(at, id))
  return { id, name, role }
}

/** Logs a browser in: `cookie` is for its cookie jar, `csrf` for its requests. Made anew at every login. */
export function openLogin(
  store: Store,
  { token, at, lifetime }: { readonly token: number; readonly at: Micros; readonly lifetime: Micros },
): { readonly cookie: string; readonly csrf: string; readonly expires: Micros } {
  const cookie = secret()
  const csrf = secret()
  const expires = at + lifetime
  durably(store, () => {
    prepared(store, 'DELETE FROM login WHERE expires <= ?').run(at)
    prepared(store, OLDEST).run(token, LOGINS_MAX - 1)
    const insert = 'INSERT INTO login (hash, token, csrf, created, expires) VALUES (?, ?, ?, ?, ?)'
    prepared(store, insert).run(hashOf(cookie), token, csrf, at, expires)
  })
  return { cookie, csrf, expires }
}

const OLDEST = `DELETE FROM login WHERE hash IN
  (SELECT hash FROM login WHERE token = ? ORDER BY created DESC LIMIT -1 OFFSET ?)`

/** Who is logged in by a cookie; null if nobody, or not any more. */
export function loginOf(store: Store, cookie: string, at: Micros): Login | null {
  const hash = hashOf(cookie)
  const select = `SELECT token.id, name, role, csrf, expires, login.hash AS hash FROM login
    JOIN token ON token.id = login.token WHERE login.hash = ? AND expires > ? AND revoked IS NULL`
  const row = prepared<Login & { hash: Buffer }>(store, select).get(hash, at)
  if (row === undefined || !timingSafeEqual(row.hash, hash)) return null
  const { id, name, role, csrf, expires } = row
  return { id, name, role, csrf, expires }
}

export function closeLogin(store: Store, cookie: string): void {
  atomically(store, () => prepared(store, 'DELETE FROM login WHERE hash = ?').run(hashOf(cookie)))
}
