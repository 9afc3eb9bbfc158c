/**
 * What a page reads from the API. While it is read again the old data stays; if reading fails it stays, with
 * its age; leaving the page ends the request. Data of the last few addresses is kept, so that going back is
 * instant.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { live } from './events.ts'
import type { LiveEvent } from '../src/api/contract.ts'

const SETTLE_MS = 1000 // events come in bursts: what they ask for is done once, when things have calmed down
const REMEMBERED = 24 // addresses whose last data is kept for going back; the oldest goes first

export interface Loaded<T> {
  readonly data: T | null
  /** Why the last reading failed; the data of an earlier one may still be there. */
  readonly error: Error | null
  readonly isLoading: boolean
  /** When `data` was read, in milliseconds; 0 without. */
  readonly readAt: number
  readonly reload: () => void
  /** Puts other data in place of what was read: an answer that is newer than it. */
  readonly put: (data: T) => void
}

interface Kept {
  readonly data: unknown
  readonly readAt: number
}

const kept = new Map<string, Kept>()

function remember(key: string, data: unknown): Kept {
  const entry = { data, readAt: Date.now() }
  kept.delete(key)
  kept.set(key, entry)
  for (const oldest of kept.keys()) {
    if (kept.size <= REMEMBERED) break
    kept.delete(oldest)
  }
  return entry
}

interface State {
  readonly key: string
  readonly entry: Kept | null
  readonly error: Error | null
  readonly isLoading: boolean
}

/**
 * Reads data under a key, anew whenever the key changes. With `keep` the data of the former key stays until
 * the new one's is there: for lists whose filters change.
 */
export function useLoad<T>(
  key: string,
  read: (signal: AbortSignal) => Promise<T>,
  { keep = false }: { readonly keep?: boolean } = {},
): Loaded<T> {
  const [state, setState] = useState<State>(() => fresh(key, null))
  const [round, setRound] = useState(0)
  const reader = useRef(read)
  reader.current = read

  useEffect(() => {
    const ending = new AbortController()
    setState((old) => (old.key === key ? { ...old, isLoading: true } : fresh(key, keep ? old.entry : null)))
    const begin = async (): Promise<void> => {
      try {
        const data = await reader.current(ending.signal)
        if (!ending.signal.aborted)
          setState({ key, entry: remember(key, data), error: null, isLoading: false })
      } catch (error) {
        if (!ending.signal.aborted) setState((old) => ({ ...old, error: error as Error, isLoading: false }))
      }
    }
    void begin()
    return () => ending.abort()
  }, [key, round, keep])

  const reload = useCallback(() => setRound((n) => n + 1), [])
  const put = useCallback(
    (data: T) => setState((old) => ({ ...old, entry: remember(old.key, data), error: null })),
    [],
  )
  const shown = state.key === key || keep ? state : fresh(key, null)
  return {
    data: (shown.entry?.data ?? null) as T | null,
    readAt: shown.entry?.readAt ?? 0,
    error: shown.error,
    isLoading: shown.isLoading,
    reload,
    put,
  }
}

const fresh = (key: string, old: Kept | null): State => ({
  key,
  entry: kept.get(key) ?? old,
  error: null,
  isLoading: true,
})

/** Calls back for every event of the stream while the component is there. */
export function useLive(listener: (event: LiveEvent) => void): void {
  const current = useRef(listener)
  current.current = listener
  useLayoutEffect(() => live.subscribe((event) => current.current(event)), [])
}

/** The answer asks for the work, however often; it is done soon after, once. */
export function useSettled(work: () => void): () => void {
  const latest = useRef(work)
  latest.current = work
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      latest.current()
    }, SETTLE_MS)
  }
}
