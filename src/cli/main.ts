/**
 * The `holdfast` program behind its launcher: reads the command line, runs the command, and ends with its
 * exit code.
 *
 * Starting up is half of a short run. `analyze`, plainly written, needs no parser library; every other
 * command loads one, and each loads only what it uses.
 */
import { plainArguments } from './analyze/arguments.ts'
import { type Console, say, systemConsole } from './console.ts'
import { ending, EXIT } from './failure.ts'
import { isOutputClosed } from './output/destination.ts'

/** Runs the program and ends the process. `argv` is that of the process. */
export async function main(argv: readonly string[]): Promise<never> {
  // Everything has been written when `run` answers; what still waits, such as an open standard input, need
  // not be waited for.
  process.exit(await run(argv.slice(2), systemConsole()))
}

/** The exit code of a command line. Never throws. */
export async function run(words: readonly string[], console: Console): Promise<number> {
  try {
    const plain = words[0] === 'analyze' ? plainArguments(words.slice(1)) : null
    if (plain === null) {
      const { runCommand } = await import('./commands.ts')
      return await runCommand(words, console)
    }
    const { runAnalyze } = await import('./analyze/run.ts')
    return await runAnalyze(plain, console)
  } catch (error) {
    if (isOutputClosed(error)) return EXIT.success
    const { line, exitCode } = ending(error)
    say(console, line)
    if (process.env['HOLDFAST_STACK'] === '1' && error instanceof Error)
      console.error.write(`${error.stack}\n`)
    return exitCode
  }
}
