/** The program in a process of its own. */
import { join } from 'node:path'
import { ROOT } from '../source-tree.ts'

const LAUNCHER = join(ROOT, 'src/cli/holdfast.mjs')
const MAIN = JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)

const importing = (script: string): string[] =>
  script === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(script)}`]

/** Words for Node that run the program as users start it, from its bundle, after the script `before`. */
export const program = (words: readonly string[], before = ''): string[] => [
  ...importing(before),
  LAUNCHER,
  ...words,
]

/** ... from its sources, each a module by its name: that takes four times as long to start. */
export const programOfSources = (words: readonly string[], before: string): string[] => [
  ...importing(before),
  '-e',
  `const { main } = await import(${MAIN}); await main(['node', 'holdfast', ...${JSON.stringify(words)}])`,
]
