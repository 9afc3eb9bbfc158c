/** The commands that run a server, say who may use it, and copy its database, for commander. */
import { type Command, Option } from '@commander-js/extra-typings'
import type { Console } from './console.ts'
import { SERVE_DEFAULTS } from './serve/defaults.data.ts'

/** Told the exit code. */
type Ends = (exitCode: number) => void

const DATABASE = SERVE_DEFAULTS.db

export function addServe(program: Command, console: Console, ends: Ends): void {
  program
    .command('serve')
    .summary('the dashboards, the API and uploads')
    .description(
      'Runs the dashboards and the API: upload captures, follow their analysis, browse and handle what was found. Everything is kept in one database.',
    )
    .option(
      '--listen <host:port>',
      'where to listen; other than this machine needs a token',
      SERVE_DEFAULTS.listen,
    )
    .option('--db <file>', 'the database; captures are kept in a folder beside it', DATABASE)
    .option('--config <file>', 'what the deployment should be like (holdfast.yaml)')
    .option('--max-upload <size>', 'the largest capture that is taken', SERVE_DEFAULTS.maxUpload)
    .option(
      '--keep-captures <age>',
      'remove captures this long after their upload, or never',
      SERVE_DEFAULTS.keepCaptures,
    )
    .option(
      '--keep-captures-size <size>',
      'remove the oldest captures beyond this in all, or never',
      SERVE_DEFAULTS.keepCapturesSize,
    )
    .option(
      '--keep-rows <age>',
      'remove what was found this long ago, unless an incident is open, or never',
      SERVE_DEFAULTS.keepRows,
    )
    .option(
      '--keep-rows-size <size>',
      'remove the oldest rows while the database is larger, or never',
      SERVE_DEFAULTS.keepRowsSize,
    )
    .option(
      '--plain-secrets',
      'store cookie values, tokens and the like from captures as they are, not hashed',
    )
    .option('--https', 'browsers reach the server by https, through a reverse proxy; needs a token')
    .addHelpText('after', SERVE_EXAMPLES)
    .action(async (options) => {
      const { runServe } = await import('./serve/run.ts')
      ends(await runServe(options, console))
    })
}

export function addBackup(program: Command, console: Console, ends: Ends): void {
  program
    .command('backup')
    .summary('a copy of a database, also while it is used')
    .description(
      'Copies a database as it is at one moment, while a server or a collector goes on writing it. Captures are files in the folder beside it (NAME-captures), and are copied like any others.',
    )
    .requiredOption('--db <file>', 'the database')
    .requiredOption('--output <file>', 'the copy, which appears when it is whole; nothing is replaced')
    .addHelpText('after', BACKUP_EXAMPLES)
    .action(async (options) => {
      const { runBackup } = await import('./backup/run.ts')
      ends(await runBackup(options, console))
    })
}

export function addToken(program: Command, console: Console, ends: Ends): void {
  const token = program
    .command('token')
    .summary('who may use the server: make, list and revoke tokens')
    .description('Makes, lists and revokes the tokens that open a server to other machines.')
    .addHelpText('after', TOKEN_EXAMPLES)
  const role = new Option(
    '--role <role>',
    'viewer reads, operator also uploads and handles incidents, admin all',
  )
  token
    .command('add')
    .summary('make a token, which is shown once')
    .description('Makes a token and writes it to standard output, the only time that it can be read.')
    .argument('<name>', 'whose it is: shown where the person acts')
    .addOption(role.choices(['viewer', 'operator', 'admin'] as const).makeOptionMandatory())
    .option('--db <file>', 'the database of the server', DATABASE)
    .addHelpText('after', TOKEN_ADD_EXAMPLES)
    .action(async (name, options) => {
      const { runTokenAdd } = await import('./token/run.ts')
      ends(await runTokenAdd(name, options, console))
    })
  token
    .command('list')
    .summary('list the tokens, without what is secret')
    .description('Lists all tokens, revoked ones too: name, role, when made and last used.')
    .option('--db <file>', 'the database of the server', DATABASE)
    .addHelpText('after', '\nExamples:\n  holdfast token list --db holdfast.db')
    .action(async (options) => {
      const { runTokenList } = await import('./token/run.ts')
      ends(await runTokenList(options, console))
    })
  token
    .command('revoke')
    .summary('revoke a token')
    .description(
      'Revokes a token: from now on it opens nothing, and browsers that logged in with it are logged out.',
    )
    .argument('<name>', 'the name that it was made with')
    .option('--db <file>', 'the database of the server', DATABASE)
    .addHelpText('after', '\nExamples:\n  holdfast token revoke "Ada Lovelace"')
    .action(async (name, options) => {
      const { runTokenRevoke } = await import('./token/run.ts')
      ends(await runTokenRevoke(name, options, console))
    })
}

const SERVE_EXAMPLES = `
Examples:
  holdfast serve
      dashboards and API for this machine at http://127.0.0.1:8480
  holdfast serve --config holdfast.yaml --db /var/lib/holdfast/holdfast.db
      what the deployment should be like, and a place for the data
  holdfast token add alice --role admin && holdfast serve --listen 0.0.0.0:8480 --https
      for others, behind a reverse proxy that speaks TLS

Ages are written 12h, 30d; sizes 500M, 20G, 1.5T.`

const BACKUP_EXAMPLES = `
Examples:
  holdfast backup --db holdfast.db --output holdfast-$(date +%F).db
  holdfast serve --db holdfast-2026-11-21.db
      to go back to it, with the folder of its captures beside it under the same name`

const TOKEN_EXAMPLES = `
Examples:
  holdfast token add alice --role operator
  holdfast token list
  holdfast token revoke alice`

const TOKEN_ADD_EXAMPLES = `
Examples:
  holdfast token add "wall screen" --role viewer
  HOLDFAST_TOKEN=$(holdfast token add tail --role viewer) holdfast tail --server http://monitor:8480 --follow`
