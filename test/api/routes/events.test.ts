import { describe, expect, test } from 'vitest'
import { BEHIND_MAX } from '../../../src/api/events/log.ts'
import { addCapture, forgetCapture } from '../../../src/store/captures.ts'
import { recordChange } from '../../../src/store/changes.ts'
import { revokeToken } from '../../../src/store/tokens.ts'
import { NOW, bearer, problemOf, rigOf } from '../harness.ts'
import type { Rig } from '../harness.ts'
import { eventReader } from '../events/reader.ts'

const hash = (n: number): string => String(n).padStart(64, '0')
const capture = (rig: Rig, n: number): number =>
  addCapture(rig.store, { sha256: hash(n), name: `${n}.pcap`, size: n, stored: hash(n), at: NOW }).id

async function follow(rig: Rig, path = '/api/v1/events', headers: Record<string, string> = {}) {
  const answer = await rig.ask(path, { headers })
  expect(answer.status).toBe(200)
  return eventReader(answer)
}

describe('a stream', () => {
  test('begins with a heartbeat and tells what happens', async () => {
    const rig = rigOf()
    capture(rig, 1)
    const answer = await rig.ask('/api/v1/events')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const events = eventReader(answer)
    expect(await events.nextOfAny()).toEqual({
      id: null,
      event: { kind: 'heartbeat', at: '2026-11-21T02:08:06.123456Z' },
    })
    const id = capture(rig, 2)
    const told = await events.next()
    expect(told).toMatchObject({
      id: '2',
      event: { kind: 'capture', id, capture: { id, name: '2.pcap', kept: true } },
    })
    forgetCapture(rig.store, id, NOW)
    expect(await events.next()).toEqual({ id: '3', event: { kind: 'capture', id, capture: null } })
    await events.cancel()
  })

  test('resumes after the event that the client saw last', async () => {
    const rig = rigOf()
    for (let n = 1; n <= 5; n++) capture(rig, n)
    const ids = async (path: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
      const events = await follow(rig, path, headers)
      const seen = [(await events.next())?.id, (await events.next())?.id]
      await events.cancel()
      return seen
    }
    expect(await ids('/api/v1/events', { 'last-event-id': '3' })).toEqual(['4', '5'])
    expect(await ids('/api/v1/events?after=2')).toEqual(['3', '4'])
    expect(await ids('/api/v1/events?after=0', { 'last-event-id': '3' })).toEqual(['4', '5'])
  })

  test('two that resume from different places and one that does not all go on together', async () => {
    const rig = rigOf()
    for (let n = 1; n <= 3; n++) capture(rig, n)
    const streams = [
      await follow(rig),
      await follow(rig, '/api/v1/events?after=1'),
      await follow(rig, '/api/v1/events?after=3'),
    ]
    capture(rig, 4)
    const seen: string[][] = [[], [], []]
    for (const [i, stream] of streams.entries())
      while (seen[i]!.at(-1) !== '4') seen[i]!.push((await stream.next())?.id ?? 'end')
    expect(seen).toEqual([['4'], ['2', '3', '4'], ['4']])
    for (const stream of streams) await stream.cancel()
  })

  test('several changes of one row at once are told once, and new stays new', async () => {
    const rig = rigOf()
    const events = await follow(rig)
    rig.store.db.transaction(() => {
      const id = capture(rig, 1)
      recordChange(rig.store, 'capture', id, false, NOW)
      recordChange(rig.store, 'incident', 99, true, NOW) // of a row that is gone again
      recordChange(rig.store, 'capture', id, false, NOW)
    })()
    expect(await events.next()).toEqual({
      id: '3',
      event: { kind: 'incident', incident: null, id: 'HF-99', isNew: true },
    })
    expect((await events.next())?.id).toBe('4')
    capture(rig, 2)
    expect((await events.next())?.id).toBe('5')
    await events.cancel()
  })

  test('who is too far behind is told what is lost, and goes on', async () => {
    const rig = rigOf()
    const id = capture(rig, 1)
    rig.store.db.transaction(() => {
      for (let n = 0; n < BEHIND_MAX + 1; n++) recordChange(rig.store, 'capture', id, false, NOW)
    })()
    const last = BEHIND_MAX + 2
    const events = await follow(rig, '/api/v1/events?after=1')
    expect(await events.next()).toEqual({
      id: String(last),
      event: { kind: 'lost', from: 2, to: last },
    })
    recordChange(rig.store, 'capture', id, false, NOW)
    expect((await events.next())?.id).toBe(String(last + 1))
    await events.cancel()
  })

  test('an id of another database is lost as well', async () => {
    const rig = rigOf()
    capture(rig, 1)
    const events = await follow(rig, '/api/v1/events?after=700')
    expect((await events.next())?.event).toEqual({ kind: 'lost', from: 2, to: 1 })
    capture(rig, 2)
    expect((await events.next())?.id).toBe('2')
    await events.cancel()
  })

  test('a row that cannot be read holds up nothing', async () => {
    const rig = rigOf()
    const events = await follow(rig)
    const id = capture(rig, 1)
    rig.store.db.prepare("INSERT INTO analysis (state, created, summary) VALUES ('done', 1, '{')").run()
    recordChange(rig.store, 'analysis', 1, true, NOW)
    capture(rig, 2)
    expect((await events.next())?.event).toMatchObject({ kind: 'capture', id })
    expect((await events.next())?.event).toMatchObject({ kind: 'capture', id: 2 })
    expect(rig.lines.filter(({ level }) => level === 50)).toHaveLength(1)
    await events.cancel()
  })

  test('HEAD opens none', async () => {
    const rig = rigOf({ limits: { streams: 1 } })
    for (let n = 0; n < 3; n++) expect((await rig.ask('/api/v1/events', { method: 'HEAD' })).status).toBe(200)
    await (await follow(rig)).cancel()
  })

  test('there are only so many, and one that ends makes room', async () => {
    const rig = rigOf({ limits: { streams: 1 } })
    const first = await follow(rig)
    const refused = await rig.ask('/api/v1/events')
    expect(refused.headers.get('retry-after')).toBe('5')
    expect((await problemOf(refused)).status).toBe(503)
    await first.cancel()
    await (await follow(rig)).cancel()
  })

  test('it ends when its token is revoked', async () => {
    const rig = rigOf({ auth: { open: false, https: false }, limits: { heartbeatSeconds: 0.05 } })
    const events = await follow(rig, '/api/v1/events', bearer(rig.token('viewer')))
    expect((await events.nextOfAny())?.event.kind).toBe('heartbeat')
    revokeToken(rig.store, 'the viewer', NOW)
    expect(await events.next()).toBeNull()
  })

  test('it ends when the server stops', async () => {
    const rig = rigOf()
    const events = await follow(rig)
    await rig.api.stop()
    expect(await events.next()).toBeNull()
  })

  test('an id that nobody gave out is refused', async () => {
    const answer = await rigOf().ask('/api/v1/events', { headers: { 'last-event-id': 'x' } })
    expect(await problemOf(answer)).toMatchObject({ status: 400, field: 'Last-Event-ID' })
  })
})
