/** One process at a time sends the alerts of a database: two would send each of them twice. */
import { lockFile } from '../../store/file-lock.ts'

/** Null if another process sends; the answer lets go. */
export const alertsLock = (database: string): (() => void) | null => lockFile(`${database}-alerts.lock`)
