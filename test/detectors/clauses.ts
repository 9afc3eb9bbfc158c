/** The rows of a detector's declaration: for each clause of `notThis` one story or more that it must keep
 * quiet. */
import { expect, test } from 'vitest'
import type { Detector } from '../../src/detectors/detector.ts'
import { analysedFiles } from './analysis.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Story } from './stories.ts'

export interface Quiet extends Omit<Story, 'play'> {
  /** A scenario, or records of flows. */
  readonly play: () => Pick<Scenario, 'captures'>
  /** Taps to look at; all by default. */
  readonly taps?: readonly string[]
  /** What became of a capture. */
  readonly cut?: (capture: Uint8Array) => Uint8Array
  /** What other detectors say; nothing by default. */
  readonly told?: readonly string[]
}

/** Tests that every clause has a row, and that each row's stories tell what they should and no more. */
export function keepsQuiet(
  detector: Detector,
  rows: Readonly<Record<string, Quiet | readonly Quiet[]>>,
): void {
  test('every clause of the declaration has a story', () => {
    expect(Object.keys(rows)).toEqual(detector.notThis)
  })
  const stories = Object.entries(rows).flatMap(([clause, told]) =>
    [told].flat().map((story, i) => [i === 0 ? clause : `${clause} (${i + 1})`, story] as const),
  )
  test.each(stories)('nothing when: %s', async (_clause, { play, config, taps, cut, told = [] }) => {
    const captures = [...play().captures()]
      .filter(([tap]) => taps?.includes(tap) ?? true)
      .map(([tap, bytes]) => [tap, cut?.(bytes) ?? bytes] as const)
    expect((await analysedFiles(captures, config)).told).toEqual(told)
  })
}
