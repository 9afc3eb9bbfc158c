/** Makes the bundle: everything `src/cli/main.ts` imports, in one folder of few files, so that a start reads
 *  few. Lazy imports become files of their own. A source names other files by
 *  `new URL('./name', import.meta.url)`: code (a worker) becomes an entry, anything else is copied along, a
 *  folder (`./dashboards/`) is one that is made beside the bundle. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { USER } from './build.mjs'
import { builtins } from './builtins.mjs'
import { makeDashboards } from './dashboards.mjs'
import { isAlive } from './lock.mjs'
import { install } from './packages.mjs'
import { say } from './say.mjs'

const KEPT = 3 // older bundles that stay, besides those in use: who goes back to other sources finds theirs

/** The files of a bundle that are put together by hand. */
const PARTS = /** @type {const} */ (['start', 'common', 'analysis'])
const MAIN = 'src/cli/main.ts'
/** What all commands but a plain `holdfast analyze` load. */
const COMMANDS = 'src/cli/commands.ts'
/** What that loads. */
const ANALYSIS = [
  'src/cli/analyze/run.ts',
  'src/cli/analyze/inputs.ts',
  'src/cli/output/text.ts',
  'src/pipeline/monitor.ts',
]

/** Installs and bundles.
 *  @param {string} root of the clone
 *  @param {string} folder to be made
 *  @returns {Promise<boolean>} whether the folder is there now; if not, the reason has been said */
export async function prepare(root, folder) {
  try {
    install(root)
    await bundle(root, folder)
    removeOld(dirname(folder))
    return true
  } catch (error) {
    say(`runs from its sources, more slowly: ${inOneLine(error)}`)
    return false
  }
}

/** A bundler's message is a heading, the place, and the reason.
 *  @param {unknown} error */
function inOneLine(error) {
  const lines = stripVTControlCharacters(String(error instanceof Error ? error.message : error)).split('\n')
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join(' ')
}

/** Writes aside and renames, so that no process ever sees half a bundle.
 *  @param {string} root
 *  @param {string} folder */
export async function bundle(root, folder) {
  const { rolldown } = await import('rolldown')
  const aside = `${folder}.new-${process.pid}`
  const parts = partsOf(root)
  const build = await rolldown({
    input: { main: join(root, MAIN) },
    platform: 'node',
    external: ['better-sqlite3'], // it looks for its compiled part beside its own files
    tsconfig: false,
    logLevel: 'silent',
    plugins: [builtins(), besides(), plain(), parts.plugin],
  })
  try {
    const code = build.write({
      dir: aside,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: parts.groups },
      comments: { legal: true, annotation: true, jsdoc: false },
    })
    const hasDashboards = existsSync(join(root, 'dashboards'))
    await Promise.all([code, hasDashboards ? makeDashboards(root, join(aside, 'dashboards')) : null])
    moveInto(folder, aside)
  } finally {
    await build.close()
    rmSync(aside, { recursive: true, force: true })
  }
}

/** What every command, and every plain analysis, loads, in a file each: reading a file costs a start 0.5 ms,
 *  and an analysis would read forty.
 *  @param {string} root */
function partsOf(root) {
  /** The modules of each part, once all are known. @type {Record<(typeof PARTS)[number], Set<string>>} */
  let modules
  return {
    plugin: /** @satisfies {import('rolldown').Plugin} */ ({
      name: 'parts',
      buildEnd() {
        const reachedFrom = (/** @type {readonly string[]} */ places) => {
          const reached = new Set(places.map((place) => join(root, place)))
          for (const id of reached)
            for (const other of this.getModuleInfo(id)?.importedIds ?? []) reached.add(other)
          return reached
        }
        const start = reachedFrom([MAIN])
        const analysis = reachedFrom(ANALYSIS)
        const common = reachedFrom([COMMANDS]).intersection(analysis)
        start.delete(join(root, MAIN))
        modules = { start, common, analysis }
      },
    }),
    // The first that a module belongs to counts, for all that it imports as well.
    groups: PARTS.map((name, i) => ({
      name,
      priority: PARTS.length - i,
      test: (/** @type {string} */ id) => modules[name].has(id),
    })),
  }
}

/** @param {string} folder
 *  @param {string} aside */
function moveInto(folder, aside) {
  try {
    renameSync(aside, folder)
  } catch (error) {
    const isThere = statSync(join(folder, 'main.js'), { throwIfNoEntry: false }) !== undefined
    if (!isThere) throw error // it is when another process made it meanwhile
  }
}

/** The files that sources name by `new URL('./name', import.meta.url)`.
 *  @returns {import('rolldown').Plugin} */
function besides() {
  return {
    name: 'besides',
    transform: {
      filter: { id: /\.ts$/, code: /import\.meta\.url/ },
      handler(code, id) {
        return code.replaceAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g, (whole, name) => {
          if (name.endsWith('/')) return whole
          const file = resolve(dirname(id), name)
          const reference = /\.[mc]?[jt]s$/.test(name)
            ? this.emitFile({ type: 'chunk', id: file })
            : this.emitFile({ type: 'asset', name: basename(name), source: readFileSync(file) })
          return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`
        })
      },
    },
  }
}

/** Letters beyond ASCII become escapes: one alone makes the engine keep a file's text in two octets each.
 *  @returns {import('rolldown').Plugin} */
function plain() {
  const escaped = (/** @type {string} */ letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  return { name: 'plain', renderChunk: (code) => code.replaceAll(/[^\0-\x7F]/g, escaped) }
}

/** Old bundles go, unless a process runs one of them: it may still load a part of it. So does what a process
 *  left that was killed while it made one.
 *  @param {string} builds */
function removeOld(builds) {
  const names = readdirSync(builds, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const byAge = names
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => ({ place: join(builds, name), made: statSync(join(builds, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made)
    .map(({ place }) => place)
  const left = names
    .filter((name) => !isAlive(Number(/^[0-9a-f]{16}\.new-(\d+)$/.exec(name)?.[1] ?? process.pid)))
    .map((name) => join(builds, name))
  const old = byAge.slice(KEPT + 1).filter((place) => !isInUse(place))
  for (const place of [...old, ...left]) rmSync(place, { recursive: true, force: true })
}

/** @param {string} place */
const isInUse = (place) =>
  readdirSync(place).some((name) => {
    const [, user] = USER.exec(name) ?? []
    return user !== undefined && isAlive(Number(user))
  })

// Started as a program, with the root and the folder: see build.mjs.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , root = '', folder = ''] = process.argv
  process.exitCode = (await prepare(root, folder)) ? 0 : 1
}
