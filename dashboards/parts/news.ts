/** What events brought that a page does not show yet: counted, until somebody asks for it. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveEvent } from '../../src/api/contract.ts'
import { useLive } from '../load.ts'

export interface News {
  readonly isNew: number
  readonly changed: number
  /** Analyses that ended. */
  readonly analyses: number
}

/** What is counted; of analyses which, because one may be told of twice. */
interface Counted extends Omit<News, 'analyses'> {
  readonly ended: readonly number[]
}

const NONE: Counted = { isNew: 0, changed: 0, ended: [] }

/** An analysis that ended may have changed everything. */
export const isAnalysed = (event: LiveEvent): boolean =>
  event.kind === 'analysis' && event.analysis.state === 'done'

/** What is news with this event besides. */
export function withNews(
  old: Counted,
  event: LiveEvent,
  kindOf: (event: LiveEvent) => Exclude<keyof News, 'analyses'> | null,
): Counted {
  if (event.kind === 'analysis' && isAnalysed(event)) {
    const { id } = event.analysis
    return old.ended.includes(id) ? old : { ...old, ended: [...old.ended, id] }
  }
  const kind = kindOf(event)
  return kind === null ? old : { ...old, [kind]: old[kind] + 1 }
}

/**
 * Counts analyses that end, and what `kindOf` tells to be news, anew for another `key`. `show` reads the page
 * again; where events are gone for good, that is done at once.
 */
export function useNews(
  key: string,
  reload: () => void,
  kindOf: (event: LiveEvent) => Exclude<keyof News, 'analyses'> | null = () => null,
): { readonly news: News; readonly show: () => void } {
  const [{ isNew, changed, ended }, setNews] = useState(NONE)
  useEffect(() => setNews(NONE), [key])
  const show = (): void => {
    setNews(NONE)
    reload()
  }
  useLive((event) => {
    if (event.kind === 'lost') return show()
    setNews((old) => withNews(old, event, kindOf))
  })
  return { news: { isNew, changed, analyses: ended.length }, show }
}
