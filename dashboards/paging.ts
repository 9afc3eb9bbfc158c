/** Lists that come in pages: the first by its filters, older ones on demand, joined in one list. */
import { useCallback, useRef, useState } from 'preact/hooks'
import type { Page } from '../src/api/contract.ts'
import { useLoad } from './load.ts'
import type { Loaded } from './load.ts'

export interface Paged<T> {
  readonly loaded: Loaded<Page<T>>
  readonly items: readonly T[]
  /** Fetches the next page; null at the end. */
  readonly older: (() => void) | null
  readonly isFetching: boolean
  readonly olderError: Error | null
  /** Changes rows in place: what an event brought. */
  readonly change: (items: (items: readonly T[]) => readonly T[]) => void
}

/** Reads a list under a key; a change of the key begins anew. */
export function usePages<T>(
  key: string,
  read: (cursor: string | null, signal?: AbortSignal) => Promise<Page<T>>,
): Paged<T> {
  const loaded = useLoad(key, (signal) => read(null, signal), { keep: true })
  const [isFetching, setFetching] = useState(false)
  const [olderError, setError] = useState<Error | null>(null)
  const now = useRef({ key, page: loaded.data })
  now.current = { key, page: loaded.data }

  const fetchOlder = async (): Promise<void> => {
    const { key: asked, page } = now.current
    if (page?.next == null) return
    setFetching(true)
    setError(null)
    try {
      const more = await read(page.next)
      if (now.current.key !== asked) return // another list by now
      const items = [...(now.current.page?.items ?? []), ...more.items]
      loaded.put({ items, next: more.next, total: more.total ?? page.total })
    } catch (error) {
      setError(error as Error)
    } finally {
      setFetching(false)
    }
  }
  const older = useCallback(() => void fetchOlder(), [key])

  const change = useCallback((with_: (items: readonly T[]) => readonly T[]) => {
    const { page } = now.current
    if (page !== null) loaded.put({ ...page, items: with_(page.items) })
  }, [])

  const hasOlder = loaded.data?.next != null
  return {
    loaded,
    items: loaded.data?.items ?? [],
    older: hasOlder ? older : null,
    isFetching,
    olderError,
    change,
  }
}
