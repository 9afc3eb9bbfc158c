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

/** Begins; the answer ends it, and resolves when nothing of it is under way any more. */
export function keepRetention(parts: RetentionParts): () => Promise<void> {
  const stopping = new AbortController()
  let busy: Promise<void> | null = null
  const look = (): void => {
    busy ??= applyOnce(parts, stopping.signal).finally(() => (busy = null))
  }
  const first = setTimeout(look, FIRST_MS).unref()
  const later = setInterval(look, EVERY_MS).unref()
  return async () => {
    clearTimeout(first)
    clearInterval(later)
    stopping.abort()
    await busy
  }
}

/**
 * Applies the limits once. Never rejects: what goes wrong is logged, and tried again the next time. The
 * signal breaks it off.
 */
export async function applyOnce(
  { plan, store, folder, logger, ...parts }: RetentionParts,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const { captures, rows } = plan
  let files = 0
  const onUnkept = (stored: string): void => {
    try {
      // The same octets may have arrived again meanwhile.
      if (prepared(store, 'SELECT 1 FROM capture WHERE stored = ?').get(stored) !== undefined) return
      folder.remove(stored)
      files++
    } catch (error) {
      // The next start removes what no row speaks of.
      logger.error({ error: String(error) }, 'an old capture could not be removed')
    }
  }
  const start = parts.startThread ?? startThread
  const thread = start({ kind: 'retain', database: store.path, captures, rows }, { onUnkept })
  const leave = (): void => thread.wish('leave')
  signal.addEventListener('abort', leave)
  const end = await thread.end
  signal.removeEventListener('abort', leave)
  if (signal.aborted) return
  if (end.state === 'died') logger.error({ reason: end.reason }, 'old rows could not be removed')
  else if (files > 0) logger.info({ files }, 'removed old captures')
}
