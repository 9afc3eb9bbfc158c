/**
 * The log of the server on standard error: a JSON object a line (pino) or, on a terminal, a line for people.
 *
 * Contract: members that carry secrets are struck out, wherever an object brings them along.
 */
import { type DestinationStream, type Logger, pino } from 'pino'

const STDERR = 2

const SECRETS = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-csrf-token',
  'token',
  'csrfToken',
  'password',
  'keylog',
]
/** At the top and up to two objects deep. */
const REDACTED = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])

/** Writes at once: what is written survives a crash. */
export async function serverLog(isTerminal: boolean): Promise<Logger> {
  return logTo(isTerminal ? await forPeople() : pino.destination({ dest: STDERR, sync: true }))
}

/** A log that strikes secrets out, on any stream. */
export const logTo = (stream: DestinationStream): Logger =>
  pino({ level: 'info', base: null, redact: { paths: REDACTED, censor: '[redacted]' } }, stream)

async function forPeople(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({
    destination: STDERR,
    sync: true,
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l o',
  })
}
