/** Tests: every *.test.ts under test/, which mirrors src/ and collectors/. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: '100%', // each core one; the default leaves one of two cores idle
    isolate: false, // modules have no state (tidy.test.ts): a worker may run one file after the other
    testTimeout: 30_000, // milliseconds: a busy machine must not turn a test red
    coverage: { include: ['src/**/*.ts', 'collectors/**/*.ts'], reportsDirectory: '.build/coverage' },
  },
})
