/** `npm test`: the checks, then the tests, all of them even if one fails, and at the very end one line that
 *  counts: `N passed, N failed`, with `, N skipped` if any. A check counts as one test. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { preparedEnvironment, ROOT, run } from './run.mjs'
import { say } from './say.mjs'

const CHECKS = ['typecheck', 'lint', 'format:check', 'deadcode'] // scripts of package.json
const RESULTS = join(ROOT, '.build', 'tests.json')

const [, , ...words] = process.argv
const total = { passed: 0, failed: 0, skipped: 0 }
const env = preparedEnvironment()
if (words.includes('checks'))
  for (const check of CHECKS) count(runScript(check, []) === 0 ? { passed: 1 } : { failed: 1 })
if (words.includes('tests')) count(runTests(words.filter((word) => word !== 'checks' && word !== 'tests')))
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed > 0 ? 1 : 0

/** @param {string} name of a script that runs through run.mjs
 *  @param {string[]} more arguments */
function runScript(name, more) {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [, , ...command] = scripts[name].split(' ')
  say(`${name}: ${[...command, ...more].join(' ')}`)
  return run([...command, ...more], env)
}

/** @param {string[]} which files or names; none: all */
function runTests(which) {
  rmSync(RESULTS, { force: true })
  const status = runScript('unit', [
    ...which,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${RESULTS}`,
  ])
  return countsOf(status)
}

/** A file that fails before its first test, or an error outside any test, has no failed test to show for it.
 *  @param {number} status of vitest */
function countsOf(status) {
  try {
    const {
      numPassedTests: passed,
      numFailedTests,
      numPendingTests,
      numTodoTests,
    } = JSON.parse(readFileSync(RESULTS, 'utf8'))
    const failed = status === 0 ? numFailedTests : Math.max(1, numFailedTests)
    return { passed, failed, skipped: numPendingTests + numTodoTests }
  } catch {
    return { failed: 1 }
  }
}

/** @param {{ passed?: number, failed?: number, skipped?: number }} more */
function count({ passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
