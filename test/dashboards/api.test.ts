import { afterEach, describe, expect, test, vi } from 'vitest'
import * as api from '../../dashboards/api.ts'
import { session } from '../../dashboards/session.ts'

interface Sent {
  readonly url: string
  readonly init: RequestInit
}

/** Answers every request with this, and notes what was sent. */
function answering(status: number, body: unknown, type = 'application/json'): Sent[] {
  const sent: Sent[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    sent.push({ url, init })
    const text = status === 204 ? null : typeof body === 'string' ? body : JSON.stringify(body)
    return Promise.resolve(new Response(text, { status, headers: { 'content-type': type } }))
  })
  return sent
}

const loggedIn = { role: 'operator', name: 'maria', open: false, csrfToken: 'c5', version: '1' } as const

afterEach(() => {
  vi.unstubAllGlobals()
  session.value = null
})

describe('requests', () => {
  test('read without a token, with all values of a filter', async () => {
    session.value = loggedIn
    const sent = answering(200, { items: [], next: null, total: 0 })
    await api.incidents({ severity: ['critical', 'info'], cursor: null, limit: 50 })
    expect(sent).toMatchObject([{ url: '/api/v1/incidents?severity=critical&severity=info&limit=50' }])
    expect(sent[0]?.init.headers).toEqual({ accept: 'application/json' })
    expect(sent[0]?.init.method).toBe('GET')
  })

  test('change with the token of the login', async () => {
    session.value = loggedIn
    const sent = answering(200, {})
    await api.setState('HF-1', { state: 'resolved', note: 'done' })
    expect(sent[0]?.url).toBe('/api/v1/incidents/HF-1/state')
    expect(sent[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"state":"resolved","note":"done"}',
      headers: { 'x-csrf-token': 'c5', 'content-type': 'application/json' },
    })
  })

  test('an id never becomes another path', async () => {
    const sent = answering(200, {})
    await api.agent('../session?x')
    expect(sent[0]?.url).toBe('/api/v1/agents/..%2Fsession%3Fx')
  })

  test('nothing is answered by nothing', async () => {
    answering(204, null)
    expect(await api.deleteCapture(3)).toBeNull()
  })
})

describe('refusals', () => {
  test('are told in the words of the server, with the field', async () => {
    answering(400, { title: 'Bad', detail: 'The time `to` is before `from`.', field: 'to' })
    const error = await api.incidents({}).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(api.ApiError)
    expect(error).toMatchObject({ message: 'The time `to` is before `from`.', status: 400, field: 'to' })
  })

  test('of something in between have no words', () => {
    expect(api.errorFrom(502, '<html>')).toMatchObject({ message: 'The server answered 502.', field: null })
    expect(api.errorFrom(500, '{}')).toMatchObject({ message: 'The server answered 500.' })
  })

  test('401 forgets who is logged in', async () => {
    session.value = loggedIn
    answering(401, { detail: 'Log in first.' })
    await expect(api.counts()).rejects.toMatchObject({ status: 401 })
    expect(session.value).toEqual({ ...loggedIn, role: null, name: null, csrfToken: null })
  })

  test('no answer is one, too', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')))
    await expect(api.counts()).rejects.toMatchObject({ message: 'The server does not answer.', status: 0 })
  })

  test('leaving the page is none', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new DOMException('aborted', 'AbortError')))
    await expect(api.counts()).rejects.toMatchObject({ name: 'AbortError' })
  })
})
