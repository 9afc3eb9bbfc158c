/** How often one address may ask. It is the address of the socket: no header that a client writes is
 * believed. IPv6 hosts have a whole /64 to themselves (RFC 7421), so it counts as one. */
import type { Context } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import type { ApiEnv } from '../environment.ts'
import { problemAnswer } from '../problem.ts'

const MINUTE_MS = 60_000
/** Groups of an IPv6 address that name the network. */
const NETWORK_GROUPS = 4

/** The address that a request came from; empty where there is no socket. */
export const addressOf = (c: Context<ApiEnv>): string => c.env?.incoming?.socket.remoteAddress ?? ''

/** What counts as one client. */
export function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...new Array<string>(zeros).fill('0'), ...right].slice(0, NETWORK_GROUPS).join(':')
}

interface RateOptions {
  readonly perMinute: number
  /** Requests that are not counted. */
  readonly skip?: (c: Context<ApiEnv>) => boolean
}

/** Answers 429, with Retry-After, to whoever asks more often. */
export const perAddress = ({ perMinute, skip = () => false }: RateOptions) =>
  rateLimiter<ApiEnv>({
    windowMs: MINUTE_MS,
    limit: perMinute,
    standardHeaders: 'draft-7',
    keyGenerator: (c) => clientOf(addressOf(c)),
    skip,
    handler: (c) => problemAnswer(c, 429, 'Too many requests from this address; ask again in a minute.'),
  })
