/** The commands that show what was found: `tail`, `report` and `carve`, for commander. */
import { type Command, Option } from '@commander-js/extra-typings'
import type { Console } from './console.ts'

/** Told the exit code. */
type Ends = (exitCode: number) => void

export function addTail(program: Command, console: Console, ends: Ends): void {
  program
    .command('tail')
    .summary('alerts as they happen, one line each')
    .description(
      'Prints one line for each alert, from a running server or from a database file: when, how bad, who, what, by which box, after how long, what to do.',
    )
    .option('--server <url>', 'where holdfast serve runs (default: http://127.0.0.1:8480)')
    .option('--db <file>', 'read a database file instead, without a server')
    .option('--since <time>', 'begin that far back: 15m, 1h, 7d, or a moment in ISO 8601 with its zone')
    .option('--severity <severity>', 'leave out what is less bad than critical, warning or info')
    .option('--type <type>', 'only this type of incident; several with commas between')
    .option('--agent <agent>', 'only what befell this agent')
    .option('--service <service>', 'only this service')
    .option('--follow', 'go on with alerts as they happen; a lost connection is made anew')
    .option('--format <format>', 'text for people, ndjson for pipes (default: text)')
    .option('--token <token>', 'where the server wants one (better: the environment variable HOLDFAST_TOKEN)')
    .addHelpText('after', TAIL_EXAMPLES)
    .action(async (options) => {
      const { runTail } = await import('./tail/run.ts')
      ends(await runTail(options, console))
    })
}

export function addReport(program: Command, console: Console, ends: Ends): void {
  program
    .command('report')
    .summary('the forensic report of what is stored')
    .description(
      'Writes a report that stands alone: verdict per requirement, incidents, evidence, timeline, capture quality, hashes of the inputs.',
    )
    .requiredOption('--db <file>', 'the database that is reported on')
    .option('--capture <id>', 'only what was found in this capture')
    .addOption(
      new Option('--format <format>', 'one html file that prints well, or markdown')
        .choices(['html', 'markdown'] as const)
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--output <file>',
      'the file to write, which appears when it is whole; - is standard output',
    )
    .addHelpText('after', REPORT_EXAMPLES)
    .action(async (options) => {
      const { runReport } = await import('./report/run.ts')
      ends(await runReport(options, console))
    })
}

export function addCarve(program: Command, console: Console, ends: Ends): void {
  program
    .command('carve')
    .summary('the packets that prove an incident, as pcapng')
    .description(
      'Writes the packets that prove an incident as pcapng, with a comment on each that says what it proves. They are in the database: the capture may be gone.',
    )
    .argument('<incident>', 'its id, as in HF-17')
    .requiredOption('--db <file>', 'the database')
    .requiredOption(
      '--output <file.pcapng>',
      'the file to write, which appears when it is whole; - is standard output',
    )
    .addHelpText('after', CARVE_EXAMPLES)
    .action(async (incident, options) => {
      const { runCarve } = await import('./carve/run.ts')
      ends(await runCarve(incident, options, console))
    })
}

export function addCompare(program: Command, console: Console, ends: Ends): void {
  program
    .command('compare')
    .summary('what a change made better or worse')
    .description(
      'Compares two analyses, from before and after a change: verdicts, incidents, timers, shares of servers. Each is a capture, or what analyze --format ndjson wrote.',
    )
    .argument('<before>', 'a capture, or the ndjson of an analysis')
    .argument('<after>', 'the same, from after the change')
    .option('--config <file>', 'what the deployment should be like, where captures are analysed')
    .addOption(
      new Option('--format <format>', 'text for people, ndjson for pipes (default: text)').choices([
        'text',
        'ndjson',
      ] as const),
    )
    .addHelpText('after', COMPARE_EXAMPLES)
    .action(async (before, after, options) => {
      const { runCompare } = await import('./compare/run.ts')
      ends(await runCompare([before, after], options, console))
    })
}

const TAIL_EXAMPLES = `
Examples:
  holdfast tail --follow --severity warning
      everything that is at least a warning, as it happens
  holdfast tail --since 1h --service dlp-endpoint --format ndjson | jq .sentence
      for scripts: one JSON object a line
  holdfast tail --db holdfast.db --type severed-idle,server-hop
      from the file, without a server`

const REPORT_EXAMPLES = `
Examples:
  holdfast report --db holdfast.db --format html --output report.html
  holdfast report --db holdfast.db --capture 3 --format markdown --output -`

const COMPARE_EXAMPLES = `
Examples:
  holdfast compare --config holdfast.yaml monday.pcap tuesday.pcap
  holdfast analyze --format ndjson --output before.ndjson client=c.pcap server=s.pcap
  holdfast compare before.ndjson after.ndjson
      captures from several taps are analysed first`

const CARVE_EXAMPLES = `
Examples:
  holdfast carve HF-17 --db holdfast.db --output HF-17.pcapng
  holdfast carve HF-17 --db holdfast.db --output - | tshark -r - -T fields -e frame.number -e frame.comment`
