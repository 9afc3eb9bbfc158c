/** The program in a process of its own, from its sources. */
const MAIN = JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)

/** Words for Node that run the program, after `before`. */
export const program = (words: readonly string[], before = ''): string[] => [
  '-e',
  `${before}; const { main } = await import(${MAIN}); await main(['node', 'holdfast', ...${JSON.stringify(words)}])`,
]
