import { describe, expect, test } from 'vitest'
import type { EventLog } from '../../../src/api/events/log.ts'
import { openStream } from '../../../src/api/events/stream.ts'
import { eventReader } from './reader.ts'

const frame = (id: number): Uint8Array =>
  new TextEncoder().encode(`id: ${id}\nevent: capture\ndata: {"kind":"capture","id":${id}}\n\n`)
const heartbeat = new TextEncoder().encode('event: heartbeat\ndata: {"kind":"heartbeat"}\n\n')
const large = new Uint8Array(64 * 1024)

/** A log of so many events, a hundred at a time. */
function logOf(state: { last: number }): EventLog {
  return {
    last: () => state.last,
    after(place) {
      const length = Math.min(100, state.last - place)
      const ids = Array.from({ length }, (_, i) => place + 1 + i)
      return { events: ids.map((id) => ({ id, frame: frame(id) })), upTo: place + length }
    },
    takeIn: () => false,
    beginNow: () => undefined,
  }
}

function opened(holds = () => true) {
  const state = { last: 0 }
  const ends: boolean[] = []
  const stream = openStream({
    log: logOf(state),
    after: 0,
    holds,
    onEnd: (_, wasCut) => ends.push(wasCut),
  })
  return { state, stream, ends }
}

describe('a client', () => {
  test('that reads gets every event in order, once', async () => {
    const { state, stream } = opened()
    const events = eventReader(stream)
    const seen = []
    for (state.last = 3; seen.length < 3;) seen.push((await events.next())?.id)
    state.last = 5
    stream.advance()
    stream.advance()
    seen.push((await events.next())?.id, (await events.next())?.id)
    expect(seen).toEqual(['1', '2', '3', '4', '5'])
  })

  test('that does not read has no more than a queue waiting, and all of it later', async () => {
    const { state, stream } = opened()
    state.last = 100_000
    for (let n = 0; n < 10; n++) stream.advance()
    const reader = stream.body.getReader()
    const first = await reader.read()
    reader.releaseLock()
    expect(first.value?.byteLength).toBeLessThan(100)
    const events = eventReader(stream)
    let last: string | null = null
    for (let n = 0; n < 5_000; n++) last = (await events.next())?.id ?? null
    expect(last).toBe('5000')
  })

  test('that takes nothing for two heartbeats is told what it lost, and cut off', async () => {
    const { state, stream, ends } = opened()
    stream.beat(large) // fills the queue
    state.last = 9
    stream.beat(heartbeat)
    expect(ends).toEqual([])
    stream.beat(heartbeat)
    expect(ends).toEqual([true])
    const reader = stream.body.getReader()
    const chunks: Uint8Array[] = []
    for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value)
    expect(new TextDecoder().decode(chunks.at(-1))).toBe(
      'id: 9\nevent: lost\ndata: {"kind":"lost","from":1,"to":9}\n\n',
    )
    stream.beat(heartbeat)
    stream.advance()
    stream.end()
    expect(ends).toEqual([true])
  })

  test('that reads in time is not cut off', async () => {
    const { stream, ends } = opened()
    const reader = stream.body.getReader()
    for (let n = 0; n < 5; n++) {
      stream.beat(large)
      stream.beat(heartbeat)
      for (let part = await reader.read(); part.value !== large;) part = await reader.read()
    }
    expect(ends).toEqual([])
  })

  test('that may no longer listen is sent away without a word', async () => {
    let holds = true
    const { state, stream, ends } = opened(() => holds)
    state.last = 1
    holds = false
    stream.beat(heartbeat)
    expect(ends).toEqual([true])
  })

  test('that goes away is forgotten', async () => {
    const { state, stream, ends } = opened()
    await stream.body.cancel()
    state.last = 1
    stream.advance()
    stream.beat(heartbeat)
    stream.end()
    expect(ends).toEqual([false])
  })
})
