import { expect, test } from 'vitest'
import { bearer, problemOf, rigOf } from '../harness.ts'

test.each([
  // With the media type that curl sends: what is wrong is the method, not the body.
  ['POST', '/api/v1/captures', 'GET, HEAD, PUT'],
  ['DELETE', '/api/v1/incidents/HF-1', 'GET, HEAD'],
  ['GET', '/api/v1/incidents/HF-1/state', 'POST'],
  ['PATCH', '/api/v1/analyses/7', 'DELETE, GET, HEAD'],
])('%s %s: only %s', async (method, path, allowed) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await rigOf().ask(path, { method, ...(method === 'GET' ? {} : { body: 'a=b', headers }) })
  expect(answer.headers.get('allow')).toBe(allowed)
  expect(await problemOf(answer)).toEqual({
    status: 405,
    detail: `This address takes ${allowed}, not ${method}.`,
  })
})

test('where nothing is, nothing is said of methods', async () => {
  const answer = await rigOf().ask('/api/v1/capture', { method: 'POST' })
  expect(answer.headers.get('allow')).toBeNull()
  expect((await problemOf(answer)).status).toBe(404)
})

test('who may not ask is told that first', async () => {
  const rig = rigOf({ auth: { open: false, https: false } })
  expect((await problemOf(await rig.ask('/api/v1/captures', { method: 'POST' }))).status).toBe(401)
  const headers = bearer(rig.token('viewer'))
  expect((await problemOf(await rig.ask('/api/v1/captures', { method: 'POST', headers }))).status).toBe(403)
})
