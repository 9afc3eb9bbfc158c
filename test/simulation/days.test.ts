/** Days that are alike leave no more behind than the first ones did. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const DAYS = 4
/** What waits at midnight differs from night to night. */
const MORE = 1.1

test('what is held of the same agents does not grow from day to day', () => {
  const script = join(import.meta.dirname, 'held.ts')
  const words = ['--no-warnings', script, String(DAYS)]
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect(stderr).toBe('')
  const held = JSON.parse(stdout) as number[]
  expect(held).toHaveLength(DAYS)
  const [first, second, ...later] = held
  expect(first).toBeGreaterThan(1000)
  expect(Math.max(...later), held.join(' ')).toBeLessThan(MORE * Math.max(first!, second!))
})
