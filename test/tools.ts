/** Programs that some tests compare with. A user's machine may lack them: those tests are skipped, and it is
 *  said. In CI nothing is skipped: there a missing program is an error. */
import { spawnSync } from 'node:child_process'

const known = new Map<string, boolean>()

/** Whether the program is missing here; throws in CI if it is: `test.skipIf(missing('tshark'))(...)`. */
export function missing(program: string): boolean {
  const answer = known.get(program) ?? isMissing(program)
  if (answer && !known.has(program)) complain(program)
  known.set(program, answer)
  return answer
}

const isMissing = (program: string): boolean =>
  spawnSync(process.platform === 'win32' ? 'where' : 'which', [program]).status !== 0

function complain(program: string): void {
  if (process.env['CI'] === 'true') throw new Error(`${program} is not installed; .ci/run must install it`)
  console.warn(`skipped, because ${program} is not installed: tests that compare with it`)
}
