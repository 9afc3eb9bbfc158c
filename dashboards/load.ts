/**
 * What a page reads from the API. While it is read again the old data stays; if reading fails it stays, with
 * its age; leaving the page ends the request. Data of the last few addresses is kept, so that going back is
 * instant.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from './api.ts'
import { live } from './events.ts'
import { startReading } from './reading.ts'
import type { Read, Reading, Told } from './reading.ts'
import type { LiveEvent } from '../src/api/contract.ts'

const SETTLE_MS = 1000 // events come in bursts: what they ask for is done once, when things have calmed down
const REMEMBERED = 24 // addresses whose last data is kept for going back; the oldest goes first

export interface Loaded<T> extends Told<T> {
  readonly reload: () => void
  /** Changes what was read: what an event or an answer brought that is newer. */
  readonly change: (change: (data: T) => T) => void
}

type Known = Pick<Told<unknown>, 'data' | 'readAt'>

const NOTHING: Known = { data: null, readAt: 0 }
const kept = new Map<string, Known>()

function remember(key: string, known: Known): void {
  kept.delete(key)
  kept.set(key, known)
  for (const oldest of kept.keys()) {
    if (kept.size <= REMEMBERED) break
    kept.delete(oldest)
  }
}

interface State {
  readonly key: string
  readonly told: Told<unknown>
}

const beginning = (key: string, known: Known = kept.get(key) ?? NOTHING): State => ({
  key,
  told: { ...known, error: null, isLoading: true },
})

/**
 * Reads data under a key, anew whenever the key changes. With `keep` the data of the former key stays until
 * the new one's is there: for lists whose filters change.
 */
export function useLoad<T>(
  key: string,
  read: Read<T>,
  { keep = false }: { readonly keep?: boolean } = {},
): Loaded<T> {
  const [state, setState] = useState<State>(() => beginning(key))
  const reader = useRef(read)
  reader.current = read
  const reading = useRef<Reading<T> | null>(null)

  useEffect(() => {
    const known = (kept.get(key) ?? NOTHING) as Pick<Told<T>, 'data' | 'readAt'>
    const begun = startReading<T>(
      (signal, data) => reader.current(signal, data),
      known,
      (told) => {
        if (told.data !== null) remember(key, told)
        setState((old) => ({ key, told: keep && told.data === null ? { ...told, ...formerOf(old) } : told }))
      },
    )
    reading.current = begun
    return () => {
      begun.end()
      reading.current = null
    }
  }, [key, keep])

  const reload = useCallback(() => reading.current?.reload(), [])
  const isLive = live.state.value.state === 'open'
  const isOut = isPassing(state.told.error)
  useEffect(() => {
    // The server answers again: nobody has to ask for what it did not answer.
    if (isLive && isOut) reload()
  }, [isLive])
  const change = useCallback((by: (data: T) => T) => reading.current?.change(by), [])
  const shown = state.key === key || keep ? state : beginning(key)
  return { ...(shown.told as Told<T>), reload, change }
}

/** Whether it is the server's state, and not the question, that went wrong. */
const isPassing = (error: Error | null): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500)

const formerOf = ({ told: { data, readAt } }: State): Known => ({ data, readAt })

/** Calls back for every event of the stream while the component is there. */
export function useLive(listener: (event: LiveEvent) => void): void {
  const current = useRef(listener)
  current.current = listener
  useLayoutEffect(() => live.subscribe((event) => current.current(event)), [])
}

/** The answer asks for the work, however often; it is done soon after, once. */
export function useSettled(work: () => void, settleMs = SETTLE_MS): () => void {
  const latest = useRef(work)
  latest.current = work
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      latest.current()
    }, settleMs)
  }
}

/** The answer asks for the work, however often: it is done at once, and then at most once in this time. */
export function usePaced(work: () => void, paceMs: number): () => void {
  const isResting = useRef(false)
  const isBehind = useRef(false)
  const rest = useSettled(() => {
    isResting.current = false
    if (isBehind.current) ask()
  }, paceMs)
  const ask = (): void => {
    isBehind.current = isResting.current
    if (isResting.current) return
    isResting.current = true
    work()
    rest()
  }
  return ask
}
