/** `holdfast backup`: a copy of a database that may be in use. Answers the exit code. */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { backup } from '../../store/backup.ts'
import { type Console, say } from '../console.ts'
import { EXIT } from '../failure.ts'
import { bytesText } from '../output/quantities.ts'
import { withStore } from '../stored.ts'
import { syncFolder } from '../sync-folder.ts'

export interface BackupOptions {
  readonly db: string
  /** The file to make; it must not be there yet. */
  readonly output: string
}

/** Throws failures. The copy is on the disk when it resolves. */
export async function runBackup({ db, output }: BackupOptions, console: Console): Promise<number> {
  await withStore(db, { mustExist: true, readOnly: true }, (store) => backup(store, output))
  syncFolder(dirname(resolve(output)))
  if (console.error.isTerminal) say(console, `${output}: ${bytesText(statSync(output).size)}`)
  return EXIT.success
}
