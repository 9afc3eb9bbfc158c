/** An input that must be a capture: tests that look at packets open nothing else. */
import type { AnalysisInput, TapInput } from '../../src/pipeline/monitor.ts'

export function captureInput(input: AnalysisInput | undefined): TapInput {
  if (input === undefined || !('reader' in input)) throw new Error('no capture')
  return input
}
