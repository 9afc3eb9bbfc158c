/** Tests: every *.test.ts under test/, which mirrors src/ and collectors/. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** What Node compiled of the sources, for the threads and processes that tests start: they take a second to
 * start without it, and a third of one with it. */
const COMPILED = join(import.meta.dirname, '../.build/compiled')

const PATIENCE_MS = 120_000

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/fuzz/seed.ts'],
    // A quarter of the time tests wait for programs and pages that they started. A percentage would be cut at
    // the number of processors.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    isolate: false, // modules have no state (tidy.test.ts): a worker may run one file after the other
    env: { NODE_COMPILE_CACHE: COMPILED },
    // A busy machine must not turn a test red; what hangs still ends.
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS / 4 } },
    coverage: { include: ['src/**/*.ts', 'collectors/**/*.ts'], reportsDirectory: '.build/coverage' },
  },
})
