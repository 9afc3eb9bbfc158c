/** What every page has: its place in the bar, the zone or span at the right, the live mark, and a title. */
import { type ComponentChildren, Fragment, type JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { live } from '../events.ts'
import { harmless } from '../harmless.ts'
import { zone } from '../settings.ts'
import { count, duration, zoneName } from '../text.ts'

interface BarProps {
  /** Links to the pages above this one, outermost first. */
  readonly above?: readonly { readonly href: string; readonly text: string }[]
  /** This page, as the bar and the window's title name it. */
  readonly title: string
  /** How much happened that is not shown or not seen yet: the window's title tells it to who looks
   * elsewhere. */
  readonly news?: number
  /** What the page covers, with its zone; without it, the zone alone. */
  readonly children?: ComponentChildren
}

export function Bar({ above = [], title, news = 0, children }: BarProps): JSX.Element {
  useEffect(() => {
    document.title = `${news > 0 ? `(${count(news)}) ` : ''}${harmless(title)} · Holdfast`
  }, [title, news])
  return (
    <div class="bar">
      <span class="crumb">
        {above.map(({ href, text }) => (
          <Fragment key={href}>
            <a href={href}>{text}</a> /{' '}
          </Fragment>
        ))}
        <b>{title}</b>
      </span>
      <span class="right">
        {children ?? <span>times in {zone.value === 'utc' ? 'UTC' : zoneName()}</span>}
        <LiveMark />
      </span>
    </div>
  )
}

/** Whether the page follows what happens. */
export function LiveMark(): JSX.Element {
  const { state, since } = live.state.value
  if (state === 'open') return <span class="pulse">live</span>
  if (state !== 'broken') return <span class="pulse wait">connecting</span>
  return (
    <span class="pulse broken" role="status">
      not live for {duration(Math.round((Date.now() - since) / 1000))}
    </span>
  )
}
