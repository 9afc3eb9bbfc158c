/**
 * Alerts of a database file, without a server: those that are stored, then those that whoever writes it
 * commits. The file is only read; it is looked at twenty times a second.
 */
import { isoTime, type Micros } from '../../model/time.ts'
import { changesAfter, firstChange, lastChange, watchChanges } from '../../store/changes.ts'
import { listOccurrences, occurrenceRow } from '../../store/queries/occurrences.ts'
import type { Store } from '../../store/store.ts'
import { counted } from '../output/quantities.ts'
import { openedStore } from '../stored.ts'
import type { Alerts } from './alerts.ts'
import { type Backlog, cutText, type PageOf, showBacklog } from './backlog.ts'
import type { Wanted } from './plan.ts'

const PAGE_ROWS = 500
/** Changes that are read at once. */
const CHANGES_AT_ONCE = 1_000
/** The longest pause that a timer can have: nothing else keeps a process alive that waits for a file. */
const FOREVER_MS = 0x7fff_ffff

export interface FollowingFile {
  readonly alerts: Alerts
  readonly wanted: Wanted
  readonly signal: AbortSignal
  now(): Micros
  tell(line: string): void
  note(line: string): void
}

/** Shows what is stored. Throws a failure if the file is no database of Holdfast's. */
export async function showDatabase(
  path: string,
  { alerts, wanted }: Pick<FollowingFile, 'alerts' | 'wanted'>,
): Promise<Backlog> {
  const store = openedStore(path, { readOnly: true })
  try {
    return await showBacklog(pagesOf(store, wanted), alerts, wanted)
  } finally {
    store.close()
  }
}

/** Ends with the reason of `signal`. */
export async function followDatabase(path: string, following: FollowingFile): Promise<never> {
  const { alerts, wanted, note, tell, now } = following
  const store = openedStore(path, { readOnly: true })
  try {
    const place: Place = { last: lastChange(store), floor: wanted.since ?? now() }
    const backlog = await showBacklog(pagesOf(store, wanted), alerts, wanted)
    if (backlog.isCut) tell(cutText(backlog))
    if (wanted.since === null && backlog.earliest !== null) place.floor = Date.parse(backlog.earliest) * 1000
    note(`following ${path}${backlog.shown === 0 ? '; no alert so far' : ''}`)
    return await watched(store, place, following)
  } finally {
    store.close()
  }
}

interface Place {
  /** The last change that was looked at. */
  last: number
  /** Where the list begins when it is read again. */
  floor: Micros
}

/** Shows what is committed until it is aborted. */
function watched(store: Store, place: Place, following: FollowingFile): Promise<never> {
  const { signal } = following
  const { promise, reject } = Promise.withResolvers<never>()
  let isBusy = false
  const look = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    try {
      await showNew(store, place, following)
    } catch (error) {
      reject(error)
    }
    isBusy = false
  }
  const stop = watchChanges(store, () => void look())
  const alive = setInterval(() => undefined, FOREVER_MS)
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  if (signal.aborted) reject(signal.reason as Error)
  // What was committed while the list was read.
  void look()
  return promise.finally(() => {
    stop()
    clearInterval(alive)
  })
}

async function showNew(store: Store, place: Place, following: FollowingFile): Promise<void> {
  const first = firstChange(store)
  if (first !== null && first > place.last + 1) await showAgain(store, place, following)
  for (;;) {
    const changes = changesAfter(store, place.last, CHANGES_AT_ONCE)
    for (const { id, kind, subject } of changes) {
      place.last = id
      if (kind !== 'occurrence') continue
      const row = occurrenceRow(store, subject)
      if (row !== null) following.alerts.show(row)
    }
    if (changes.length < CHANGES_AT_ONCE) return
  }
}

/** More was written at once than the list of changes holds: the alerts themselves are all there. */
async function showAgain(store: Store, place: Place, { alerts, wanted, tell }: FollowingFile): Promise<void> {
  place.last = lastChange(store)
  const asked = { ...wanted, since: place.floor, latest: null }
  const backlog = await showBacklog(pagesOf(store, asked), alerts, asked)
  if (backlog.isCut) tell(cutText(backlog))
  tell(
    `more changed at once than can be followed; ${counted(backlog.shown, 'alert')} fetched from the list, ` +
      `alerts of traffic before ${isoTime(place.floor).slice(0, 19)}Z may be missing (--since shows them)`,
  )
}

function pagesOf(store: Store, { severities, types, agent, service, since }: Wanted): PageOf {
  const filter = {
    ...(severities === null ? {} : { severity: severities }),
    ...(types === null ? {} : { type: types }),
    ...(agent === null ? {} : { agent: [agent] }),
    ...(service === null ? {} : { service: [service] }),
    ...(since === null ? {} : { from: since }),
  }
  return async (cursor) => listOccurrences(store, filter, { cursor, limit: PAGE_ROWS })
}
