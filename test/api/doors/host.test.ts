import { describe, expect, test } from 'vitest'
import { bearer, problemOf, rigOf } from '../harness.ts'

describe('the name that is asked for', () => {
  const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await rigOf().api.app.request(url, { headers })).status

  test.each([
    ['http://127.0.0.1:8480/healthz', 200],
    ['http://localhost:8480/healthz', 200],
    ['http://LOCALHOST/healthz', 200],
    ['http://[::1]:8480/healthz', 200],
    ['http://127.0.0.2:8480/healthz', 200],
    ['http://rebound.example/healthz', 421],
    ['http://127.0.0.1.rebound.example/healthz', 421],
    ['http://127.0.0.rebound/healthz', 421],
    ['http://localhost.rebound.example:8480/healthz', 421],
    ['http://10.0.0.1/healthz', 421],
    ['http://0.0.0.0:8480/api/v1/counts', 421],
  ])('%s: %i', async (url, status) => {
    expect(await statusOf(url)).toBe(status)
  })

  test('the header and the target must both be of loopback', async () => {
    expect(await statusOf('http://127.0.0.1:8480/healthz', { host: 'rebound.example' })).toBe(421)
    expect(await statusOf('http://rebound.example/healthz', { host: '127.0.0.1:8480' })).toBe(421)
    expect(await statusOf('http://127.0.0.1:8480/healthz', { host: '127.0.0.1:8480' })).toBe(200)
  })

  test('with tokens any name will do: nothing rests on where one is', async () => {
    const rig = rigOf()
    const headers = bearer(rig.token('viewer'))
    expect((await rig.api.app.request('http://holdfast.example/api/v1/counts', { headers })).status).toBe(200)
  })
})

/** Behind the doors there is no such analysis. */
const LET_IN = 404

describe('where a request comes from', () => {
  const asked = async (method: string, headers: Record<string, string>): Promise<number> =>
    (await rigOf().ask('/api/v1/analyses/1/cancel', { method, headers })).status

  test.each([
    [{}, LET_IN],
    [{ 'sec-fetch-site': 'same-origin' }, LET_IN],
    [{ 'sec-fetch-site': 'none' }, LET_IN],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://127.0.0.1:8480' }, LET_IN],
    [{ origin: 'http://127.0.0.1:9999' }, 403],
    [{ origin: 'https://127.0.0.1:8480' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:8480', 'sec-fetch-site': 'cross-site' }, 403],
  ])('%o: %i', async (headers, status) => {
    expect(await asked('POST', headers)).toBe(status)
  })

  test('a foreign page may not even read', async () => {
    const rig = rigOf()
    const answer = await rig.ask('/api/v1/counts', { headers: { origin: 'http://evil.example' } })
    expect(await problemOf(answer)).toEqual({
      status: 403,
      detail: 'Another site may not ask this server.',
      field: 'Origin',
    })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('a link from elsewhere to a page is followed', async () => {
    const rig = rigOf()
    expect((await rig.ask('/healthz', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200)
  })
})
