/** Runs a command of the project's tools after all set-up that it needs, under a Node that is new enough:
 *  `node .runtime/run.mjs tsc --noEmit`. Contract: parses and runs under Node 18; exits as the command does.
 *  */
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectNode } from './node.mjs'
import { install } from './packages.mjs'
import { giveUp } from './say.mjs'

const NODE_MIN = 24

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** @returns {NodeJS.ProcessEnv} in which `node` is new enough and the tools of node_modules are found */
export function preparedEnvironment() {
  const isNew = Number.parseInt(process.versions.node, 10) >= NODE_MIN
  const node = isNew ? process.execPath : projectNode()
  install(ROOT)
  const path = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  return { ...process.env, PATH: path }
}

/** @param {string[]} command a tool and its arguments
 *  @param {NodeJS.ProcessEnv} env of `preparedEnvironment`
 *  @returns {number} its exit status, 1 if it died of a signal */
export function run([tool = 'node', ...args], env) {
  const { error, status } = spawnSync(tool, args, { cwd: ROOT, env, stdio: 'inherit' })
  return error === undefined ? (status ?? 1) : giveUp(`${tool} cannot be started: ${error.message}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = run(process.argv.slice(2), preparedEnvironment())
}
