/**
 * Alerts of a server: those that are there, then those that come, for as long as somebody reads.
 *
 * The stream is opened before the list is read, so nothing comes between them. A broken stream is opened
 * again behind the last event that arrived; where the server no longer has what came meanwhile, or the stream
 * had not yet given a place to go on from, the list is read again and what was shown is left out.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { LiveEvent } from '../../model/view.ts'
import { type Micros, isoTime } from '../../model/time.ts'
import { failure } from '../failure.ts'
import { counted, elapsed } from '../output/quantities.ts'
import type { Alerts } from './alerts.ts'
import { cutText, showBacklog } from './backlog.ts'
import { isUnreachable, liveEvent, type TailClient } from './client.ts'
import { eventReader } from './event-stream.ts'
import type { Wanted } from './plan.ts'

/**
 * First pause before a broken stream is opened again; each further one is twice as long, up to the longest.
 */
const PAUSE_MS = 500
const PAUSE_MAX_MS = 30_000
/** A server says something every 15 s: three times nothing, and the connection is taken for dead. */
const SILENCE_MAX_MS = 45_000
/** What came in between arrives in one go: a pause this long is its end. */
const CAUGHT_UP_MS = 400

export interface Following {
  readonly client: TailClient
  readonly alerts: Alerts
  readonly wanted: Wanted
  /** Where the alerts come from, for people. */
  readonly name: string
  /** What went wrong, and what came of it. */
  tell(line: string): void
  /** What is good to know while one waits at a terminal. */
  note(line: string): void
  now(): Micros
  /** 0 to 1: spreads the pauses of many, so that a server that comes back is not run over. */
  random(): number
  /** Its abortion ends everything. */
  readonly signal: AbortSignal
}

/** How far the reader has come, over all its connections. */
interface Place {
  /** Empty: the stream has not given one yet. */
  lastId: string
  /** Where the list begins when it is read again; null before it was read for the first time. */
  floor: Micros | null
  retryMs: number | null
}

type Body = ReadableStream<Uint8Array>

/** Ends with the reason of `signal`; throws a failure for what no further try changes. */
export async function followServer(following: Following): Promise<never> {
  const { signal, name, tell, now } = following
  const place: Place = { lastId: '', floor: null, retryMs: null }
  let body = await opened(following)
  for (;;) {
    const reason = await readStream(body, place, following)
    signal.throwIfAborted()
    const brokeAt = now()
    tell(`the connection to ${name} broke: ${reason}; trying again`)
    body = await openedAgain(place, following)
    tell(`connected again after ${elapsed((now() - brokeAt) / 1e6)}`)
  }
}

/** The first time somebody looks on: a server that is not there is told at once. */
async function opened({ client, signal }: Following): Promise<Body> {
  try {
    return await client.events('', signal)
  } catch (error) {
    throw isUnreachable(error) ? failure(error.message) : error
  }
}

async function openedAgain(place: Place, { client, signal, random, tell }: Following): Promise<Body> {
  let told = ''
  let askedMs = 0
  for (let tries = 0; ; tries++) {
    const doubledMs = Math.min(PAUSE_MAX_MS, (place.retryMs ?? PAUSE_MS) * 2 ** Math.min(tries, 16))
    await pause(Math.max(askedMs, doubledMs * (0.75 + random() / 2)), undefined, { signal })
    try {
      return await client.events(place.lastId, signal)
    } catch (error) {
      if (!isUnreachable(error)) throw error
      if (error.message !== told) tell(error.message)
      told = error.message
      askedMs = Math.min(PAUSE_MAX_MS, (error.afterSeconds ?? 0) * 1000)
    }
  }
}

/** Shows what the stream brings until it ends; says why it did. */
async function readStream(body: Body, place: Place, following: Following): Promise<string> {
  const reader = eventReader(place.lastId)
  const chunks = body.getReader()
  const late = place.lastId === '' ? null : lateArrivals(following)
  try {
    if (place.lastId === '') await readList(place, following)
    for (;;) {
      const chunk = await within(chunks.read(), SILENCE_MAX_MS)
      if (chunk === null) return 'no sign of life for 45 s'
      if (chunk.done) return 'the server closed it'
      const { oversized } = reader
      for (const { data, id } of reader.read(chunk.value)) {
        await takeEvent(liveEvent(data), place, following, late)
        place.lastId = id
      }
      if (reader.oversized > oversized) following.tell('an event was too large to be read')
      place.retryMs = reader.retryMs
      late?.wait()
    }
  } catch (error) {
    if (isUnreachable(error)) return error.message
    // What fetch says when the connection goes down in the middle of an answer.
    if (error instanceof TypeError) return 'cut off'
    throw error
  } finally {
    late?.stop()
    // A stream that broke has nothing to cancel.
    chunks.cancel().catch(() => undefined)
  }
}

async function takeEvent(
  event: LiveEvent | null,
  place: Place,
  following: Following,
  late: LateArrivals | null,
): Promise<void> {
  if (event === null) return following.tell('an event could not be read: is the server of another version?')
  if (event.kind === 'heartbeat') return
  if (event.kind === 'lost') {
    following.tell(
      `the server no longer has the events ${event.from} to ${event.to}; reading the list instead`,
    )
    late?.stop()
    return readList(place, following)
  }
  const isShown = event.kind === 'occurrence' && following.alerts.show(event.occurrence)
  late?.count(isShown)
}

/** Shows what the list has and was not shown yet. */
async function readList(place: Place, { client, alerts, wanted, signal, tell, note, now, name }: Following) {
  const isFirst = place.floor === null
  const asked = isFirst ? wanted : { ...wanted, since: place.floor, latest: null }
  const startedAt = now()
  const backlog = await showBacklog((cursor) => client.occurrences(asked, cursor, signal), alerts, asked)
  if (backlog.isCut) tell(cutText(backlog))
  if (isFirst) {
    const earliest = backlog.earliest === null ? startedAt : Date.parse(backlog.earliest) * 1000
    place.floor = wanted.since ?? earliest
    note(`following ${name}${backlog.shown === 0 ? '; no alert so far' : ''}`)
    return
  }
  const since = isoTime(asked.since ?? 0).slice(0, 19)
  tell(
    `${counted(backlog.shown, 'alert')} fetched later from the list; ` +
      `of traffic since ${since}Z ${backlog.isCut ? 'the earlier ones are missing' : 'none is missing'}, ` +
      'older traffic that was analysed meanwhile may be (--since shows it)',
  )
}

interface LateArrivals {
  count(isShown: boolean): void
  /** More may come. */
  wait(): void
  stop(): void
}

/** Counts what a resumed stream brings first, and tells it once it is all there. */
function lateArrivals({ tell }: Following): LateArrivals {
  let events = 0
  let shown = 0
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
  }
  const end = (): void => {
    if (isOver) return
    stop()
    const what = events === 0 ? 'nothing had happened' : `${counted(events, 'event')} fetched later`
    tell(`${what}${events === 0 ? '' : `, ${counted(shown, 'alert')} among them`}; none is missing`)
  }
  const wait = (): void => {
    if (isOver) return
    clearTimeout(timer)
    timer = setTimeout(end, CAUGHT_UP_MS)
  }
  wait()
  return {
    count(isShown) {
      if (isOver) return
      events++
      if (isShown) shown++
    },
    wait,
    stop,
  }
}

/** Null if the promise takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), ms)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
