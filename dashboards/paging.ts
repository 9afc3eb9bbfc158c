/** Lists that come in pages: the first by its filters, older ones on demand, joined in one list. */
import { useCallback, useRef, useState } from 'preact/hooks'
import type { Page } from '../src/api/contract.ts'
import { useLoad } from './load.ts'
import type { Loaded } from './load.ts'

const ROWS_MAX = 500 // of one answer of the API

/** What is asked of a list besides its filters. */
export type PageQuery = { readonly cursor: string | null; readonly limit: number }

type Row = { readonly id: string | number }

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

/** Rows to read: a list that is read again, or come back to, stays as long as it was. */
export const rowsOf = (known: Page<unknown> | null, size: number): number =>
  Math.min(ROWS_MAX, Math.max(size, known?.items.length ?? 0))

/** The list with the page behind it that `cursor` asked for, unless it ends elsewhere by now. */
export function withOlder<T extends Row>(list: Page<T>, cursor: string, more: Page<T>): Page<T> {
  if (list.next !== cursor) return list
  const known = new Set(list.items.map(({ id }) => id))
  const items = [...list.items, ...more.items.filter(({ id }) => !known.has(id))]
  return { items, next: more.next, total: more.total ?? list.total }
}

/** Reads a list under a key, `size` rows at a time; a change of the key begins anew. */
export function usePages<T extends Row>(
  key: string,
  size: number,
  read: (page: PageQuery, signal?: AbortSignal) => Promise<Page<T>>,
): Paged<T> {
  const loaded = useLoad<Page<T>>(
    key,
    (signal, known) => read({ cursor: null, limit: rowsOf(known, size) }, signal),
    { keep: true },
  )
  const [isFetching, setFetching] = useState(false)
  const [olderError, setError] = useState<Error | null>(null)
  const now = useRef({ key, next: loaded.data?.next })
  now.current = { key, next: loaded.data?.next }

  const fetchOlder = async (): Promise<void> => {
    const { key: asked, next } = now.current
    if (next == null) return
    setFetching(true)
    setError(null)
    try {
      const more = await read({ cursor: next, limit: size })
      if (now.current.key === asked) loaded.change((list) => withOlder(list, next, more))
    } catch (error) {
      setError(error as Error)
    } finally {
      setFetching(false)
    }
  }
  const older = useCallback(() => void fetchOlder(), [key])

  const change = useCallback(
    (by: (items: readonly T[]) => readonly T[]) =>
      loaded.change((list) => ({ ...list, items: by(list.items) })),
    [],
  )

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
