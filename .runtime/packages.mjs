/** The packages of a clone: installed when node_modules is not what the lock file says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { oneAtATime } from './lock.mjs'
import { npmCi } from './npm.mjs'
import { giveUp, say } from './say.mjs'

/** Installs what the lock file says where node_modules says something else.
 *  @param {string} root of the clone */
export function install(root) {
  if (isInstalled(root)) return
  oneAtATime(join(root, '.build', 'installing'), () => {
    if (isInstalled(root)) return
    say('setting up the packages of the lock file once ...')
    const failure = npmCi(root)
    if (failure !== undefined) giveUp(`npm ci failed (${failure}): run it in ${root} to see why`)
  })
}

/** Whether node_modules holds what the lock file says. Packages for other platforms may be absent.
 *  @param {string} folder */
function isInstalled(folder) {
  const wanted = packages(join(folder, 'package-lock.json'))
  const present = packages(join(folder, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([place, { version, optional }]) => {
    const found = present[place]
    return place === '' || (found === undefined ? optional === true : found.version === version)
  })
}

/** @param {string} lockFile
 *  @returns {Record<string, { version?: string, optional?: boolean }>} none if there is no such file */
function packages(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages
  } catch {
    return {}
  }
}
