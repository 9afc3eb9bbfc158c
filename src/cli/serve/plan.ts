/** What `holdfast serve` was asked to do, checked: wrong usage is told before anything is opened. */
import { isIPv4 } from 'node:net'
import { hostAndPort, type Read } from '../config/values.ts'
import { usageFailure } from '../failure.ts'
import { ageOrNever, size, sizeOrNever } from './amounts.ts'
import { SERVE_DEFAULTS } from './defaults.data.ts'

/** As commander answers them. */
export interface ServeOptions {
  readonly listen?: string
  readonly db?: string
  readonly config?: string
  readonly maxUpload?: string
  readonly keepCaptures?: string
  readonly keepCapturesSize?: string
  readonly keepRows?: string
  readonly keepRowsSize?: string
  readonly https?: boolean
  readonly plainSecrets?: boolean
}

/** How long, and up to how many octets, something is kept; null: without that limit. */
export interface Keep {
  readonly maxAgeSeconds: number | null
  readonly maxBytes: number | null
}

export interface ServePlan {
  readonly host: string
  readonly port: number
  /** Only who works on this machine can ask: nobody else can connect, and no proxy brings others. */
  readonly isPrivate: boolean
  readonly isHttps: boolean
  readonly database: string
  readonly plainSecrets: boolean
  readonly config: string | null
  readonly uploadMax: number
  readonly captures: Keep
  readonly rows: Keep
}

/** Throws a usage failure for what cannot be meant. */
export function servePlan(given: ServeOptions): ServePlan {
  const options = { ...SERVE_DEFAULTS, ...given }
  const { host, port } = listenAddress(options.listen)
  const isHttps = options.https ?? false
  return {
    host,
    port,
    isPrivate: isLoopback(host) && !isHttps,
    isHttps,
    database: options.db,
    plainSecrets: options.plainSecrets ?? false,
    config: options.config ?? null,
    uploadMax: read('--max-upload', options.maxUpload, size),
    captures: {
      maxAgeSeconds: read('--keep-captures', options.keepCaptures, ageOrNever),
      maxBytes: read('--keep-captures-size', options.keepCapturesSize, sizeOrNever),
    },
    rows: {
      maxAgeSeconds: read('--keep-rows', options.keepRows, ageOrNever),
      maxBytes: read('--keep-rows-size', options.keepRowsSize, sizeOrNever),
    },
  }
}

function read<T>(option: string, text: string, reader: (text: string) => Read<T>): T {
  const answer = reader(text)
  if ('wrong' in answer) throw usageFailure(`${option} ${text} ${answer.wrong}`)
  return answer.value
}

/** `127.0.0.1:8480`, `localhost:8480`, `[::1]:8480`; port 0 is any free one. */
function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const answer = hostAndPort(text)
  if ('value' in answer) return answer.value
  throw usageFailure(`--listen ${text} is no address; write HOST:PORT, as in 127.0.0.1:8480 or [::1]:8480`)
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
