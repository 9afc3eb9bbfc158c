#!/bin/sh
':' /* ; # Started as a program, this file is a shell script down to the next star and slash.
# It starts the project's own Node where that is installed: starting an older one first, only to leave it
# again, would double the time of a short run. Otherwise the JavaScript below decides, under any Node.
self=$(readlink -f "$0" 2>/dev/null || echo "$0")
# What is made per packet dies at once: a small space for new objects stays in the processor's cache, and
# keeps the whole heap small. A heap grows by half before it is collected again, not up to fourfold. A million
# idle connections take 390 MB then, and 490 otherwise (10 to 20 more with twice the room for new objects, in
# the same time); other captures a fifth less memory, and up to a tenth more time (measured, Node 24).
memory='--max-semi-space-size=4 --heap-growing-percent=50'
for node in "${self%/src/cli/*}/.runtime" "${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/node-24"; do
  [ -x "$node/node_modules/.bin/node" ] && exec "$node/node_modules/.bin/node" $memory "$self" "$@"
done
command -v node >/dev/null && exec node $memory "$self" "$@"
echo 'holdfast: needs Node.js: install version 24 or newer, from your distribution or nodejs.org' >&2
exit 1
*/

/** The `holdfast` program: runs `main` of main.ts under a Node that is new enough, and nothing else.
 *  Contract: parses and runs under Node 18; arguments, standard streams, signals and exit status are those of
 *  `main`. Whatever is missing in a fresh clone (Node, packages, the bundle) is made first, with one line on
 *  standard error. In a clone the bundle is that of the present sources; a package brings its own. */
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'

const NODE_MIN = 24 // major version; below it types are not stripped, and dependencies do not run

if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
  const { relaunch } = await import('../../.runtime/node.mjs')
  relaunch(fileURLToPath(import.meta.url), process.argv.slice(2))
} else {
  const isClone = existsSync(new URL('main.ts', import.meta.url))
  const { bundle, cache } = await (isClone ? fromClone() : fromPackage())
  module.enableCompileCache(cache)
  // Threads share it only where the environment says so (Node.js API, module.enableCompileCache).
  process.env.NODE_COMPILE_CACHE ??= cache
  // Nothing is to be made among the old objects because some of its kind grew old: a million idle connections
  // take 370 MB then, and 530 otherwise. An engine that does not know the flag says so and goes on.
  v8.setFlagsFromString('--no-allocation-site-pretenuring')
  // Where the shell part was not asked (`npm start`), the threads of this process begin with what it would
  // have said; this one has begun.
  v8.setFlagsFromString('--max-semi-space-size=4')
  v8.setFlagsFromString('--heap-growing-percent=50')
  const { main } = await import(bundle)
  await main(process.argv)
}

async function fromClone() {
  const { freshBundle } = await import('../../.runtime/build.mjs')
  return freshBundle()
}

async function fromPackage() {
  const { cacheFolder } = await import('../../.runtime/cache.mjs')
  return {
    bundle: new URL('../../.build/package/main.js', import.meta.url).href,
    cache: cacheFolder('compiled'),
  }
}
