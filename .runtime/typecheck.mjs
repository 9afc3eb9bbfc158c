/** Checks the types of both programs: what Node runs, and the dashboards, which know a browser, no Node. */
import { spawnSync } from 'node:child_process'

const PROGRAMS = ['.', 'dashboards']

const failed = PROGRAMS.filter((program) => {
  const shell = process.platform === 'win32' // where tsc is a script
  return spawnSync('tsc', ['--noEmit', '-p', program], { stdio: 'inherit', shell }).status !== 0
})
process.exitCode = failed.length > 0 ? 1 : 0
