/** All commands of `holdfast` with their options, help and examples, for commander. */
import { Command, CommanderError } from '@commander-js/extra-typings'
import manifest from '../../package.json' with { type: 'json' }
import { FAIL_ON, FORMATS, RECORD_KINDS } from './analyze/plan.ts'
import type { AnalyzeOptions } from './analyze/arguments.ts'
import { addAlert } from './alert-commands.ts'
import type { Console } from './console.ts'
import { EXIT } from './failure.ts'
import { addCarve, addCompare, addReport, addTail } from './finding-commands.ts'
import { addWatch } from './live-commands.ts'
import { addBackup, addServe, addToken } from './server-commands.ts'

/** Widest lines of the help. */
const HELP_COLUMNS_MAX = 100

/** Reads the command line, runs the command and answers its exit code. Wrong usage is told here. */
export async function runCommand(words: readonly string[], console: Console): Promise<number> {
  let exitCode: number = EXIT.success
  const program = commands(console, (code) => (exitCode = code))
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Commander has told already what was wrong, or shown what was asked for.
    return error.exitCode === 0 ? EXIT.success : EXIT.usage
  }
  return exitCode
}

/** What commander says was wrong, in one line; where something is missing, how to find out what it is. */
function usageLine(text: string): string {
  const line = text
    .replace(/^error: /, 'holdfast: ')
    .trim()
    .replaceAll('\n', ' ')
  return /\b(missing|required|too many)\b/.test(line) ? `${line.replace(/\.$/, '')}; --help shows how` : line
}

/** The program, with what each command does; `ends` is told the exit code. */
export function commands(console: Console, ends: (exitCode: number) => void) {
  const program = new Command('holdfast')
    .description(
      'Watches agent-to-server traffic without touching it and proves where the network breaks what the agents rely on.',
    )
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.out.write(text),
      writeErr: (text) => console.error.write(text),
      getOutHelpWidth: () => Math.min(HELP_COLUMNS_MAX, console.columns),
      getErrHelpWidth: () => Math.min(HELP_COLUMNS_MAX, console.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(`${usageLine(text)}\n`),
    })
    .addHelpText('after', PROGRAM_EXAMPLES)
  const commandsInOrder = [
    addAnalyze,
    addServe,
    addWatch,
    addTail,
    addReport,
    addCarve,
    addCompare,
    addBackup,
    addAlert,
    addToken,
    addConfig,
  ]
  for (const add of commandsInOrder) add(program, console, ends)
  return program
}

function addAnalyze(program: Command, console: Console, ends: (exitCode: number) => void): void {
  program
    .command('analyze')
    .summary('analyse captures, once, without a server')
    .description(
      'Analyses capture files (pcap, pcapng, also packed with gzip or zstd) and says what broke, by which box, and what to do.',
    )
    .argument('<input...>', 'PATH, or TAP=PATH to name the place of the capture; - is standard input')
    .option('--config <file>', 'what the deployment should be like (holdfast.yaml)')
    .option(
      '--keylog <file>',
      'TLS secrets in NSS key log format, or a private RSA key of a server (PEM, DER); may be repeated',
      (file, files?: string[]) => [...(files ?? []), file],
    )
    .option('--format <format>', `${FORMATS.join(' or ')}; text is for people (default: text)`)
    .option('--output <file>', 'write to a file, which appears when it is whole')
    .option(
      '--include <list>',
      `kinds of ndjson records, with commas between: ${RECORD_KINDS.join(', ')} (default: all)`,
    )
    .option('--db <file>', 'keep the result in this database as well, for serve, tail, report and carve')
    .option('--plain-secrets', 'with --db: store cookie values and the like as they are, not hashed')
    .option('--from <time>', 'leave out packets before it: ISO 8601 with zone, or seconds since 1970')
    .option('--to <time>', 'leave out packets from it on')
    .option(
      '--what-if <timer=value>',
      'what another timer would have meant: idle-timeout=240s, heartbeat=180s or persistence=1h; may be repeated',
      (question, asked?: string[]) => [...(asked ?? []), question],
    )
    .option('--fail-on <severity>', `exit 3 if there is an incident as bad as that: ${FAIL_ON.join(' or ')}`)
    .option('--quiet', 'no progress, no notes on standard error')
    .addHelpText('after', ANALYZE_EXAMPLES)
    .action(async (inputs, options) => {
      const { runAnalyze } = await import('./analyze/run.ts')
      ends(await runAnalyze({ inputs, options: options as AnalyzeOptions }, console))
    })
}

function addConfig(program: Command, console: Console, ends: (exitCode: number) => void): void {
  const config = program
    .command('config')
    .summary('suggest or check a configuration, or print its schema')
    .description(
      'Works with the configuration file, in which an operator says what the deployment should be like.',
    )
    .addHelpText('after', CONFIG_EXAMPLES)
  config
    .command('suggest')
    .summary('a first configuration, from what captures show')
    .description(
      'Analyses captures without a configuration and writes a first one, with a comment on each line that says what was seen. What rests on little is commented out.',
    )
    .argument('<input...>', 'PATH, or TAP=PATH to name the place of the capture; - is standard input')
    .option('--keylog <file>', 'TLS secrets, as for analyze; may be repeated', (file, files?: string[]) => [
      ...(files ?? []),
      file,
    ])
    .option('--output <file>', 'write to a file, which appears when it is whole')
    .option('--quiet', 'no progress, no notes on standard error')
    .addHelpText('after', SUGGEST_EXAMPLES)
    .action(async (inputs, options) => {
      const { suggestConfig } = await import('./config/suggest.ts')
      ends(await suggestConfig({ inputs, options: options as AnalyzeOptions }, console))
    })
  config
    .command('check')
    .summary('say all that is wrong with a configuration')
    .description(
      'Checks a configuration and says what is wrong with it, line by line; if nothing is, what it comes to.',
    )
    .argument('<file>', 'YAML or JSON')
    .addHelpText('after', CHECK_EXAMPLES)
    .action(async (file) => {
      const { checkConfig } = await import('./config/commands.ts')
      ends(checkConfig(file, console))
    })
  config
    .command('schema')
    .summary('print the JSON Schema of the configuration')
    .description(
      'Prints the JSON Schema (draft 2020-12) of the configuration, for editors that complete and check as you type.',
    )
    .addHelpText('after', SCHEMA_EXAMPLES)
    .action(async () => {
      const { printSchema } = await import('./config/commands.ts')
      ends(printSchema(console))
    })
}

const PROGRAM_EXAMPLES = `
Examples:
  holdfast analyze capture.pcapng
  holdfast serve
  holdfast analyze --help

Exit status: 0 success, 1 failure, 2 wrong usage, 3 incidents (with --fail-on), 130 interrupted.`

const ANALYZE_EXAMPLES = `
Examples:
  holdfast analyze capture.pcapng
      one capture; services, servers and agents are found in the traffic
  holdfast analyze --config holdfast.yaml client=office.pcap.gz server=dmz.pcap.gz
      both sides of a load balancer, so that what it did is proven
  holdfast analyze office-*.pcap dmz-*.pcap
      the files of two rings (dumpcap -b, tcpdump -C, -G): those that go on from each other are one tap
  holdfast analyze --format ndjson --include incident,occurrence capture.pcap | jq .title
      for scripts: one JSON object a line
  tcpdump -i eth0 -w - -G 600 -W 1 'tcp port 10443' | holdfast analyze -
      ten minutes of live traffic
  holdfast analyze --db holdfast.db capture.pcap && holdfast carve HF-1 --db holdfast.db --output HF-1.pcapng
      keep what was found, and take out the packets that prove it
  holdfast analyze --what-if idle-timeout=240s --what-if heartbeat=180s capture.pcap
      whom a firewall that forgets after 240 s would have cut off, and who is safe with a heartbeat
  holdfast analyze --fail-on critical --quiet --output report.txt capture.pcap
      for cron: exit 3 if agents are cut off`

const CONFIG_EXAMPLES = `
Examples:
  holdfast config suggest client=office.pcap.gz server=dmz.pcap.gz > holdfast.yaml
  holdfast config check holdfast.yaml
  holdfast config schema > holdfast.schema.json`

const SUGGEST_EXAMPLES = `
Examples:
  holdfast config suggest --output holdfast.yaml capture.pcapng
  holdfast config suggest client=office.pcap.gz server=dmz.pcap.gz > holdfast.yaml
      from both sides of a load balancer, so that its addresses and its servers are known`

const CHECK_EXAMPLES = `
Examples:
  holdfast config check holdfast.yaml
  holdfast config check holdfast.yaml && holdfast analyze --config holdfast.yaml capture.pcap`

const SCHEMA_EXAMPLES = `
Examples:
  holdfast config schema > holdfast.schema.json
      and in the first line of holdfast.yaml: # yaml-language-server: $schema=holdfast.schema.json`
