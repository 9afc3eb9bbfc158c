/** The shell: rail with counts at the left, tabs below on small screens, the open page between. */
import { useSignalEffect } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks'
import { readSession } from './api.ts'
import { startCounters } from './counters.ts'
import { live, startLive } from './events.ts'
import { useKeys } from './keys.ts'
import { GO_TO } from './keys.data.ts'
import { Help } from './parts/help.tsx'
import { Rail, Tabs } from './parts/rail.tsx'
import { Failure, Loading } from './parts/states.tsx'
import { fetchPagesWhenIdle, PAGES } from './pages.ts'
import type { PageComponent } from './pages.ts'
import { goBack, href, navigate, route, scrollTarget } from './router.ts'
import type { Route } from './router.ts'
import { isLoggedOut, session } from './session.ts'
import { setZone, toggleTheme, zone } from './settings.ts'

const SCROLL_PATIENCE_MS = 1500 // a page that is come back to has this long to become as tall as it was

export function App(): JSX.Element {
  const [failure, setFailure] = useState<Error | null>(null)
  const connect = (): void => {
    setFailure(null)
    readSession().then(
      (found) => (session.value = found),
      (error: unknown) => setFailure(error as Error),
    )
  }
  useEffect(connect, [])
  if (failure !== null) return <Centre>{<Failure error={failure} retry={connect} />}</Centre>
  if (session.value === null) return <Centre>{<Loading what="who you are" />}</Centre>
  if (isLoggedOut() || route.value.page === 'login')
    return <Centre>{<Page route={{ page: 'login' }} />}</Centre>
  return <Shell />
}

function askAgain(): void {
  readSession().then(
    (found) => (session.value = found),
    () => undefined,
  )
}

function focusSearch(): void {
  const fields = [...document.querySelectorAll<HTMLInputElement>('main input[type=search]')]
  fields.find((field) => field.offsetParent !== null)?.focus()
}

const Centre = ({ children }: { children: JSX.Element }): JSX.Element => (
  <main id="main" class="tall">
    {children}
  </main>
)

function Shell(): JSX.Element {
  const [isHelpOpen, setHelp] = useState(false)
  useEffect(() => {
    fetchPagesWhenIdle()
    const ends = [startLive(), startCounters()]
    return () => {
      for (const end of ends) end()
    }
  }, [])
  useSignalEffect(() => {
    // A stream is refused without a word: perhaps because the login has ended.
    if (live.state.value.state === 'broken') askAgain()
  })
  useKeys({
    ...Object.fromEntries(
      Object.entries(GO_TO).map(([key, to]) => [`g ${key}`, () => navigate(href(to.route))]),
    ),
    t: toggleTheme,
    z: () => setZone(zone.value === 'utc' ? 'local' : 'utc'),
    '?': () => setHelp(true),
    Escape: goBack,
    '/': focusSearch,
  })
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <div class="app">
        <Rail onHelp={() => setHelp(true)} />
        <main id="main" tabIndex={-1}>
          <Page route={route.value} />
        </main>
      </div>
      <Tabs />
      {isHelpOpen && <Help onClose={() => setHelp(false)} />}
    </>
  )
}

/** A page's name and its code, once that has arrived. */
interface Opened {
  readonly page: string
  readonly Component: PageComponent | null
  readonly error: Error | null
}

function Page({ route: { page, ...rest } }: { route: Route }): JSX.Element {
  const [opened, setOpened] = useState<Opened>({ page: '', Component: null, error: null })
  const id = 'id' in rest ? rest.id : ''
  useEffect(() => {
    if (page === 'missing') return
    const loader = PAGES[page]
    loader().then(
      (Component) => setOpened({ page, Component, error: null }),
      () => setOpened({ page, Component: null, error: new Error('This page could not be loaded.') }),
    )
  }, [page])
  useArrival(`${page}/${id}`)
  if (page === 'missing') return <Missing />
  if (opened.page !== page) return <Loading what="the page" tall />
  if (opened.Component === null)
    return (
      <Failure error={opened.error ?? new Error('This page is empty.')} retry={() => location.reload()} />
    )
  return (
    <Contained key={`${page}/${id}`} Component={opened.Component as ComponentType<{ id: string }>} id={id} />
  )
}

/** A page that fails takes nothing else with it. */
function Contained({ Component, id }: { Component: ComponentType<{ id: string }>; id: string }): JSX.Element {
  const [error, reset] = useErrorBoundary((thrown) => console.error(thrown))
  if (error !== undefined)
    return <Failure error={new Error(`This page failed: ${String(error)}.`)} retry={reset} />
  return <Component id={id} />
}

/** Another page: the focus goes to it, and it is scrolled to where it was if it is come back to. */
function useArrival(address: string): void {
  const isFirst = useRef(true)
  useEffect(() => {
    if (!isFirst.current) document.getElementById('main')?.focus({ preventScroll: true })
    isFirst.current = false
    const target = scrollTarget.value
    if (target === null) return
    scrollTarget.value = null
    scrollTo(0, target)
    const growing = new ResizeObserver(() => scrollTo(0, target))
    if (target > 0) growing.observe(document.body)
    const patience = setTimeout(() => growing.disconnect(), SCROLL_PATIENCE_MS)
    return () => {
      clearTimeout(patience)
      growing.disconnect()
    }
  }, [address])
}

const Missing = (): JSX.Element => (
  <div class="tall gap6">
    <h1>There is no such page</h1>
    <p class="lead">
      Nothing is kept under this address.{' '}
      <a class="link" href="/">
        Go to the overview
      </a>
      .
    </p>
  </div>
)
