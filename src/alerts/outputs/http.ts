/**
 * One POST over HTTP and what became of it: any 2xx is a yes. Redirections are not followed, since they would
 * carry an alert to where nobody wanted it.
 */
import { retryAfter } from '../backoff.ts'
import { SecretMissing, urlOf } from '../secret.ts'
import type { Address } from '../settings.ts'
import { ATTEMPT_MS_MAX, delivered, failed, type Outcome, reasonOf, type World } from './output.ts'

/** Octets of an answer that are read. */
const BODY_BYTES_MAX = 4096
/** Gone for good (RFC 9110 section 15.5.11): Standard Webhooks has the sender stop. */
const GONE = 410

export interface Post {
  readonly address: Address
  readonly body: string
  headers(): Record<string, string>
}

export async function post(
  { address, body, headers }: Post,
  world: World,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const response = await fetch(urlOf(address, world.environment), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'Holdfast', ...headers() },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS_MAX)]),
    })
    const answer = `HTTP ${response.status} ${response.statusText} ${await beginningOf(response)}`
    if (response.ok) return delivered(answer)
    return failed(answer, {
      retryAfterSeconds: retryAfter(response.headers.get('retry-after'), world.now()),
      isFinal: response.status === GONE,
      wasReached: true,
    })
  } catch (error) {
    if (error instanceof SecretMissing) return failed(error.message)
    return failed((error as Error).name === 'TimeoutError' ? 'no answer in time' : reasonOf(error))
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return ''
  const parts: Uint8Array[] = []
  let octets = 0
  for await (const part of body) {
    parts.push(part as Uint8Array)
    octets += (part as Uint8Array).length
    if (octets >= BODY_BYTES_MAX) break // leaving the loop cancels the rest
  }
  return Buffer.concat(parts).toString('utf8', 0, BODY_BYTES_MAX)
}

/**
 * An address as people may see it: whose it is, without a path, in which many hooks have a secret; of one
 * that is secret as a whole nothing but where it is kept.
 */
export function shownAddress(address: Address): string {
  if (typeof address !== 'string') return 'env' in address ? `$${address.env}` : address.file
  return URL.parse(address)?.origin ?? ''
}
