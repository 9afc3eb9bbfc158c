/** What can be read again, and whose size is known: a regular file, no pipe and no folder. */
import { statSync } from 'node:fs'

/** False also of what is not there, and of `-`, the standard input. */
export const isFile = (path: string): boolean =>
  path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
