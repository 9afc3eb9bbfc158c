/** What the set-up says to the person at the terminal, always on standard error: standard output is the
 * report's. */

/** @param {string} line without the program's name */
export function say(line) {
  process.stderr.write(`holdfast: ${line}\n`)
}

/** Ends the process with status 1.
 *  @param {string} line what went wrong and what to do about it
 *  @returns {never} */
export function giveUp(line) {
  say(line)
  process.exit(1)
}
