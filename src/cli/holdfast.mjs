#!/bin/sh
':' /* ; # Started as a program, this file is a shell script down to the next star and slash.
# It starts the project's own Node where that is installed: starting an older one first, only to leave it
# again, would double the time of a short run. Otherwise the JavaScript below decides, under any Node.
# Where it is, it knows by its name; only a link has to be followed, which takes a process of its own (2 ms).
self=$0
if [ "${0%/src/cli/?*}" = "$0" ] || [ -h "$0" ]; then self=$(readlink -f "$0" 2>/dev/null || echo "$0"); fi
# What is made per packet dies at once: a small space for new objects stays in the processor's cache, and
# keeps the whole heap small. A heap grows by half before it is collected again, not up to fourfold. A million
# idle connections take 390 MB then, and 490 otherwise (10 to 20 more with twice the room for new objects, in
# the same time); other captures a fifth less memory, and up to a tenth more time (measured, Node 24).
memory='--max-semi-space-size=4 --heap-growing-percent=50'
# Nothing is to be made among the old objects because some of its kind grew old: a million idle connections
# take 370 MB then, and 530 otherwise. Only the project's own Node is known to know it.
own='--no-allocation-site-pretenuring'
# An analysis comes to hold so much soon (MB), and is not to be collected five times on the way there (some
# hundredths of its time).
[ "$1" != analyze ] || own="$own --initial-old-space-size=64"
for node in "${self%/src/cli/*}/.runtime" "${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/node-24"; do
  [ -x "$node/node_modules/.bin/node" ] && exec "$node/node_modules/.bin/node" $memory $own "$self" "$@"
done
command -v node >/dev/null && exec node $memory "$self" "$@"
echo 'holdfast: needs Node.js: install version 24 or newer, from your distribution or nodejs.org' >&2
exit 1
*/

/** The `holdfast` program: runs `main` of main.ts under a Node that is new enough, and nothing else.
 *  Contract: parses and runs under Node 18; arguments, standard streams, signals and exit status are those of
 *  `main`. Whatever is missing in a fresh clone (Node, packages, the bundle) is made first, with one line on
 *  standard error. In a clone the bundle is that of the present sources; a package brings its own. */
const NODE_MIN = 24 // major version; below it types are not stripped, and dependencies do not run

if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
  const { fileURLToPath } = await import('node:url')
  const { relaunch } = await import('../../.runtime/node.mjs')
  relaunch(fileURLToPath(import.meta.url), process.argv.slice(2))
} else {
  // Not by `import`, which asks for all that a module of Node's own offers, and loads it: 10 ms (measured).
  const { existsSync } = process.getBuiltinModule('node:fs')
  const { enableCompileCache } = process.getBuiltinModule('node:module')
  const isClone = existsSync(new URL('main.ts', import.meta.url))
  const { bundle, cache } = await (isClone ? fromClone() : fromPackage())
  enableCompileCache(cache)
  // Threads share it only where the environment says so (Node.js API, module.enableCompileCache).
  process.env.NODE_COMPILE_CACHE ??= cache
  saveMemory()
  const { main } = await import(bundle)
  await main(process.argv)
}

/** What the shell part says of memory where it is not asked (`npm start`), or does not know the Node: threads
 *  begin with it; this one has begun. An engine that does not know a flag says so and goes on. */
function saveMemory() {
  const flags = ['--max-semi-space-size=4', '--heap-growing-percent=50', '--no-allocation-site-pretenuring']
  const unsaid = flags.filter((flag) => !process.execArgv.includes(flag))
  if (unsaid.length === 0) return // and the module, which takes some milliseconds to load, is not needed
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  for (const flag of unsaid) setFlagsFromString(flag)
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
