import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openStore, StoreError } from '../../src/store/store.ts'
import {
  addToken,
  closeLogin,
  hasTokens,
  listTokens,
  loginOf,
  openLogin,
  revokeToken,
  roleOfToken,
} from '../../src/store/tokens.ts'
import { database, NOW, one } from './database.ts'

const HOUR = 3600e6

describe('a token', () => {
  test('opens until it is revoked', () => {
    const store = database()
    expect(hasTokens(store)).toBe(false)
    const { id, token } = addToken(store, { name: 'tail', role: 'viewer', at: NOW })
    expect(token).toMatch(/^hf_[\w-]{43}$/)
    expect(hasTokens(store)).toBe(true)
    expect(roleOfToken(store, token, NOW)).toEqual({ id, name: 'tail', role: 'viewer' })
    expect(roleOfToken(store, `${token}x`, NOW)).toBe(null)
    expect(roleOfToken(store, '', NOW)).toBe(null)
    expect(revokeToken(store, 'tail', NOW + 1)).toBe(true)
    expect(revokeToken(store, 'tail', NOW + 2)).toBe(false)
    expect(roleOfToken(store, token, NOW + 2)).toBe(null)
    expect(hasTokens(store)).toBe(false)
    expect(listTokens(store)).toEqual([
      { id, name: 'tail', role: 'viewer', created: NOW, used: NOW, revoked: NOW + 1 },
    ])
  })

  test('opens at once while another one writes; only when it was used is noted later', () => {
    const store = database()
    const { id, token } = addToken(store, { name: 'tail', role: 'viewer', at: NOW })
    const other = openStore(store.path)
    other.db.exec('BEGIN IMMEDIATE')
    expect(roleOfToken(store, token, NOW)).toEqual({ id, name: 'tail', role: 'viewer' })
    expect(listTokens(store)).toMatchObject([{ used: null }])
    other.close()
    roleOfToken(store, token, NOW + 1)
    expect(listTokens(store)).toMatchObject([{ used: NOW + 1 }])
  })

  test('has a name of its own', () => {
    const store = database()
    addToken(store, { name: 'a', role: 'admin', at: NOW })
    expect(() => addToken(store, { name: 'a', role: 'viewer', at: NOW })).toThrow(
      new StoreError('there is a token named a already'),
    )
  })

  test('is written nowhere, nor is a login', () => {
    const store = database()
    const { id, token } = addToken(store, { name: 'a', role: 'admin', at: NOW })
    const { cookie } = openLogin(store, { token: id, at: NOW, lifetime: HOUR })
    store.db.pragma('wal_checkpoint(TRUNCATE)')
    const file = readFileSync(store.path, 'latin1')
    expect([file.includes(token), file.includes(token.slice(3)), file.includes(cookie)]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('tells the minute of its last use', () => {
    const store = database()
    const { token } = addToken(store, { name: 'a', role: 'admin', at: NOW })
    const used = (at: number): unknown => {
      roleOfToken(store, token, at)
      return one(store, 'SELECT used FROM token')
    }
    expect([used(NOW), used(NOW + 59e6), used(NOW + 60e6)]).toEqual([NOW, NOW, NOW + 60e6])
  })
})

describe('a login', () => {
  test('lasts its time, unless it is closed or its token revoked', () => {
    const store = database()
    const { id } = addToken(store, { name: 'ada', role: 'operator', at: NOW })
    const [first, second, third] = [1, 2, 3].map(() =>
      openLogin(store, { token: id, at: NOW, lifetime: HOUR }),
    )
    expect(first!.cookie).not.toBe(second!.cookie)
    const who = { id, name: 'ada', role: 'operator', csrf: first!.csrf, expires: NOW + HOUR }
    expect(loginOf(store, first!.cookie, NOW + HOUR - 1)).toEqual(who)
    expect(loginOf(store, first!.cookie, NOW + HOUR)).toBe(null)
    closeLogin(store, second!.cookie)
    expect(loginOf(store, second!.cookie, NOW)).toBe(null)
    revokeToken(store, 'ada', NOW)
    expect(loginOf(store, third!.cookie, NOW)).toBe(null)
    expect(one(store, 'SELECT count(*) FROM login')).toBe(0)
  })

  test('is one of a hundred; a further one ends the oldest', () => {
    const store = database()
    const { id } = addToken(store, { name: 'ada', role: 'viewer', at: NOW })
    const logins = Array.from({ length: 101 }, (_, i) =>
      openLogin(store, { token: id, at: NOW + i, lifetime: HOUR }),
    )
    expect(logins.map(({ cookie }) => loginOf(store, cookie, NOW) !== null)).toEqual(
      logins.map((_, i) => i > 0),
    )
  })
})
