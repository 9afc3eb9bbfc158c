import { describe, expect, test } from 'vitest'
import { json, problemOf, rigOf } from '../harness.ts'

const state = '/api/v1/incidents/HF-1/state'

describe('bodies', () => {
  test('only JSON is read', async () => {
    const rig = rigOf()
    const send = (type: string) =>
      rig.ask(state, { method: 'POST', body: '{"state":"open"}', headers: { 'content-type': type } })
    expect((await send('application/json')).status).toBe(404)
    expect((await send('Application/JSON; charset=utf-8')).status).toBe(404)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'multipart/form-data',
    ])
      expect.soft(await problemOf(await send(type))).toEqual({
        status: 415,
        detail: 'Send the body as application/json.',
        field: 'Content-Type',
      })
  })

  test('JSON that is none is told as such', async () => {
    const rig = rigOf()
    for (const body of ['', '{', '{"state":', 'open']) {
      const answer = await rig.ask(state, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect.soft([body, (await problemOf(answer)).status]).toEqual([body, 400])
    }
  })

  test.each([
    [[], 'The body must be an object.'],
    [{ captures: 'x' }, 'The member captures: must be a list.'],
    [{ captures: [] }, 'The member captures: must not be empty.'],
    [
      { captures: Array.from({ length: 65 }, () => ({ id: 1 })) },
      'The member captures: must have at most 64 members.',
    ],
    [{ captures: [{ id: '1' }] }, 'The member captures.0.id: must be a number.'],
    [{ captures: [{ id: 1.5 }] }, 'The member captures.0.id: must be a whole number.'],
    [{ captures: [{ id: 1 }], config: 5 }, 'The member config: must be text.'],
    [{}, 'The member captures: is missing.'],
  ])('what is wrong is said in words: %j', async (body, detail) => {
    expect((await problemOf(await rigOf().ask('/api/v1/analyses', json(body)))).detail).toBe(detail)
  })

  test('the member at fault is named', async () => {
    const rig = rigOf()
    const fieldOf = async (path: string, body: unknown) => {
      const { status, field } = await problemOf(await rig.ask(path, json(body)))
      return [status, field]
    }
    expect(await fieldOf(state, {})).toEqual([422, 'state'])
    expect(await fieldOf(state, { state: 'closed' })).toEqual([422, 'state'])
    expect(await fieldOf(state, { state: 'reopened' })).toEqual([422, 'state'])
    expect(await fieldOf(state, { state: 'open', note: 7 })).toEqual([422, 'note'])
    expect(await fieldOf(state, { state: 'open', note: 'x'.repeat(4001) })).toEqual([422, 'note'])
    expect(await fieldOf(state, { state: 'open', by: 'me' })).toEqual([422, 'by'])
    expect(await fieldOf(state, [])).toEqual([422, undefined])
    const analyses = '/api/v1/analyses'
    expect(await fieldOf(analyses, { captures: [] })).toEqual([422, 'captures'])
    expect(await fieldOf(analyses, { captures: [{ id: 1 }, { id: 'x' }] })).toEqual([422, 'captures.1.id'])
    expect(await fieldOf(analyses, { captures: [{ id: 1, tap: 'a\nb' }] })).toEqual([422, 'captures.0.tap'])
    expect(await fieldOf(analyses, { captures: [{ id: 1, path: '/etc/passwd' }] })).toEqual([
      422,
      'captures.0.path',
    ])
    expect(await fieldOf(analyses, { captures: [{ id: 7 }] })).toEqual([404, 'captures'])
    expect(await fieldOf('/api/v1/session', { token: '' })).toEqual([422, 'token'])
  })

  test('a large one is refused, whether its size is announced or not', async () => {
    const rig = rigOf({ limits: { bodyBytes: 100, analysisBodyBytes: 200 } })
    const long = (octets: number) => json({ captures: [{ id: 1 }], keylog: 'x'.repeat(octets) })
    expect(await problemOf(await rig.ask(state, json({ state: 'open', note: 'x'.repeat(100) })))).toEqual({
      status: 413,
      detail: 'The body is larger than the 100 octets allowed here.',
    })
    expect((await problemOf(await rig.ask('/api/v1/analyses', long(100)))).status).toBe(404)
    expect((await problemOf(await rig.ask('/api/v1/analyses', long(200)))).status).toBe(413)
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('"'.repeat(50))),
    })
    const chunked = { ...json(null), body: chunks, duplex: 'half' } as RequestInit
    expect((await problemOf(await rig.ask(state, chunked))).status).toBe(413)
  })
})
