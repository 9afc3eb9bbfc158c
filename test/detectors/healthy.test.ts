/**
 * Nobody is woken for traffic in which nothing is wrong, however it comes about: no finding of severity
 * warning or critical. `HEALTHY=1000-2000` plays those seeds instead, for as long as they take.
 */
import { expect, test } from 'vitest'
import { flowsOf, ipfixFile } from '../scenario/flow-exporter.ts'
import { analysedFiles, between } from './analysis.ts'
import { healthy } from './healthy.ts'

const [first, last] = (process.env['HEALTHY'] ?? '1-20').split('-').map(Number)

/** What raised an alarm in the story of this seed. */
async function alarmsOf(seed: number): Promise<string[]> {
  const { story, config, taps, from, until, isFlows, what } = healthy(seed)
  const captures = [...story.captures()]
    .filter(([tap]) => taps.includes(tap))
    .map(([tap, bytes]) => [tap, between(bytes, from, until)] as const)
    .map(([tap, bytes]) => [tap, isFlows ? ipfixFile(flowsOf(bytes)) : bytes] as const)
  const { alarms } = await analysedFiles(captures, config)
  return [...new Set(alarms)].map((alarm) => `${seed}: ${alarm} (${what}${isFlows ? ', flows' : ''})`)
}

test('nobody is woken for healthy traffic', { timeout: 3_600_000 }, async () => {
  const raised: string[] = []
  for (let seed = first!; seed <= last!; seed++) raised.push(...(await alarmsOf(seed)))
  expect(raised).toEqual([])
})
