/** What lists are made of: a chosen row moved by keys, filters in the heads of columns, older rows on demand,
 * and a pill that holds back what is new until it is asked for. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import * as api from '../api.ts'
import { SINCE } from '../filters.ts'
import { useKeys } from '../keys.ts'
import { useLive, useLoad } from '../load.ts'
import type { Paged } from '../paging.ts'
import type { News } from './news.ts'
import { navigate, query, setQuery } from '../router.ts'
import { count, counted } from '../text.ts'
import { TYPES } from '../words.data.ts'

const TYPING_MS = 250 // a search begins once nobody typed for this long

export interface Chosen<T> {
  /** The key of the chosen row; null if none is. */
  readonly key: string | null
  readonly row: T | null
  readonly choose: (key: string | null) => void
}

/** j and k choose a row, Enter opens it. Rows carry `data-row`, so that the chosen one can be scrolled to. */
export function useChosen<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  open: (row: T) => string | null,
): Chosen<T> {
  const [key, choose] = useState<string | null>(null)
  const at = rows.findIndex((row) => keyOf(row) === key)
  const move = (step: number): void => {
    const next =
      rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))]
    if (next === undefined) return
    choose(keyOf(next))
    const row = document.querySelector(`[data-row="${CSS.escape(keyOf(next))}"]`)
    row?.scrollIntoView({ block: 'nearest' })
  }
  const row = rows[at] ?? null
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ...(row === null ? {} : { Escape: () => choose(null) }),
    Enter: () => {
      const to = row === null ? null : open(row)
      if (to !== null) navigate(to)
    },
  })
  return { key: row === null ? null : key, row, choose }
}

/** The rows in the order in which they were shown first; further ones come last. Pure. */
export function inHeldOrder<T>(rows: readonly T[], order: readonly string[], keyOf: (row: T) => string): T[] {
  const places = new Map(order.map((key, place) => [key, place]))
  const place = (row: T): number => places.get(keyOf(row)) ?? order.length
  return [...rows].sort((a, b) => place(a) - place(b))
}

/** Rows that follow what happens without changing places while the page is open. */
export function useHeldOrder<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  const order = useRef<readonly string[]>([])
  const held = inHeldOrder(rows, order.current, keyOf)
  order.current = held.map(keyOf)
  return held
}

/**
 * Rows that follow what happens without moving: those that were shown first stay, as they are now; others
 * wait for `show`. What is deleted goes.
 */
export function useHeldRows<T>(
  latest: readonly T[],
  keyOf: (row: T) => string,
): { readonly rows: readonly T[]; readonly waiting: number; readonly show: () => void } {
  const [held, hold] = useState(latest)
  useLive((event) => {
    if (event.kind === 'incident' && event.incident === null)
      hold((old) => old.filter((row) => keyOf(row) !== event.id))
  })
  if (held.length === 0) return { rows: latest, waiting: 0, show: () => undefined }
  const now = new Map(latest.map((row) => [keyOf(row), row]))
  const shown = new Set(held.map(keyOf))
  return {
    rows: held.map((row) => now.get(keyOf(row)) ?? row),
    waiting: latest.filter((row) => !shown.has(keyOf(row))).length,
    show: () => hold(latest),
  }
}

interface SelectProps {
  readonly name: string
  readonly label: string
  readonly options: readonly (readonly [value: string, word: string])[]
  /** What no choice means; its value in the address is nothing. */
  readonly any: string
}

/** A filter in the head of its column; a set one is tinted. */
export function SelectFilter({ name, label, options, any }: SelectProps): JSX.Element {
  const value = query.value.get(name) ?? ''
  const isListed = value === '' || options.some(([option]) => option === value)
  return (
    <select
      class={`field ${value === '' ? '' : 'set'}`}
      aria-label={label}
      value={value}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value }, { replace: true })}
    >
      <option value="">{any}</option>
      {!isListed && <option value={value}>{value}</option>}
      {options.map(([option, word]) => (
        <option key={option} value={option}>
          {word}
        </option>
      ))}
    </select>
  )
}

/** How far back. */
export const SinceFilter = (): JSX.Element => (
  <SelectFilter
    name="since"
    label="Time"
    any="any time"
    options={Object.entries(SINCE).map(([name, { word }]) => [name, `last ${word}`])}
  />
)

/** One of the services that there are. `any`: what no choice means, where no head of a column says it. */
export function ServiceFilter({ any = 'any' }: { any?: string }): JSX.Element {
  const services = useLoad('services', (signal) => api.services({}, signal)).data?.items ?? []
  const options = services.map(({ name }) => [name, name] as const)
  return <SelectFilter name="service" label="Service" any={any} options={options} />
}

/** One of the types of incidents. */
export const TypeFilter = (): JSX.Element => (
  <SelectFilter name="type" label="Type" any="any type" options={TYPES.map((type) => [type, type])} />
)

interface TextProps {
  readonly name: string
  readonly label: string
  readonly placeholder: string
}

/** A filter that is typed. It is in the address once typing pauses; `/` goes to the first one in sight. */
export function TextFilter({ name, label, placeholder }: TextProps): JSX.Element {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const value = query.value.get(name) ?? ''
  const [typed, setTyped] = useState(value)
  useEffect(() => {
    // What the address took over is trimmed: that takes no space, nor what was typed since, from the field.
    setTyped((now) => (timer.current !== undefined || now.trim() === value ? now : value))
  }, [value])
  useEffect(() => () => clearTimeout(timer.current), [])
  const apply = (text: string): void => {
    clearTimeout(timer.current)
    timer.current = undefined
    if (text.trim() !== (query.value.get(name) ?? '')) setQuery({ [name]: text.trim() }, { replace: true })
  }
  const take = (text: string): void => {
    setTyped(text)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => apply(text), TYPING_MS)
  }
  return (
    <input
      type="search"
      class={`field ${value === '' ? '' : 'set'}`}
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      onInput={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply(event.currentTarget.value)
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}

/** What is set in the address and has no column of its own: as a chip that takes it away. */
export function SetChips({ names }: { names: readonly string[] }): JSX.Element | null {
  const set = names.flatMap((name) => query.value.getAll(name).map((value) => [name, value] as const))
  if (set.length === 0) return null
  const without = (name: string, value: string): string[] =>
    query.value.getAll(name).filter((other) => other !== value)
  return (
    <div class="chips" role="group" aria-label="Filters that are set">
      {set.map(([name, value]) => (
        <button
          type="button"
          key={`${name} ${value}`}
          class="chip on"
          onClick={() => setQuery({ [name]: without(name, value) })}
        >
          {name} {value} <span aria-hidden="true">×</span>
          <span class="hide">, remove</span>
        </button>
      ))}
    </div>
  )
}

/** How many are shown, and the way to older ones. */
export function Older<T>({ paged, one }: { paged: Paged<T>; one: string }): JSX.Element | null {
  const { items, loaded, older, isFetching, olderError } = paged
  if (items.length === 0) return null
  const total = loaded.data?.total ?? null
  const rest = total === null ? null : total - items.length
  return (
    <p class="note gap4">
      {total === null || total <= items.length
        ? counted(items.length, one)
        : `${count(items.length)} of ${counted(total, one)}`}
      {older !== null && (
        <>
          {' · '}
          <button type="button" class="link" onClick={older} disabled={isFetching}>
            {isFetching ? 'reading …' : rest !== null && rest > 0 ? `${count(rest)} older` : 'older'}
          </button>
        </>
      )}
      {olderError !== null && <span class="warn"> {olderError.message}</span>}
    </p>
  )
}

interface PillProps {
  readonly news: Partial<News>
  readonly onShow: () => void
}

/** `2 changed, 1 new: show`, over the page wherever it is scrolled to: the list stays as it is until somebody
 * asks. */
export function Pill({ news: { isNew = 0, changed = 0, analyses = 0 }, onShow }: PillProps): JSX.Element {
  const words = [
    changed > 0 ? `${count(changed)} changed` : '',
    isNew > 0 ? `${count(isNew)} new` : '',
    analyses > 0 ? `${counted(analyses, 'analysis', 'analyses')} done` : '',
  ]
  const text = words.filter((word) => word !== '').join(', ')
  return (
    <div class="pill" role="status">
      {text !== '' && (
        <>
          <button type="button" class="chip on" onClick={onShow}>
            {text}: show
          </button>
        </>
      )}
    </div>
  )
}
