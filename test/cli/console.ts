/** A terminal session that keeps what is written to it. */
import type { Console } from '../../src/cli/console.ts'
import type { Destination } from '../../src/cli/output/destination.ts'

export interface RecordedConsole extends Console {
  /** What was written to standard output and standard error. */
  readonly written: { out: string; error: string }
}

export function recordedConsole({ isTerminal = false, columns = 100 } = {}): RecordedConsole {
  const written = { out: '', error: '' }
  const end = (name: 'out' | 'error'): Destination => ({
    isTerminal,
    write: (content) =>
      void (written[name] += typeof content === 'string' ? content : Buffer.from(content).toString('utf8')),
    commit: () => undefined,
    abandon: () => undefined,
  })
  return { out: end('out'), error: end('error'), columns, written }
}
