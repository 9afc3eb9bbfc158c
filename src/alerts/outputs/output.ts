/** The interface of an output: takes one alert, tries once to deliver it, and says what was answered. */
import type { Micros } from '../../model/time.ts'
import type { AlertRecord } from '../record.ts'
import type { Environment } from '../secret.ts'
import type { Target } from '../settings.ts'

export interface Shipment {
  /** The same at every attempt: receivers know by it what they have already. */
  readonly key: string
  readonly record: AlertRecord
}

export type Outcome =
  | { readonly isDelivered: true; readonly answer: string }
  | {
      readonly isDelivered: false
      /** What was answered, or why nothing was; without secrets. */
      readonly answer: string
      /** What the receiver asked for. */
      readonly retryAfterSeconds: number | null
      /** Another attempt would be answered the same. */
      readonly isFinal: boolean
      /** Somebody answered. */
      readonly wasReached: boolean
    }

export interface Output {
  /** Where it leads, as people may see it: nothing secret. */
  readonly target: string
  /** Rejects for bugs alone; the signal ends it. */
  deliver(shipment: Shipment, signal: AbortSignal): Promise<Outcome>
}

/** What an output needs of the machine. */
export interface World {
  readonly environment: Environment
  now(): Micros
}

/** Makes an output; opens nothing. */
export type MakeOutput<T extends Target> = (target: T, world: World) => Output

/** An attempt that has not ended by then has failed. */
export const ATTEMPT_MS_MAX = 20_000

/** Characters of an answer that are kept. */
const ANSWER_MAX = 300

/** One line, and not long: what others send is shown to people. */
export function answerText(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length <= ANSWER_MAX ? line : `${line.slice(0, ANSWER_MAX - 3)}...`
}

export const delivered = (answer: string): Outcome => ({ isDelivered: true, answer: answerText(answer) })

export const failed = (
  answer: string,
  about: {
    readonly retryAfterSeconds?: number | null
    readonly isFinal?: boolean
    readonly wasReached?: boolean
  } = {},
): Outcome => ({
  isDelivered: false,
  answer: answerText(answer),
  retryAfterSeconds: about.retryAfterSeconds ?? null,
  isFinal: about.isFinal ?? false,
  wasReached: about.wasReached ?? false,
})

/** Why nothing was answered, in words. */
export function reasonOf(error: unknown): string {
  const { cause } = error as Error
  const at = cause instanceof AggregateError ? ((cause.errors[0] as Error | undefined) ?? cause) : cause
  const { code = '', message } = (at instanceof Error ? at : error) as NodeJS.ErrnoException
  return REASONS[code] ?? (message === '' ? code : message)
}

const REASONS: Readonly<Record<string, string>> = {
  ABORT_ERR: 'no answer in time',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was closed before an answer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody else',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody known vouches for its certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody known vouches for its certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody known vouches for its certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
}
