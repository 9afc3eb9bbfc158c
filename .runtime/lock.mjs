/** One process at a time: two that start in a fresh clone together must not both install into it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const POLL_MS = 100

/** Runs the work while no other process holds the folder. A lock whose owner is gone is removed.
 *  @template T
 *  @param {string} folder that stands for the lock; its parent is made
 *  @param {() => T} work
 *  @returns {T} */
export function oneAtATime(folder, work) {
  mkdirSync(dirname(folder), { recursive: true })
  while (!take(folder)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
  try {
    return work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder */
function take(folder) {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true })
    return false
  }
  writeFileSync(join(folder, 'owner'), String(process.pid))
  return true
}

/** @param {string} folder */
function isAbandoned(folder) {
  try {
    const owner = Number(readFileSync(join(folder, 'owner'), 'utf8'))
    return owner > 0 && !isAlive(owner)
  } catch {
    return false // between the folder and its owner's name: ask again
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
