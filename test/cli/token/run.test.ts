import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../../src/cli/main.ts'
import { openStore } from '../../../src/store/store.ts'
import { roleOfToken } from '../../../src/store/tokens.ts'
import { recordedConsole } from '../console.ts'

const place = mkdtempSync(join(tmpdir(), 'holdfast-token-'))
const db = join(place, 'test.db')
beforeEach(() => rmSync(db, { force: true }))
afterAll(() => rmSync(place, { recursive: true }))

async function token(...words: string[]) {
  const console = recordedConsole()
  const exitCode = await run(['token', ...words, '--db', db], console)
  return { ...console.written, exitCode }
}

function roleOf(secret: string): string | undefined {
  const store = openStore(db)
  const role = roleOfToken(store, secret, 1_795_000_000_000_000)?.role
  store.close()
  return role
}

describe('a token', () => {
  test('is shown once, alone, and opens what its role may', async () => {
    const { out, error, exitCode } = await token('add', 'Ada Lovelace', '--role', 'operator')
    expect([exitCode, error]).toEqual([0, ''])
    expect(out).toMatch(/^hf_[\w-]{43}\n$/)
    expect(roleOf(out.trim())).toBe('operator')
    const list = await token('list')
    expect(list.out).toMatch(/^Ada Lovelace {2}operator {2}made \d.* UTC {2}used \d.*\n$/)
    expect(list.out).not.toContain(out.trim())
  })

  test('is revoked by its name', async () => {
    const { out } = await token('add', 'wall', '--role', 'viewer')
    await token('add', 'door', '--role', 'viewer')
    expect(await token('revoke', 'door')).toEqual({ exitCode: 0, out: '', error: '' })
    expect(await token('revoke', 'wall')).toEqual({
      exitCode: 0,
      out: '',
      error:
        'holdfast: no token is left: a server on loopback is open to whoever works on the machine, any other to nobody\n',
    })
    expect(roleOf(out.trim())).toBeUndefined()
    expect((await token('list')).out).toMatch(/revoked/)
    expect(await token('revoke', 'wall')).toMatchObject({
      exitCode: 1,
      error: 'holdfast: there is no token named wall in force\n',
    })
  })
})

describe('refused', () => {
  test('a name that is taken', async () => {
    await token('add', 'a', '--role', 'viewer')
    expect(await token('add', 'a', '--role', 'admin')).toMatchObject({
      exitCode: 1,
      error: 'holdfast: there is a token named a already\n',
    })
  })

  test.each([[' '], ['-a'], ['a\u001b[2J'], ['a'.repeat(65)]])('%j is no name', async (name) => {
    expect((await token('add', '--role', 'viewer', '--', name)).exitCode).toBe(2)
  })

  test('a role that there is not, and none', async () => {
    expect((await token('add', 'a', '--role', 'root')).exitCode).toBe(2)
    expect((await token('add', 'a')).exitCode).toBe(2)
  })

  test('a database that is not there', async () => {
    expect(await token('list')).toMatchObject({
      exitCode: 1,
      error: `holdfast: ${db}: there is no such database\n`,
    })
  })
})
