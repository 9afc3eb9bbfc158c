/**
 * Addresses of pages: every view is a link. Pure functions between paths and routes, and the browser's
 * history as a signal. Filters live in the query; a plain <a href> is enough to link, as clicks on links of
 * this origin are taken over once for the whole document.
 */
import { batch, signal } from '@preact/signals'

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'incidents' }
  | { readonly page: 'incident'; readonly id: string }
  | { readonly page: 'live' }
  | { readonly page: 'agents' }
  | { readonly page: 'agent'; readonly id: string }
  | { readonly page: 'services' }
  | { readonly page: 'service'; readonly id: string }
  | { readonly page: 'captures' }
  | { readonly page: 'connections' }
  | { readonly page: 'connection'; readonly id: string }
  | { readonly page: 'conformance' }
  | { readonly page: 'deliveries' }
  | { readonly page: 'login' }
  | { readonly page: 'missing'; readonly path: string }

export type QueryPatch = Readonly<Record<string, string | number | readonly string[] | null | undefined>>

/** First part of the path -> its list, and the page of one of its members. */
const PAGES = {
  incidents: ['incidents', 'incident'],
  live: ['live', null],
  agents: ['agents', 'agent'],
  services: ['services', 'service'],
  captures: ['captures', null],
  connections: ['connections', 'connection'],
  conformance: ['conformance', null],
  deliveries: ['deliveries', null],
  login: ['login', null],
} as const

/** The route of a path; a path that nobody made is `missing`. */
export function parsePath(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '')
  const [head, id, ...rest] = parts
  if (head === undefined) return { page: 'overview' }
  if (!Object.hasOwn(PAGES, head) || rest.length > 0) return { page: 'missing', path }
  const [list, member] = PAGES[head as keyof typeof PAGES]
  if (id === undefined) return { page: list }
  const decoded = decode(id)
  return member === null || decoded === null ? { page: 'missing', path } : { page: member, id: decoded }
}

// `.` and `..` are taken out of a path, encoded as well (WHATWG URL, §4.4): one more `~` stands before them.
const DOTS = /^~*\.{1,2}$/

/** An id as one part of a path, of a page as well as of the API. */
export const pathPart = (id: string | number): string =>
  `${DOTS.test(String(id)) ? '~' : ''}${encodeURIComponent(id)}`

function decode(part: string): string | null {
  try {
    const id = decodeURIComponent(part)
    return id.startsWith('~') && DOTS.test(id) ? id.slice(1) : id
  } catch {
    return null
  }
}

/** The path of a route, with a query: what goes into an <a href>. */
export function href(route: Route, query: QueryPatch = {}): string {
  const search = patched(new URLSearchParams(), query).toString()
  return search === '' ? pathOf(route) : `${pathOf(route)}?${search}`
}

function pathOf(route: Route): string {
  if (route.page === 'overview') return '/'
  if (route.page === 'missing') return route.path
  if (!('id' in route)) return `/${route.page}`
  return `/${route.page}s/${pathPart(route.id)}`
}

/** A copy of the query in which the named parameters are set anew; null, undefined and '' remove one. */
export function patched(query: URLSearchParams, patch: QueryPatch): URLSearchParams {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(patch)) {
    next.delete(name)
    if (Array.isArray(value)) for (const one of value) next.append(name, String(one))
    else if (value != null && value !== '') next.set(name, String(value))
  }
  return next
}

export const route = signal<Route>({ page: 'overview' })
export const query = signal<URLSearchParams>(new URLSearchParams())

/** Where to scroll the next page: where it was when it was left, or to its top. Taken once it is drawn. */
export const scrollTarget = signal<number | null>(null)

function read(): void {
  batch(() => {
    const next = parsePath(location.pathname)
    if (JSON.stringify(next) !== JSON.stringify(route.value)) route.value = next
    if (location.search.slice(1) !== query.value.toString())
      query.value = new URLSearchParams(location.search)
  })
}

export interface NavigateOptions {
  /** Takes the place of the present entry of the history: for filters as they are typed. */
  readonly replace?: boolean
}

/** Goes to an address of this application. */
export function navigate(to: string, { replace = false }: NavigateOptions = {}): void {
  history.replaceState({ ...history.state, scroll: scrollY }, '')
  const isSamePath = new URL(to, location.href).pathname === location.pathname
  if (replace) history.replaceState(history.state, '', to)
  else history.pushState({ inside: true }, '', to)
  read()
  if (!isSamePath) scrollTarget.value = 0
}

/** Sets parameters of the present page's query. */
export function setQuery(patch: QueryPatch, options: NavigateOptions = {}): void {
  const search = patched(query.value, patch).toString()
  navigate(search === '' ? location.pathname : `${location.pathname}?${search}`, options)
}

/** The list that the present page belongs to; the overview for lists. */
export const listPath = (): string => ('id' in route.value ? `/${route.value.page}s` : '/')

/** Back to where the person came from, or to the list that the page belongs to. */
export function goBack(): void {
  if ((history.state as { inside?: boolean } | null)?.inside === true) return history.back()
  if (route.value.page !== 'overview') navigate(listPath())
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element).closest('a')
  if (link === null || link.target !== '' || link.hasAttribute('download')) return
  const to = new URL(link.href, location.href)
  if (to.origin !== location.origin || /^\/(api|healthz|metrics)\b/.test(to.pathname)) return
  if (to.hash !== '' && to.pathname === location.pathname && to.search === location.search) return
  event.preventDefault()
  navigate(to.pathname + to.search + to.hash)
}

/** Once, at the start. */
export function startRouter(): void {
  history.scrollRestoration = 'manual'
  read()
  document.addEventListener('click', onClick)
  addEventListener('popstate', (event) => {
    read()
    scrollTarget.value = (event.state as { scroll?: number } | null)?.scroll ?? 0
  })
}
