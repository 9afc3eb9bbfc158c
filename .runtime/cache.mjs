/** Where Holdfast keeps what it can make again: in the user's cache folder (XDG Base Directory Specification
 *  0.8; LOCALAPPDATA on Windows). Removing it costs time, never data. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** @param {string} name of a folder under the cache, which need not exist yet */
export function cacheFolder(name) {
  const cache = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || join(homedir(), '.cache')
  return join(cache, 'holdfast', name)
}
