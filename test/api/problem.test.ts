import { describe, expect, test } from 'vitest'
import { Refusal } from '../../src/api/ports.ts'
import type { RefusalReason } from '../../src/api/ports.ts'
import { problemOf, rigOf } from './harness.ts'

describe('errors', () => {
  test('of the server show nothing of it', async () => {
    const rig = rigOf({
      jobs: {
        cancel: async () => {
          throw new Error('SELECT secret FROM /var/lib/holdfast: at Object.<anonymous>')
        },
      },
    })
    const answer = await rig.ask('/api/v1/analyses/1/cancel', { method: 'POST' })
    const request = answer.headers.get('x-request-id')
    expect(await problemOf(answer)).toEqual({
      status: 500,
      detail: `The server failed; its log tells why under request ${request}.`,
    })
    expect(rig.lines.filter(({ level }) => level === 50)).toEqual([
      expect.objectContaining({
        request,
        msg: 'a request failed',
        err: expect.objectContaining({ type: 'Error' }),
      }),
    ])
  })

  test('of a database that is damaged show neither path nor query', async () => {
    const rig = rigOf()
    rig.store.db.exec('DROP TABLE tally; DROP TABLE capture')
    const answer = await rig.ask('/api/v1/captures')
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toMatch(/sql|select|capture|\.db|\/tmp/i)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test.each([
    ['not-found', 404],
    ['conflict', 409],
    ['too-large', 413],
    ['unusable', 422],
    ['incomplete', 400],
    ['no-space', 507],
    ['busy', 503],
  ] satisfies [RefusalReason, number][])('a port that says %s: %i', async (reason, status) => {
    const refuse = async () => {
      throw new Refusal(reason, 'In one sentence.', 'captures')
    }
    const upload = { method: 'PUT', body: 'octets' }
    const rig = rigOf({ uploads: { receive: refuse, remove: refuse } })
    const answer = await (status === 409 || status === 404
      ? rig.ask('/api/v1/captures/1', { method: 'DELETE' })
      : rig.ask('/api/v1/captures?name=a', upload))
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '5' : null)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await problemOf(answer)).toEqual({ status, detail: 'In one sentence.', field: 'captures' })
  })

  test('a database that somebody else holds is busy', async () => {
    const busy = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY_SNAPSHOT' })
    const cancel = () => Promise.reject(busy)
    const answer = await rigOf({ jobs: { cancel } }).ask('/api/v1/analyses/1/cancel', { method: 'POST' })
    expect(await problemOf(answer)).toEqual({
      status: 503,
      detail: 'The database is busy; ask again in a moment.',
    })
  })
})
