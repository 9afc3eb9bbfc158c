/** How often one address may ask. It is the address of the socket: no header that a client writes is
 * believed. IPv6 hosts have a whole /64 to themselves (RFC 7421), so it counts as one. */
import type { Context } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import { networkOf } from '../../model/address.ts'
import type { ApiEnv } from '../environment.ts'
import { problemAnswer } from '../problem.ts'

const MINUTE_MS = 60_000

/** The address that a request came from; empty where there is no socket. */
export const addressOf = (c: Context<ApiEnv>): string => c.env?.incoming?.socket.remoteAddress ?? ''

/** What counts as one client. */
export function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  return plain.includes(':') ? networkOf(plain) : plain
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
