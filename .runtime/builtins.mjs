/** Modules of Node's own in a bundle: loaded without what nobody asks for, and the heavy ones when they are
 *  first used.
 *
 *  `import` from such a module asks it for all that it offers, and so loads what that stands for (of
 *  `node:fs` its streams and promises); `process.getBuiltinModule` does not. Of the modules in LATE even that
 *  waits for the first call: an analysis that meets no certificate needs no cryptography. Together they are a
 *  quarter of a start (measured). */

/** Their functions and classes are called, or made, but never extended; their constants are looked up. */
const LATE = new Set(['node:crypto', 'node:net', 'node:tty', 'node:v8', 'node:worker_threads', 'node:zlib'])
/** What Node has loaded before any program begins. */
const LOADED = new Set(['node:fs', 'node:os', 'node:path', 'node:url', 'node:util'])

const IMPORT = /^import \{([^}]*)\} from '(node:[\w/]+)'$/gm

/** @returns {import('rolldown').Plugin} for the project's own sources; packages import as they do */
export function builtins() {
  return {
    name: 'builtins',
    transform: {
      filter: { id: /\.ts$/, code: IMPORT },
      handler: (code) => code.replaceAll(IMPORT, withoutImport),
    },
  }
}

/** @param {string} whole
 *  @param {string} list of names
 *  @param {string} module */
function withoutImport(whole, list, module) {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as '))
    .map(([name = '', own = name]) => ({ name, own }))
  if (LOADED.has(module)) {
    const taken = names.map(({ name, own }) => `${name}: ${own}`)
    return `const { ${taken.join(', ')} } = process.getBuiltinModule('${module}')`
  }
  const areLate = LATE.has(module) && names.every(({ name }) => canWait(module, name))
  return areLate ? names.map(({ name, own }) => late(name, own, module)).join('\n') : whole
}

/** @param {string} module
 *  @param {string} name */
function canWait(module, name) {
  const builtin = /** @type {Record<string, unknown>} */ (process.getBuiltinModule(module))
  return name === 'constants' || typeof builtin[name] === 'function'
}

/** Stands for a function or class until it is first called, and is it from then on; for constants, always.
 *  @param {string} name
 *  @param {string} own
 *  @param {string} module */
const late = (name, own, module) =>
  name === 'constants'
    ? `const ${own} = new Proxy({}, {
  get: (_, name) => process.getBuiltinModule('${module}').constants[name]
})`
    : `let ${own} = function (...args) {
  ${own} = process.getBuiltinModule('${module}').${name}
  return new.target ? new ${own}(...args) : ${own}(...args)
}`
