/** What is read is never replaced by what is made of it, nor a database by a report about it. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { usageFailure } from '../failure.ts'

/** Throws a usage failure where the output is one of the files, by whatever name. `-` is none. */
export function refuseOverwriting(output: string, read: readonly string[]): void {
  const replaced = output === '-' ? undefined : read.find((path) => path !== '-' && isSameFile(path, output))
  if (replaced !== undefined)
    throw usageFailure(`--output ${output} would replace ${replaced}, which is read`)
}

/** Also where it is not there yet. */
function isSameFile(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}
