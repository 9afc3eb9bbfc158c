/**
 * Objects that a simulated deployment holds after each of a few days: `node test/simulation/held.ts DAYS`
 * prints one list of counts as JSON. A process of its own: every object of the process is counted, and among
 * those of a hundred test files that takes ten times as long.
 */
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DESIGNS } from './designs.ts'
import { simulate } from './simulation.ts'

/** Agents that poll, hold connections and lose them, roam, or are kept away. Few leave a connection open for
 * good: those are held as long as the capture's own table holds them. */
const PLAYED = new Set(['scheduled', 'locations', 'absent', 'firewall-silent', 'firewall-rst-next'])
const AGENTS_EACH = 20

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Objects that live, whoever holds them. */
function living(): number {
  collect()
  collect()
  return queryObjects(Object, { format: 'count' })
}

/** ... after each day. */
function heldAfterDays(days: number, isAnalysed: boolean): number[] {
  const counts: number[] = []
  const designs = DESIGNS.filter(({ name }) => PLAYED.has(name))
  const agents = AGENTS_EACH * designs.length
  const before = living()
  const onDay = (): void => void counts.push(living() - before)
  simulate({ agents, days, seed: 5, designs, isAnalysed, isTold: false, onDay })
  return counts
}

const days = Number(process.argv[2])
const played = heldAfterDays(days, false)
const held = heldAfterDays(days, true)
console.log(JSON.stringify(held.map((count, day) => count - played[day]!)))
