/** The rail: pages with their counts, what is in work, zone and theme. On small screens five tabs. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnalysisRow, TapRow } from '../../src/api/contract.ts'
import { logOut } from '../api.ts'
import { counters, jobs } from '../counters.ts'
import { href, route } from '../router.ts'
import type { Route } from '../router.ts'
import { forgetSession, session } from '../session.ts'
import { setZone, toggleTheme, zone } from '../settings.ts'
import { taps, tapWords } from '../tap-rates.ts'
import { captureName, count, fileName, percent, zoneName } from '../text.ts'
import { Dialog } from './dialog.tsx'
import { Anchor, Icon, ICONS } from './icons.tsx'

interface Entry {
  readonly page: Exclude<keyof typeof ICONS, 'more'>
  readonly title: string
  /** Pages on which it is the present one. */
  readonly holds: readonly Route['page'][]
}

const ENTRIES: readonly Entry[] = [
  { page: 'overview', title: 'Overview', holds: ['overview'] },
  { page: 'incidents', title: 'Incidents', holds: ['incidents', 'incident'] },
  { page: 'live', title: 'Live', holds: ['live'] },
  { page: 'agents', title: 'Agents', holds: ['agents', 'agent'] },
  { page: 'services', title: 'Services', holds: ['services', 'service'] },
  { page: 'captures', title: 'Captures', holds: ['captures'] },
  { page: 'connections', title: 'Connections', holds: ['connections', 'connection'] },
  { page: 'conformance', title: 'Conformance', holds: ['conformance'] },
  { page: 'deliveries', title: 'Deliveries', holds: ['deliveries'] },
]
const TABS: readonly Entry['page'][] = ['overview', 'incidents', 'live', 'captures']

const linkOf = ({ page }: Entry): string => href({ page })
const current = ({ holds }: Entry): { 'aria-current'?: 'page' } =>
  holds.includes(route.value.page) ? { 'aria-current': 'page' } : {}

function Count({ page }: { page: Entry['page'] }): JSX.Element | null {
  const known = counters.value
  if (known === null) return null
  if (page === 'incidents' && known.criticalIncidents > 0)
    return (
      <b class="hot" title="critical, not resolved">
        {count(known.criticalIncidents)}
        <span class="hide"> critical, not resolved</span>
      </b>
    )
  if (page === 'captures' && known.runningJobs > 0) return <b>{known.runningJobs} running</b>
  const value = {
    incidents: known.openIncidents,
    agents: known.agents,
    services: known.services,
    captures: known.captures,
    conformance: known.requirements,
  }[page as string]
  return value === undefined || value === 0 ? null : <b>{count(value)}</b>
}

const Entries = (): JSX.Element => (
  <nav class="nav" aria-label="Pages">
    {ENTRIES.map((entry) => (
      <a key={entry.page} href={linkOf(entry)} {...current(entry)}>
        <Icon name={entry.page} />
        {entry.title}
        <Count page={entry.page} />
      </a>
    ))}
  </nav>
)

export function Rail({ onHelp }: { onHelp: () => void }): JSX.Element {
  return (
    <aside class="rail">
      <a class="mark" href="/">
        <Anchor />
        Holdfast
      </a>
      <Entries />
      <div class="foot">
        <Taps />
        <Work jobs={jobs.value} />
        <Settings onHelp={onHelp} />
      </div>
    </aside>
  )
}

/** The captures that are read, live or as files, with their rates. */
function Taps(): JSX.Element | null {
  const list = taps.value
  if (list.length === 0) return null
  return (
    <section aria-labelledby={TAPS_TITLE}>
      <h2 id={TAPS_TITLE}>
        Taps, last minute<span class="hide">, packets a second</span>
      </h2>
      <ul class="taps">
        {list.slice(0, TAPS_SHOWN).map((tap) => (
          <Tap key={`${tap.capture} ${tap.tap}`} tap={tap} />
        ))}
      </ul>
      {list.length > TAPS_SHOWN && <p>and {count(list.length - TAPS_SHOWN)} more</p>}
    </section>
  )
}

const TAPS_TITLE = 'taps'
const TAPS_SHOWN = 6

function Tap({ tap }: { tap: TapRow }): JSX.Element {
  const { words, isBad, all } = tapWords(tap)
  const name = [tap.tap, captureName(tap.name, tap.isLive)].filter((part) => part !== '').join(' · ')
  return (
    <li title={`${name}: ${all}`}>
      <span class={isBad ? 'warn' : ''}>{name}</span> <span class={isBad ? 'nw warn' : 'nw'}>{words}</span>
    </li>
  )
}

/** `61 % read`: how far a job is. */
export const progressWord = ({ state, stage, fraction }: AnalysisRow): string =>
  state === 'queued' ? 'waits' : `${percent(fraction)} ${STAGE_SHORT[stage]}`

const STAGE_SHORT: Readonly<Record<AnalysisRow['stage'], string>> = {
  receive: 'received',
  read: 'read',
  store: 'stored',
  prove: 'of proof kept',
}

function Work({ jobs: list }: { jobs: readonly AnalysisRow[] }): JSX.Element | null {
  if (list.length === 0) return null
  return (
    <div>
      <h2>In work</h2>
      <ul>
        {list.slice(0, 4).map((job) => (
          <li key={job.id}>
            <span>{job.inputs.map(({ name }) => fileName(name)).join(', ')}</span>
            <span class="nw">{progressWord(job)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Settings({ onHelp }: { onHelp: () => void }): JSX.Element {
  const isUtc = zone.value === 'utc'
  return (
    <>
      <div>
        All times in {isUtc ? 'UTC' : zoneName()} ·{' '}
        <button type="button" class="link" onClick={() => setZone(isUtc ? 'local' : 'utc')}>
          {isUtc ? 'use local' : 'use UTC'}
        </button>
      </div>
      <button type="button" class="theme" onClick={toggleTheme}>
        Light or dark
      </button>
      <div>
        <button type="button" class="link" onClick={onHelp}>
          Keys
        </button>{' '}
        ·{' '}
        <a class="link" href="/api/docs">
          API
        </a>{' '}
        · {session.value?.version}
      </div>
      <Person />
    </>
  )
}

/** Who is logged in; nobody has to be on an open server. */
function Person(): JSX.Element | null {
  const own = session.value
  if (own === null || own.open || own.name === null) return null
  return (
    <div>
      {own.name}, {own.role} ·{' '}
      <button type="button" class="link" onClick={() => void logOut().finally(forgetSession)}>
        log out
      </button>
    </div>
  )
}

export function Tabs(): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const shown = ENTRIES.filter(({ page }) => TABS.includes(page))
  const isElsewhere = !shown.some((entry) => entry.holds.includes(route.value.page))
  return (
    <>
      <nav class="tabs" aria-label="Pages, small screen">
        {shown.map((entry) => (
          <a key={entry.page} href={linkOf(entry)} {...current(entry)}>
            <Icon name={entry.page} />
            {entry.title}
          </a>
        ))}
        <button
          type="button"
          onClick={() => setOpen(true)}
          {...(isElsewhere ? { 'aria-current': 'page' } : {})}
        >
          <Icon name="more" />
          More
        </button>
      </nav>
      {isOpen && <More onClose={() => setOpen(false)} />}
    </>
  )
}

/** The pages and settings that have no tab. */
const More = ({ onClose }: { onClose: () => void }): JSX.Element => (
  <Dialog title="Pages and settings" onClose={onClose}>
    <div onClick={(event) => (event.target as Element).closest('a') !== null && onClose()}>
      <Entries />
    </div>
    <div class="rail-settings gap4">
      <Taps />
      <Settings onHelp={onClose} />
    </div>
    <div class="btns">
      <button type="button" class="btn" onClick={onClose}>
        Close
      </button>
    </div>
  </Dialog>
)
