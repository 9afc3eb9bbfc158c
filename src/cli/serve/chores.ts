/** Work in the database that takes long: what an attempt left is thrown away, old rows and captures go. */
import { deleteAnalysis, endAnalysis } from '../../store/analyses.ts'
import { clearAbandoned } from '../../store/claims.ts'
import { applyRetention } from '../../store/retention.ts'
import { openStore } from '../../store/store.ts'
import { wallClock } from '../wall-clock.ts'
import type { Chore, JobEnd } from './order.ts'

/** `onUnkept`: the file under this name is not kept any more; whoever keeps the folder removes it. */
export function doChore(chore: Chore, onUnkept: (stored: string) => void): JobEnd {
  const store = openStore(chore.database)
  try {
    if (chore.kind === 'delete') deleteAnalysis(store, chore.analysis)
    else if (chore.kind === 'discard')
      endAnalysis(store, chore.analysis, { ...chore, summary: null, at: wallClock() })
    else if (chore.kind === 'clear') clearAbandoned(store, wallClock())
    else {
      const { captures, rows } = chore
      applyRetention(store, { captures, rows, now: wallClock(), removeFile: onUnkept })
    }
    return { state: 'done' }
  } finally {
    store.close()
  }
}
