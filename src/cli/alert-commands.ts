/** The command that looks after alerts on their way out: `alert`, for commander. */
import { type Command, Option } from '@commander-js/extra-typings'
import type { Console } from './console.ts'
import { SERVE_DEFAULTS } from './serve/defaults.data.ts'

/** Told the exit code. */
type Ends = (exitCode: number) => void

const DATABASE = SERVE_DEFAULTS.db

export function addAlert(program: Command, console: Console, ends: Ends): void {
  const alert = program
    .command('alert')
    .summary('outputs of alerts: test them, list and send again what was not delivered')
    .description(
      'Looks after alerts that a server sends to webhooks, syslog, mail, chats and files, as the key alerts of its configuration says.',
    )
    .addHelpText('after', ALERT_EXAMPLES)
  alert
    .command('test')
    .summary('send a marked test alert to an output')
    .description(
      'Sends a marked test alert to one output, at once, and says what was answered. Nothing is stored.',
    )
    .argument('<name>', 'the output, as the configuration names it')
    .requiredOption('--config <file>', 'the configuration with the key alerts')
    .addHelpText('after', TEST_EXAMPLES)
    .action(async (name, options) => {
      const { runAlertTest } = await import('./alert/run.ts')
      ends(await runAlertTest(name, options, console))
    })
  alert
    .command('list')
    .summary('list alerts that wait, were delivered or were given up')
    .description(
      'Lists alerts on their way out: to which output, how often it was tried, and what was answered.',
    )
    .option('--db <file>', 'the database of the server', DATABASE)
    .addOption(
      new Option('--state <state>', 'only those; dead ones were given up').choices([
        'waiting',
        'delivered',
        'dead',
      ] as const),
    )
    .option('--output <name>', 'only those to this output')
    .addOption(
      new Option('--format <format>', 'text for people, ndjson for pipes (default: text)').choices([
        'text',
        'ndjson',
      ] as const),
    )
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (options) => {
      const { runAlertList } = await import('./alert/run.ts')
      ends(await runAlertList(options, console))
    })
  alert
    .command('resend')
    .summary('send again what was given up')
    .description('Has dead letters wait again; the server delivers them, at once if it is running.')
    .argument('[id...]', 'their numbers, as alert list shows them')
    .option('--db <file>', 'the database of the server', DATABASE)
    .option('--output <name>', 'all that were given up for this output')
    .option('--all', 'all there are')
    .addHelpText('after', RESEND_EXAMPLES)
    .action(async (ids, options) => {
      const { runAlertResend } = await import('./alert/run.ts')
      ends(await runAlertResend(ids, options, console))
    })
}

const ALERT_EXAMPLES = `
Examples:
  holdfast alert test ops --config holdfast.yaml
  holdfast alert list --state dead
  holdfast alert resend --output ops`

const TEST_EXAMPLES = `
Examples:
  holdfast alert test ops --config holdfast.yaml
  for name in ops siem mail; do holdfast alert test $name --config holdfast.yaml; done`

const LIST_EXAMPLES = `
Examples:
  holdfast alert list --state dead
  holdfast alert list --output ops --format ndjson | jq .answer`

const RESEND_EXAMPLES = `
Examples:
  holdfast alert resend 17 18
  holdfast alert resend --output ops --db /var/lib/holdfast/holdfast.db
  holdfast alert resend --all`
