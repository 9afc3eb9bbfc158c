/** The bundle of a clone, never stale: its folder is named after the state of the sources, so that its
 *  existence is the proof. Measured on 930 files: 10 ms to ask, 1 s to make anew; against that, an analysis
 *  of nothing takes 100 ms from the bundle, and 250 ms from the sources, even with a compile cache.
 *
 *  On the way of every start: modules of Node's own are not imported, which would load all that they offer,
 *  and those that few starts need are loaded by these. */
const { existsSync, readdirSync, rmSync, statSync, writeFileSync } = process.getBuiltinModule('node:fs')
const { dirname, join } = process.getBuiltinModule('node:path')
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url')

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = ['src', 'collectors', 'dashboards', '.runtime', 'package.json', 'package-lock.json']

/** The bundle of the present sources, made first where it is missing. If it cannot be made (a read-only
 *  clone, an error in the sources), the sources themselves, for Node to run or to explain.
 *  @returns {Promise<{ bundle: string, cache: string }>} a module's URL; where its compiled code goes */
export async function freshBundle() {
  const folder = join(ROOT, '.build', fingerprint())
  const bundle = join(folder, 'main.js')
  if (!existsSync(bundle) && !isMade(folder)) {
    const { cacheFolder } = await import('./cache.mjs')
    return { bundle: url(join(ROOT, 'src/cli/main.ts')), cache: cacheFolder('compiled') }
  }
  use(folder)
  return { bundle: url(bundle), cache: join(folder, 'compiled') }
}

/** A file in a bundle says which process runs it. */
export const USER = /^used-by-(\d+)$/

/** Says that this process runs the bundle, until it ends; a server does for months, and may then still load a
 *  part of it. In a folder that cannot be written, nobody removes anything.
 *  @param {string} folder */
function use(folder) {
  const user = `${folder}/used-by-${process.pid}`
  try {
    writeFileSync(user, '')
  } catch {
    return
  }
  process.once('exit', () => rmSync(user, { force: true }))
}

/** Makes the bundle in a process of its own: a server would keep the bundler's memory (270 MB) for as long as
 *  it runs.
 *  @param {string} folder
 *  @returns {boolean} whether it is there; if not, the reason has been said */
function isMade(folder) {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const maker = fileURLToPath(new URL('./bundle.mjs', import.meta.url))
  return (
    spawnSync(process.execPath, [maker, ROOT, folder], { stdio: ['ignore', 'ignore', 'inherit'] }).status ===
    0
  )
}

/** @param {string} file */
const url = (file) => pathToFileURL(file).href

/** Names, sizes and times of change of all sources, in 64 bits. Plain strings, as `join` would take longer
 *  than the file system. */
function fingerprint() {
  const state = { high: 0x811c9dc5, low: 0x9e3779b9 }
  for (const source of SOURCES) addSource(state, `${ROOT}/${source}`, source)
  return hex(state.high) + hex(state.low)
}

/** @param {number} word */
const hex = (word) => (word >>> 0).toString(16).padStart(8, '0')

/** @param {{ high: number, low: number }} state
 *  @param {string} place
 *  @param {string} name of it, in the folder around it */
function addSource(state, place, name) {
  const found = statSync(place, { throwIfNoEntry: false })
  if (found === undefined) return
  if (found.isDirectory()) addFolder(state, place, name)
  else addText(state, `${name}:${found.size}:${found.mtimeMs}`)
}

/** @param {{ high: number, low: number }} state
 *  @param {string} folder
 *  @param {string} name of it, in the folder around it */
function addFolder(state, folder, name) {
  addText(state, `>${name}`)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    // What is no folder by itself may be a link to one.
    const add = entry.isDirectory() ? addFolder : addSource
    add(state, `${folder}/${entry.name}`, entry.name)
  }
  addText(state, '<')
}

/** FNV-1a twice, with different starts and primes.
 *  @param {{ high: number, low: number }} state
 *  @param {string} text */
function addText(state, text) {
  for (let i = 0; i < text.length; i++) {
    state.high = Math.imul(state.high ^ text.charCodeAt(i), 0x01000193)
    state.low = Math.imul(state.low ^ text.charCodeAt(i), 0x85ebca6b)
  }
}
