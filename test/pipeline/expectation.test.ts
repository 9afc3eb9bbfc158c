import { expect, test } from 'vitest'
import { openInput } from '../../collectors/index.ts'
import { analysisInput } from '../../src/cli/analysis-input.ts'
import { RECORD_WORDS } from '../../src/connections/fields.ts'
import { seconds } from '../../src/model/time.ts'
import { expectation } from '../../src/pipeline/expectation.ts'
import { FlowRun } from '../../src/pipeline/flow-run.ts'
import { memorySource } from '../collectors/reading.ts'
import { netflow5 } from '../scenario/exports.ts'

test('what was read is taken for its part of the source, twice; a stream does not say', () => {
  expect(expectation(10, 1)).toEqual({ connectionsExpected: 20 })
  expect(expectation(10, 0.3)).toEqual({ connectionsExpected: 67 })
  expect(expectation(10, NaN)).toEqual({})
  expect(expectation(0, 0)).toEqual({})
})

test('a small file of flow records makes room for few connections', async () => {
  const opened = await openInput(memorySource(netflow5([{ sourcePort: 40_000 }])), { path: 'flows' })
  const input = analysisInput(opened, { tap: '', path: 'flows', sha256: null, secrets: [] })
  if (!('records' in input)) throw new Error('these are flow records')
  let taps = 0
  const run = new FlowRun(input, {
    silenceMin: seconds(60),
    servicePorts: new Set(),
    secrets: () => null,
    from: null,
    to: null,
    nextTapIndex: () => taps++,
    wants: { openings: false, fingerprints: false, alerts: false },
    emit: () => undefined,
  })
  expect(await run.read()).toBe(true)
  run.process()
  run.finish()
  const { table } = run.flows.tracker.state
  expect([run.flows.records, taps, table.words.length / RECORD_WORDS]).toEqual([1, 1, 1024])
})
