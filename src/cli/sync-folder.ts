/** Makes names in a folder last. */
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** A new name lasts once its folder is written (fsync(2)). Throws what the system says. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
