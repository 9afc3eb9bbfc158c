/** Tests: every *.test.ts under test/, which mirrors src/ and collectors/. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What Node compiled of the sources, for the threads and processes that tests start: they take a second to
 * start without it, and a third of one with it. */
const COMPILED = join(import.meta.dirname, '../.build/compiled')

const PATIENCE_MS = 120_000

/** Files that take minutes: begun last, they would keep one worker busy while the others have nothing left
 * to do. */
const LONGEST = ['test/compare/http-tls.test.ts', 'test/lab/score.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((path) => moduleId.endsWith(path))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/fuzz/seed.ts'],
    sequence: { sequencer: LongestFirst },
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
