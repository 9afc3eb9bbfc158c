/** `npm ci` as the set-up needs it: exactly the lock file's versions, integrity checked, no install scripts.
 * */
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'

// Stated on the command line, because npm hands its own settings (a dry run of `npm pack`, a global install,
// NODE_ENV=production) down to the scripts that it runs, and they would hold for the npm started here.
const SETTINGS = [
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--global=false',
  '--dry-run=false',
  '--audit=false',
  '--fund=false',
  '--fetch-retry-mintimeout=1000', // milliseconds; without a network, an answer in seconds
  '--fetch-retry-factor=3',
  '--loglevel=error',
]

/** Installs a folder's lock file into the folder.
 *  @param {string} folder
 *  @returns {string | undefined} npm's last word if it failed */
export function npmCi(folder) {
  const args = ['ci', '--prefix', folder, ...SETTINGS]
  const cli = process.env.npm_execpath ?? ''
  const run = basename(cli).startsWith('npm-cli')
    ? spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' })
  if (run.error) return `npm cannot be started (${run.error.message})`
  return run.status === 0 ? undefined : lastWord(run.stderr)
}

/** npm's error lines are first the fields of the error, then a sentence, then advice and a log file.
 *  @param {string} stderr */
function lastWord(stderr) {
  const errors = stderr.split('\n').filter((line) => line.startsWith('npm error '))
  const lines = errors.map((line) => line.slice('npm error '.length))
  return lines.find((line) => !/^(code|syscall|errno|path|dest) /.test(line)) ?? 'npm failed without a word'
}
