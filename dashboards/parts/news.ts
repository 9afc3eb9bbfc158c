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

const NONE: News = { isNew: 0, changed: 0, analyses: 0 }

/** An analysis that ended may have changed everything. */
export const isAnalysed = (event: LiveEvent): boolean =>
  event.kind === 'analysis' && event.analysis.state === 'done'

/**
 * Counts analyses that end, and what `kindOf` tells to be news, anew for another `key`. `show` reads the page
 * again; where events are gone for good, that is done at once.
 */
export function useNews(
  key: string,
  reload: () => void,
  kindOf: (event: LiveEvent) => keyof News | null = () => null,
): { readonly news: News; readonly show: () => void } {
  const [news, setNews] = useState<News>(NONE)
  useEffect(() => setNews(NONE), [key])
  const show = (): void => {
    setNews(NONE)
    reload()
  }
  useLive((event) => {
    if (event.kind === 'lost') return show()
    const kind = isAnalysed(event) ? 'analyses' : kindOf(event)
    if (kind !== null) setNews((old) => ({ ...old, [kind]: old[kind] + 1 }))
  })
  return { news, show }
}
