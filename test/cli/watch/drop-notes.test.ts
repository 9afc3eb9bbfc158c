/** Losses, as whoever watches is told of them. */
import { expect, test } from 'vitest'
import { dropNotes } from '../../../src/cli/watch/drop-notes.ts'
import type { LiveState } from '../../../src/model/view.ts'

test('what nobody says is not said to be none; told when there are more', () => {
  const told: string[] = []
  const note = dropNotes((line) => told.push(line))
  const state = (kernelDrops: number | null, interfaceDrops: number | null): LiveState =>
    ({ kernelDrops, interfaceDrops }) as LiveState
  for (const [kernel, face] of [
    [null, null],
    [null, 2],
    [null, 2],
    [5, 2],
  ] as const)
    note(state(kernel, face))
  expect(told).toEqual([
    '2 packets lost so far (those of the kernel are not known yet, 2 by the interface): verdicts say less',
    '7 packets lost so far (5 by the kernel, 2 by the interface): verdicts say less',
  ])
})
