/** The three ends of a terminal session that a command may use; tests put their own in place. */
import { harmless } from './output/harmless.ts'
import { standardError, standardOutput, type Destination } from './output/destination.ts'

/** Where nobody says how wide it is: a file, a pipe. */
const WIDTH_DEFAULT = 100

export interface Console {
  readonly out: Destination
  readonly error: Destination
  /** How many columns the reader of `out` has. */
  readonly columns: number
}

export function systemConsole(): Console {
  const out = standardOutput()
  // process.stdout is touched for terminals only: on a pipe it would become a stream of its own.
  const columns = out.isTerminal ? process.stdout.columns : 0
  return { out, error: standardError(), columns: columns > 0 ? columns : WIDTH_DEFAULT }
}

/** One line for people on standard error. */
export function say(console: Console, line: string): void {
  console.error.write(`holdfast: ${harmless(line)}\n`)
}
