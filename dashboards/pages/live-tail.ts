/** What the tail holds: rows that are shown, rows that wait, and rows that a later analysis took away. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveEvent, OccurrenceRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { matchesOccurrence, occurrenceFilter } from '../filters.ts'
import { useLive, useSettled } from '../load.ts'
import { type Paged, type PageQuery, rowsOf, usePages } from '../paging.ts'
import { query } from '../router.ts'
import { chime } from '../sound.ts'
import { behind, goneFrom, joined, renewed, withNew } from './live-rows.ts'

const PAGE = 100
const AWAY_PIXELS = 240 // scrolled this far, somebody reads: rows must not move

const isAway = (): boolean => scrollY > AWAY_PIXELS

type Rows = readonly OccurrenceRow[]

export interface TailState {
  readonly paged: Paged<OccurrenceRow>
  /** Newest first. */
  readonly waiting: Rows
  /** Rows that came while the window was hidden. */
  readonly unseen: number
  /** Ids of rows that just came. */
  readonly fresh: ReadonlySet<number>
  /** Ids of rows that are shown and stored no more. */
  readonly gone: ReadonlySet<number>
  readonly isPaused: boolean
  readonly pause: () => void
  /** Goes on, with what waited. */
  readonly show: () => void
}

const without = (rows: Rows, ids: ReadonlySet<number>): Rows => rows.filter(({ id }) => !ids.has(id))

/** `asked`: the page's query. */
export function useTail(asked: URLSearchParams): TailState {
  const [isPaused, setPaused] = useState(false)
  const [waiting, setWaiting] = useState<Rows>([])
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set())
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set())
  const filter = () => occurrenceFilter(asked, Date.now())
  const read = ({ cursor, limit }: PageQuery, signal?: AbortSignal) =>
    api.occurrences({ ...filter(), ...behind(cursor), limit }, signal)
  const paged = usePages(`occurrences ${asked.toString()}`, PAGE, read)
  const holds = (): boolean => isPaused || isAway()
  const forget = (): void => {
    setWaiting([])
    setGone(new Set())
  }
  useEffect(forget, [asked])
  const [unseen, setUnseen] = useState(0)
  useEffect(() => {
    const look = (): void => setUnseen((n) => (document.hidden ? n : 0))
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  const add = (rows: Rows): void => {
    paged.loaded.change((list) => withNew(list, rows))
    // Who comes back to the window sees what came meanwhile tinted.
    setFresh((old) => new Set([...(document.hidden ? old : []), ...rows.map(({ id }) => id)]))
    if (document.hidden) setUnseen((n) => n + rows.length)
  }
  /** Another analysis may have taken the place of the one that the rows came from. */
  const check = async (): Promise<void> => {
    const latest = await read({ cursor: null, limit: rowsOf(paged.loaded.data, PAGE) })
    if (query.value !== asked) return
    setWaiting((rows) => without(rows, goneFrom(rows, latest)))
    if (holds()) setGone(goneFrom(paged.items, latest))
    else paged.change((rows) => renewed(rows, latest))
  }
  const checkSoon = useSettled(() => void check().catch(() => undefined)) // the next event asks again
  const onIncident = ({ id, incident }: LiveEvent & { kind: 'incident' }): void => {
    const others = (rows: Rows): Rows => rows.filter((row) => row.incident !== id)
    if (others(paged.items).length + others(waiting).length === paged.items.length + waiting.length) return
    if (incident !== null) return checkSoon()
    setWaiting(others)
    paged.change(others)
  }
  useLive((event) => {
    if (event.kind === 'lost') return paged.loaded.reload()
    if (event.kind === 'incident') return onIncident(event)
    if (event.kind !== 'occurrence' || !matchesOccurrence(filter(), event.occurrence)) return
    chime(event.occurrence.severity)
    if (holds()) setWaiting((old) => joined([event.occurrence], old))
    else add([event.occurrence])
  })
  const show = (): void => {
    setPaused(false)
    add(waiting)
    if (gone.size > 0) paged.loaded.reload()
    forget()
    scrollTo({ top: 0 })
  }
  return { paged, waiting, unseen, fresh, gone, isPaused, pause: () => setPaused(true), show }
}
