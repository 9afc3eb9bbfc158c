/** Endings that the caller is told in one line: wrong usage (exit 2), and what the world refused (exit 1). */

/** Exit codes of the command line. */
export const EXIT = { success: 0, failure: 1, usage: 2, incidents: 3, interrupted: 130 } as const

/** An error whose message is the whole explanation. */
export interface Failure extends Error {
  readonly exitCode: number
}

export const failure = (message: string): Failure =>
  Object.assign(new Error(message), { exitCode: EXIT.failure })
export const usageFailure = (message: string): Failure =>
  Object.assign(new Error(message), { exitCode: EXIT.usage })

export const isFailure = (error: unknown): error is Failure => error instanceof Error && 'exitCode' in error

/** What the operating system refused, as the end of a sentence: `no space left on device`. */
export function systemReason(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  if (code === 'EISDIR') return 'it is a directory' // the system calls it an illegal operation
  // Node writes `ENOSPC: no space left on device, write`.
  return /^E[A-Z0-9]+: (.*?)(?:, \w+(?: '.*')?)?$/s.exec(message)?.[1] ?? message
}

/** Any error as the one line that people are shown, and the exit code. */
export function ending(error: unknown): { line: string; exitCode: number } {
  if (isFailure(error)) return { line: error.message, exitCode: error.exitCode }
  const { name, message, path } = error as NodeJS.ErrnoException
  if (name === 'InputError') return { line: message, exitCode: EXIT.failure }
  const reason = systemReason(error)
  if (reason !== message)
    return { line: path === undefined ? reason : `${path}: ${reason}`, exitCode: EXIT.failure }
  return {
    line: `internal error: ${message.split('\n')[0]} (HOLDFAST_STACK=1 shows where)`,
    exitCode: EXIT.failure,
  }
}
