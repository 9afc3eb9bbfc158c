/** Days that are alike leave no more behind than the first ones did. */
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { DESIGNS } from './designs.ts'
import { simulate } from './simulation.ts'

/** Agents that poll, hold connections and lose them, roam, or are kept away. None leaves a
 * connection open for good: those are held as long as the capture's own table holds them. */
const PLAYED = new Set(['scheduled', 'locations', 'absent', 'firewall-silent', 'firewall-rst-next'])
const DAYS = 4
/** What waits at midnight differs from night to night. */
const MORE = 1.1

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Objects that live, whoever holds them. */
function living(): number {
  collect()
  collect()
  return queryObjects(Object, { format: 'count' })
}

/** ... after each day. */
function heldAfterDays(isAnalysed: boolean): number[] {
  const counts: number[] = []
  const designs = DESIGNS.filter(({ name }) => PLAYED.has(name))
  const before = living()
  const onDay = (): void => void counts.push(living() - before)
  simulate({ agents: 20 * designs.length, days: DAYS, seed: 5, designs, isAnalysed, isTold: false, onDay })
  return counts
}

test('what is held of the same agents does not grow from day to day', { timeout: 120_000 }, () => {
  const played = heldAfterDays(false)
  const held = heldAfterDays(true).map((count, day) => count - played[day]!)
  const [first, second, ...later] = held
  expect(first).toBeGreaterThan(1000)
  expect(Math.max(...later), held.join(' ')).toBeLessThan(MORE * Math.max(first!, second!))
})
