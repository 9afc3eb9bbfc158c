/** Old captures and old rows go, from time to time, in a thread of their own. */
import type { Logger } from 'pino'
import { prepared, type Store } from '../../store/store.ts'
import type { CaptureFolder } from './folder.ts'
import type { ServePlan } from './plan.ts'
import { type StartThread, startThread } from './thread.ts'

export interface RetentionParts {
  readonly plan: Pick<ServePlan, 'captures' | 'rows'>
  readonly store: Store
  readonly folder: CaptureFolder
  readonly logger: Logger
  /** Another one for tests. */
  readonly startThread?: StartThread
}

const FIRST_MS = 60_000
const EVERY_MS = 600_000

/** Begins; the answer ends it. */
export function keepRetention(parts: RetentionParts): () => void {
  let isBusy = false
  const look = (): void => {
    if (isBusy) return
    isBusy = true
    void applyOnce(parts).then(() => (isBusy = false))
  }
  const first = setTimeout(look, FIRST_MS).unref()
  const later = setInterval(look, EVERY_MS).unref()
  return () => {
    clearTimeout(first)
    clearInterval(later)
  }
}

/** Applies the limits once. Never rejects: what goes wrong is logged, and tried again the next time. */
export async function applyOnce({ plan, store, folder, logger, ...parts }: RetentionParts): Promise<void> {
  const { captures, rows } = plan
  let files = 0
  const onUnkept = (stored: string): void => {
    // The same octets may have arrived again meanwhile.
    if (prepared(store, 'SELECT 1 FROM capture WHERE stored = ?').get(stored) !== undefined) return
    folder.remove(stored)
    files++
  }
  const start = parts.startThread ?? startThread
  const end = await start({ kind: 'retain', database: store.path, captures, rows }, { onUnkept }).end
  if (end.state === 'died') logger.error({ reason: end.reason }, 'old rows could not be removed')
  else if (files > 0) logger.info({ files }, 'removed old captures')
}
