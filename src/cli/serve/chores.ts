/** Work in the database that takes long: what an attempt left is thrown away, old rows and captures go. */
import type { Micros } from '../../model/time.ts'
import { deleteAnalysis, endAnalysis } from '../../store/analyses.ts'
import { clearAbandoned } from '../../store/claims.ts'
import { applyRetention } from '../../store/retention.ts'
import { openStore } from '../../store/store.ts'
import type { Chore, JobEnd } from './order.ts'

const clock = (): Micros => Date.now() * 1000

/** `onUnkept`: the file under this name is not kept any more; whoever keeps the folder removes it. */
export function doChore(chore: Chore, onUnkept: (stored: string) => void): JobEnd {
  const store = openStore(chore.database)
  try {
    if (chore.kind === 'delete') deleteAnalysis(store, chore.analysis)
    else if (chore.kind === 'discard')
      endAnalysis(store, chore.analysis, { ...chore, summary: null, at: clock() })
    else if (chore.kind === 'clear') clearAbandoned(store, clock())
    else {
      const { captures, rows } = chore
      applyRetention(store, { captures, rows, now: clock(), removeFile: onUnkept })
    }
    return { state: 'done' }
  } finally {
    store.close()
  }
}
