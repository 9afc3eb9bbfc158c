/**
 * Events as they happen: one stream for the whole application, resumed behind the last event that arrived,
 * however often it breaks. After a break it says how many events were fetched later, and whether any is gone.
 */
import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type { LiveEvent } from '../src/api/contract.ts'
import { address } from './api.ts'

const KINDS = ['incident', 'occurrence', 'analysis', 'capture', 'heartbeat', 'lost'] as const
const SILENT_MS = 40_000 // two heartbeats of 15 s missed: the stream is dead, whatever the browser thinks
const CATCH_UP_MS = 1500 // the first of the missed events arrives within this time of the new connection
const BURST_MS = 200 // and each of the others this close behind the one before
const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 10_000
const HIDDEN_MS = 5 * 60_000 // a page that nobody sees gives its connection back: browsers have six

/** What one needs of an event that a server sent. */
interface Message {
  readonly data: string
  readonly lastEventId: string
}

/** What one needs of an EventSource: the test has its own. */
export interface Source {
  addEventListener(kind: string, listener: (event: Message) => void): void
  close(): void
}

export interface StreamState {
  readonly state: 'off' | 'connecting' | 'open' | 'broken'
  /** When it was opened, or broke; milliseconds. */
  readonly since: number
  /** When the last event arrived, heartbeats aside; null before the first. */
  readonly lastEvent: number | null
  /** After a break: how long it was, what came later, what is gone. Null if it never broke. */
  readonly caughtUp: { readonly brokenMs: number; readonly fetched: number; readonly lost: number } | null
}

export interface Stream {
  readonly state: { readonly value: StreamState }
  /** Calls back for every event; the answer ends that. */
  subscribe(listener: (event: LiveEvent) => void): () => void
  open(): void
  close(): void
}

/** The wait before the next attempt: doubles, up to ten seconds. */
export const retryDelay = (attempt: number): number => Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt)

/** A stream at work. */
interface Work {
  readonly connect: (url: string) => Source
  readonly now: () => number
  readonly state: Signal<StreamState>
  readonly listeners: Set<(event: LiveEvent) => void>
  source: Source | null
  /** The last event's, to resume behind; null before the first. */
  lastId: string | null
  attempt: number
  timer: ReturnType<typeof setTimeout> | undefined
  brokenAt: number | null
  /** Until when events count as missed ones. */
  catchingUpUntil: number
}

/** A stream over sources made by `connect(address)`. Time is handed in, for tests. */
export function createStream(connect: (url: string) => Source, now: () => number = Date.now): Stream {
  const work: Work = {
    connect,
    now,
    state: signal<StreamState>({ state: 'off', since: now(), lastEvent: null, caughtUp: null }),
    listeners: new Set(),
    source: null,
    lastId: null,
    attempt: 0,
    timer: undefined,
    brokenAt: null,
    catchingUpUntil: 0,
  }
  return {
    state: work.state,
    subscribe(listener) {
      work.listeners.add(listener)
      return () => void work.listeners.delete(listener)
    },
    open() {
      if (work.state.value.state === 'off') start(work)
    },
    close() {
      disconnect(work)
      work.brokenAt ??= now()
      set(work, { state: 'off', since: now() })
    },
  }
}

function set({ state }: Work, patch: Partial<StreamState>): void {
  state.value = { ...state.value, ...patch }
}

function disconnect(work: Work): void {
  clearTimeout(work.timer)
  work.source?.close()
  work.source = null
}

function start(work: Work): void {
  disconnect(work)
  if (work.state.value.state !== 'broken') set(work, { state: 'connecting', since: work.now() })
  const source = work.connect(address('/events', { after: work.lastId }))
  work.source = source
  source.addEventListener('open', () => opened(work))
  source.addEventListener('error', () => failed(work))
  for (const kind of KINDS) source.addEventListener(kind, (event) => received(work, kind, event))
  watch(work)
}

function watch(work: Work): void {
  clearTimeout(work.timer)
  work.timer = setTimeout(() => failed(work), SILENT_MS)
}

function opened(work: Work): void {
  const { brokenAt, now } = work
  work.attempt = 0
  work.brokenAt = null
  set(work, { state: 'open', since: now() })
  if (brokenAt === null) return
  work.catchingUpUntil = now() + CATCH_UP_MS
  set(work, { caughtUp: { brokenMs: now() - brokenAt, fetched: 0, lost: 0 } })
  // Without an id to resume behind, whatever came meanwhile is only in the lists.
  if (work.lastId === null) tell(work, { kind: 'lost', from: 1, to: 0 })
}

function failed(work: Work): void {
  disconnect(work)
  work.brokenAt ??= work.now()
  if (work.state.value.state !== 'broken') set(work, { state: 'broken', since: work.now() })
  work.timer = setTimeout(() => start(work), retryDelay(work.attempt++))
}

function received(work: Work, kind: LiveEvent['kind'], message: Message): void {
  if (work.state.value.state !== 'open') opened(work)
  watch(work)
  const event = parsed(kind, message.data)
  if (event === null) return
  if (message.lastEventId !== '') work.lastId = message.lastEventId
  if (event.kind !== 'heartbeat') note(work, event)
  tell(work, event)
}

function tell({ listeners }: Work, event: LiveEvent): void {
  for (const listener of listeners) listener(event)
}

/** Counts what comes right after a break: it was missed, and fetched later. */
function note(work: Work, event: LiveEvent): void {
  const { caughtUp } = work.state.value
  const at = work.now()
  if (caughtUp === null || at > work.catchingUpUntil) return set(work, { lastEvent: at })
  work.catchingUpUntil = at + BURST_MS
  const gone = event.kind === 'lost' ? event.to - event.from + 1 : 0
  const fetched = caughtUp.fetched + (event.kind === 'lost' ? 0 : 1)
  set(work, { lastEvent: at, caughtUp: { ...caughtUp, fetched, lost: caughtUp.lost + gone } })
}

/** An event of the stream; null if it is none. */
function parsed(kind: LiveEvent['kind'], data: string): LiveEvent | null {
  try {
    return { ...(JSON.parse(data) as LiveEvent), kind } as LiveEvent
  } catch {
    return null
  }
}

/** The application's one stream. */
export const live = createStream((url) => new EventSource(url))

/** Opens it, and closes it while nobody looks for long; what happened meanwhile is fetched on return. The
 * answer ends it. */
export function startLive(): () => void {
  live.open()
  const hidden: { timer: ReturnType<typeof setTimeout> | undefined } = { timer: undefined }
  const look = (): void => {
    clearTimeout(hidden.timer)
    if (document.visibilityState === 'visible') live.open()
    else hidden.timer = setTimeout(() => live.close(), HIDDEN_MS)
  }
  document.addEventListener('visibilitychange', look)
  return () => {
    clearTimeout(hidden.timer)
    document.removeEventListener('visibilitychange', look)
    live.close()
  }
}
