import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStream, retryDelay } from '../../dashboards/events.ts'
import type { Source, Stream } from '../../dashboards/events.ts'
import type { LiveEvent } from '../../src/api/contract.ts'

type Listener = (event: { data: string; lastEventId: string }) => void

/** A source that a test opens, breaks and lets speak. */
interface FakeSource extends Source {
  isClosed: boolean
  say(kind: string, id?: string, data?: object): void
  sayText(kind: string, id: string, data: string): void
}

function fakeSource(): FakeSource {
  const listeners = new Map<string, Listener>()
  return {
    isClosed: false,
    addEventListener: (kind, listener) => void listeners.set(kind, listener),
    close() {
      this.isClosed = true
    },
    say: (kind, id = '', data = {}) => listeners.get(kind)?.({ data: JSON.stringify(data), lastEventId: id }),
    sayText: (kind, lastEventId, data) => listeners.get(kind)?.({ data, lastEventId }),
  }
}

interface Story {
  readonly stream: Stream
  readonly urls: string[]
  readonly sources: FakeSource[]
  readonly heard: LiveEvent[]
}

function begin(): Story {
  const urls: string[] = []
  const sources: Story['sources'] = []
  const heard: LiveEvent[] = []
  const stream = createStream((url) => {
    urls.push(url)
    const source = fakeSource()
    sources.push(source)
    return source
  })
  stream.subscribe((event) => void heard.push(event))
  stream.open()
  return { stream, urls, sources, heard }
}

const capture = (id: number) => ({ kind: 'capture', capture: null, id })

describe('the event stream', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('hands on events, and resumes behind the last one after a break', () => {
    const { stream, urls, sources, heard } = begin()
    sources[0]?.say('open')
    sources[0]?.say('capture', '7', capture(1))
    expect(stream.state.value.state).toBe('open')
    sources[0]?.say('error')
    expect(stream.state.value.state).toBe('broken')
    vi.advanceTimersByTime(retryDelay(0))
    sources[1]?.say('open')
    sources[1]?.say('capture', '8', capture(2))
    sources[1]?.say('capture', '9', capture(3))
    expect(urls).toEqual(['/api/v1/events', '/api/v1/events?after=7'])
    expect(heard).toEqual([capture(1), capture(2), capture(3)])
    expect(stream.state.value.caughtUp).toEqual({ brokenMs: retryDelay(0), fetched: 2, lost: 0 })
    expect(sources.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  test('counts what is gone', () => {
    const { stream, sources } = begin()
    sources[0]?.say('capture', '7', capture(1))
    sources[0]?.say('error')
    vi.advanceTimersByTime(retryDelay(0))
    sources[1]?.say('lost', '20', { kind: 'lost', from: 8, to: 20 })
    sources[1]?.say('capture', '21', capture(2))
    expect(stream.state.value.caughtUp).toMatchObject({ fetched: 1, lost: 13 })
  })

  test('what comes long after a break was not missed', () => {
    const { stream, sources } = begin()
    sources[0]?.say('capture', '7', capture(1))
    sources[0]?.say('error')
    vi.advanceTimersByTime(retryDelay(0))
    sources[1]?.say('open')
    vi.advanceTimersByTime(5000)
    sources[1]?.say('capture', '8', capture(2))
    expect(stream.state.value.caughtUp).toMatchObject({ fetched: 0, lost: 0 })
  })

  test('without an id to resume behind, the lists are to be read again', () => {
    const { sources, heard } = begin()
    sources[0]?.say('open')
    sources[0]?.say('error')
    vi.advanceTimersByTime(retryDelay(0))
    sources[1]?.say('open')
    expect(heard).toEqual([{ kind: 'lost', from: 1, to: 0 }])
  })

  test('a silent stream is a broken one, heartbeats keep it', () => {
    const { stream, sources } = begin()
    sources[0]?.say('open')
    vi.advanceTimersByTime(30_000)
    sources[0]?.say('heartbeat', '', { kind: 'heartbeat', at: '' })
    vi.advanceTimersByTime(30_000)
    expect(stream.state.value.state).toBe('open')
    vi.advanceTimersByTime(11_000)
    expect(stream.state.value.state).toBe('broken')
  })

  test('tries again and again, ever more slowly', () => {
    const { urls, sources } = begin()
    for (let attempt = 0; attempt < 8; attempt++) {
      sources.at(-1)?.say('error')
      vi.advanceTimersByTime(retryDelay(attempt) - 1)
      expect(urls).toHaveLength(attempt + 1)
      vi.advanceTimersByTime(1)
      expect(urls).toHaveLength(attempt + 2)
    }
    expect([0, 1, 5, 6, 50].map(retryDelay)).toEqual([250, 500, 8000, 10_000, 10_000])
  })

  test('what is no JSON is passed over', () => {
    const { heard, sources, stream } = begin()
    sources[0]?.sayText('capture', '3', '{')
    expect(heard).toEqual([])
    expect(stream.state.value).toMatchObject({ state: 'open', lastEvent: null })
  })

  test('closed, it stays closed; opened again, it resumes', () => {
    const { stream, urls, sources } = begin()
    sources[0]?.say('capture', '7', capture(1))
    stream.close()
    vi.advanceTimersByTime(120_000)
    expect(urls).toHaveLength(1)
    stream.open()
    expect(urls.at(-1)).toBe('/api/v1/events?after=7')
  })
})
