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

/** Something that still waits, such as an open standard input, is waited for no longer than this. */
const LINGER_MS = 500

/**
 * Runs the program, after which the process ends. `argv` is that of the process.
 *
 * It ends by itself, not by `process.exit`: that joins the engine's compiler threads, of which one may just
 * then wait for the main thread to collect garbage, and both wait for ever (Node 24).
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv.slice(2), systemConsole())
  setTimeout(() => process.exit(), LINGER_MS).unref()
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
