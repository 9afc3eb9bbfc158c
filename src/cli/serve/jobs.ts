/**
 * The analyses that wait, and the one that runs.
 *
 * Contract: one at a time, each in a thread of its own, in the order in which they were asked for. What was
 * asked for is in the database before it is answered; whatever the process dies of, the next start takes up
 * what waited and what ran. Key logs are handed on in memory only: a job that is taken up again has none, and
 * says so.
 */
import type { Logger } from 'pino'
import { type Jobs, Refusal } from '../../api/ports.ts'
import type { Micros } from '../../model/time.ts'
import type { AnalysisRequest, TapRow } from '../../model/view.ts'
import {
  addAnalysis,
  analysisJob,
  endAnalysis,
  interruptedAnalyses,
  nextQueued,
} from '../../store/analyses.ts'
import { claimOf } from '../../store/claims.ts'
import { durably, prepared, type Store } from '../../store/store.ts'
import type { CaptureFolder } from './folder.ts'
import type { JobInput, JobProgress, Order } from './order.ts'
import { keptKeylog, NOTE_OF_LOST_KEYLOG, requestOf, wantsKeylog } from './request.ts'
import { type Remaining, remaining } from './remaining.ts'
import { type TapRates, tapRates } from './tap-rates.ts'
import { type OrderThread, type StartThread, startThread, type ThreadEnd } from './thread.ts'

export interface JobsOptions {
  readonly store: Store
  readonly folder: CaptureFolder
  /** The text of the server's own configuration; null without any. */
  readonly config: string | null
  /** Cookie values and the like are stored as they are, not hashed. */
  readonly plainSecrets: boolean
  readonly logger: Logger
  now(): Micros
  /** Another one for tests. */
  readonly startThread?: StartThread
}

export interface JobQueue extends Jobs {
  /** Whether a job that runs or waits reads the capture. */
  reads(capture: number): boolean
  /** Takes up what an earlier process left. */
  resume(): void
  /** Leaves the running job for the next start; resolves when its thread is gone. */
  stop(): Promise<void>
}

/** Analyses that may wait; a client that asks for more is refused. */
export const QUEUE_MAX = 1_000
/** Characters of key logs that wait in memory with their analyses; one that would make it more is refused. */
export const KEYLOGS_CHARACTERS_MAX = 256 << 20
/** Attempts of one job. What ended the server that often during a job may be the job. */
export const ATTEMPTS_MAX = 3
/** Between two tries to begin an analysis. */
const AGAIN_MS = 10_000
const GIVEN_UP = `The server ended ${ATTEMPTS_MAX} times while it worked on this, and does not try again: start it anew if something else was the reason.`

interface Running {
  readonly id: number
  readonly thread: OrderThread
  readonly remaining: Remaining
  taps(): TapRow[]
  isCancelled: boolean
}

interface State {
  readonly options: Required<JobsOptions>
  /** Those that an earlier process ran: they go first. */
  readonly interrupted: { id: number; isPublished: boolean }[]
  readonly keylogs: Map<number, string>
  running: Running | null
  /** Resolves when the running job has ended. */
  ended: Promise<void>
  isStopping: boolean
}

export function jobs(given: JobsOptions): JobQueue {
  const state: State = {
    options: { startThread, ...given },
    interrupted: [],
    keylogs: new Map(),
    running: null,
    ended: Promise.resolve(),
    isStopping: false,
  }
  const { store } = given
  return {
    start: (request) => start(state, request),
    cancel: (id) => cancel(state, id),
    remove: (id) => remove(state, id),
    secondsLeft: (id) => (state.running?.id === id ? state.running.remaining.seconds() : null),
    taps: () => state.running?.taps() ?? [],
    running: () => (state.running === null ? 0 : 1),
    queued: () => queued(store),
    reads: (capture) => prepared(store, READERS).get(capture) !== undefined,
    resume() {
      takeUp(state)
      next(state)
    },
    async stop() {
      state.isStopping = true
      state.running?.thread.wish('leave')
      await state.ended
    },
  }
}

const READERS = `SELECT 1 FROM analysis_input JOIN analysis ON analysis.id = analysis
  WHERE capture = ? AND state IN ('queued', 'running') LIMIT 1`

/** What an earlier process left. A command line may be analysing into the same database (`analyze --db`), or
 * may have been killed: that is not ours to go on with. */
function takeUp(state: State): void {
  const { store } = state.options
  const left = Map.groupBy(interruptedAnalyses(store), ({ id }) => claimOf(store, id))
  if (left.has('abandoned')) inBackground(state, { kind: 'clear', database: store.path })
  for (const one of left.get('none') ?? []) {
    if ((analysisJob(store, one.id)?.attempt ?? 0) >= ATTEMPTS_MAX)
      inBackground(state, discard(state, one.id, 'failed', GIVEN_UP))
    else state.interrupted.push(one)
  }
}

const queued = (store: Store): number =>
  prepared<{ n: number }>(store, "SELECT count(*) AS n FROM analysis WHERE state = 'queued'").get()?.n ?? 0

type StateName = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
const stateOf = (store: Store, id: number): StateName | null =>
  prepared<{ state: StateName }>(store, 'SELECT state FROM analysis WHERE id = ?').get(id)?.state ?? null

// oxlint-disable-next-line typescript/require-await -- a refusal is a rejection
async function start(state: State, request: AnalysisRequest): Promise<number> {
  const { store, config, now } = state.options
  if (state.isStopping) throw new Refusal('busy', 'The server is stopping.')
  if (queued(store) >= QUEUE_MAX) throw new Refusal('busy', `${QUEUE_MAX} analyses wait already.`)
  const keylogs = [...state.keylogs.values()].reduce((sum, { length }) => sum + length, 0)
  if (keylogs + (request.keylog?.length ?? 0) > KEYLOGS_CHARACTERS_MAX)
    throw new Refusal('busy', 'Too many key logs wait: ask again when an analysis has begun.', 'keylog')
  // In one: what was there when the request was checked is not forgotten before the job names it.
  const id = durably(store, () => {
    const { inputs, text } = requestOf(store, request, config)
    return addAnalysis(store, { inputs, config: text, at: now() })
  })
  if (request.keylog !== undefined) state.keylogs.set(id, request.keylog)
  next(state)
  return id
}

async function cancel(state: State, id: number): Promise<void> {
  const { store, now } = state.options
  const { running } = state
  if (running?.id === id) {
    running.isCancelled = true
    running.thread.wish('cancel')
    return state.ended
  }
  const name = stateOf(store, id)
  if (name === null) throw new Refusal('not-found', 'There is no such analysis.')
  if (name !== 'queued' && name !== 'running') throw new Refusal('conflict', `The analysis is over: ${name}.`)
  const position = state.interrupted.findIndex((waiting) => waiting.id === id)
  if (position >= 0) {
    state.interrupted.splice(position, 1)
    return chore(state, discard(state, id, 'cancelled', null))
  }
  if (claimOf(store, id) === 'held')
    throw new Refusal('conflict', 'A command line runs the analysis: end it there.')
  state.keylogs.delete(id)
  endAnalysis(store, id, { state: 'cancelled', error: null, summary: null, at: now() })
}

async function remove(state: State, id: number): Promise<void> {
  const { store } = state.options
  const name = stateOf(store, id)
  if (name === null) throw new Refusal('not-found', 'There is no such analysis.')
  if (name === 'running' || name === 'queued')
    throw new Refusal('conflict', `The analysis is ${name}: cancel it first.`)
  await chore(state, { kind: 'delete', database: store.path, analysis: id })
}

/** Work of a thread that has to succeed. */
async function chore({ options }: State, order: Order): Promise<void> {
  const end = await options.startThread(order, {}).end
  if (end.state === 'died') throw new Error(`a ${order.kind} thread died: ${end.reason}`)
}

/** Work of a thread for which nobody waits. */
function inBackground(state: State, order: Order): void {
  chore(state, order).catch((error: unknown) => state.options.logger.error({ error: String(error) }))
}

const discard = (
  { options }: State,
  analysis: number,
  state: 'failed' | 'cancelled',
  error: string | null,
): Order => ({ kind: 'discard', database: options.store.path, analysis, state, error })

/** Begins the next job if none runs. */
function next(state: State): void {
  const { store, logger } = state.options
  if (state.running !== null || state.isStopping) return
  const [left] = state.interrupted
  const id = left?.id ?? nextQueued(store)
  if (id === null) return
  const order = orderOf(state, id, left?.isPublished ?? false)
  state.interrupted.shift()
  if (order === null) return next(state)
  const time = remaining()
  const rates = tapRates()
  const onProgress = (progress: JobProgress): void => {
    time.note(progress)
    rates.note(progress)
  }
  const thread = state.options.startThread(order, { onProgress })
  const taps = (): TapRow[] => (rates.isReading() ? tapRows(order.inputs, rates) : [])
  const running: Running = { id, thread, remaining: time, taps, isCancelled: false }
  state.running = running
  logger.info({ analysis: id, captures: order.inputs.length, again: left !== undefined }, 'analysis begins')
  state.ended = follow(state, running)
}

const tapRows = (inputs: readonly JobInput[], rates: TapRates): TapRow[] =>
  inputs.map(({ capture, name, tap }, place) => ({
    capture,
    name,
    tap,
    isLive: false,
    packetsPerSecond: rates.packetsPerSecond(place),
    drops: rates.drops(place),
    lagSeconds: null,
    stopped: null,
  }))

/** Until the job has ended, and the next one has begun. */
async function follow(state: State, running: Running): Promise<void> {
  try {
    await settle(state, running, await running.thread.end)
  } catch (error) {
    const { logger } = state.options
    logger.error({ analysis: running.id, error: String(error) }, 'analysis could not be ended')
  }
  state.running = null
  nextOrLater(state)
}

/** What the database refuses now (a full disk) is tried again. */
function nextOrLater(state: State): void {
  try {
    next(state)
  } catch (error) {
    state.options.logger.error({ error: String(error) }, 'the next analysis could not begin')
    setTimeout(() => nextOrLater(state), AGAIN_MS).unref()
  }
}

/** What the thread is to do; null if it cannot, which the row then says. */
function orderOf(state: State, id: number, isPublished: boolean): Extract<Order, { kind: 'job' }> | null {
  const { store, folder, config, now } = state.options
  const job = analysisJob(store, id)
  if (job === null) return null
  const gone = job.inputs.find(({ stored }) => stored === null || !folder.holds(stored))
  if (gone !== undefined && !isPublished) {
    const error = `${gone.name} is not kept any more: upload it again.`
    if (job.attempt > 0) inBackground(state, discard(state, id, 'failed', error))
    else endAnalysis(store, id, { state: 'failed', error, summary: null, at: now() })
    return null
  }
  const keylog = state.keylogs.get(id) ?? null
  state.keylogs.delete(id)
  const isLost = keylog === null && job.config !== null && wantsKeylog(job.config)
  return {
    kind: 'job',
    database: store.path,
    analysis: id,
    inputs: job.inputs.map(({ capture, tap, name, stored, sha256 }) => {
      return { capture, tap, name, sha256, path: stored === null ? '' : folder.pathOf(stored) }
    }),
    isPublished,
    config: job.config ?? config,
    keylog: keptKeylog(keylog),
    plainSecrets: state.options.plainSecrets,
    note: isLost && !isPublished ? NOTE_OF_LOST_KEYLOG : null,
    wish: new SharedArrayBuffer(4),
  }
}

/** Sees to it that the row says how it ended. */
async function settle(state: State, { id, isCancelled }: Running, end: ThreadEnd): Promise<void> {
  const { logger } = state.options
  if (end.state === 'died' && !state.isStopping) {
    const error = isCancelled ? null : `The analysis broke down: ${end.reason}.`
    logger.error({ analysis: id, reason: end.reason }, 'analysis thread died')
    await chore(state, discard(state, id, isCancelled ? 'cancelled' : 'failed', error))
  } else if (end.state === 'failed')
    logger.warn({ analysis: id, error: end.error, stack: end.stack }, 'analysis failed')
  else logger.info({ analysis: id }, `analysis ${end.state}`)
}
