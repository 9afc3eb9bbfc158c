/**
 * A webhook: the alert as JSON, signed as Standard Webhooks says (version 1, symmetric): HMAC-SHA-256 over
 * `id.timestamp.body`. The id is the same at every attempt, so that a receiver takes an alert once.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto'
import { secretOf } from '../secret.ts'
import type { WebhookSettings } from '../settings.ts'
import { post, shownAddress } from './http.ts'
import type { MakeOutput } from './output.ts'

/** What the secrets of that scheme begin with; the rest is base64. */
const SECRET_PREFIX = 'whsec_'

export const webhook: MakeOutput<WebhookSettings> = ({ url, secret }, world) => ({
  target: shownAddress(url),
  deliver({ key, record }, signal) {
    const body = JSON.stringify(record)
    const headers = (): Record<string, string> => {
      const timestamp = String(Math.floor(world.now() / 1e6))
      const unsigned = { 'webhook-id': key, 'webhook-timestamp': timestamp }
      if (secret === null) return unsigned
      const signature = sign(secretOf(secret, world.environment), `${key}.${timestamp}.${body}`)
      return { ...unsigned, 'webhook-signature': signature }
    }
    return post({ address: url, body, headers }, world, signal)
  },
})

/** `v1,` and the signature in base64. A secret without the prefix is taken as it is. */
export function sign(secret: string, content: string): string {
  const key = secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8')
  return `v1,${createHmac('sha256', key).update(content, 'utf8').digest('base64')}`
}
