import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Address, SecretPlace } from '../../../src/alerts/settings.ts'
import { sign, webhook } from '../../../src/alerts/outputs/webhook.ts'
import { KEY, NEVER, RECORD, SHIPMENT, WORLD } from '../record.ts'
import { folder, httpPeer } from './peers.ts'

const to = (url: Address, secret: SecretPlace | null = null, environment = {}) =>
  webhook({ type: 'webhook', url, secret }, { ...WORLD, environment })

test('the record, signed over id, time and body', async () => {
  const peer = await httpPeer(() => ({ status: 204 }))
  const place = join(folder(), 'secret')
  writeFileSync(place, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n')
  const outcome = await to(peer.url, { file: place }).deliver(SHIPMENT, NEVER)
  expect(outcome).toEqual({ isDelivered: true, answer: 'HTTP 204 No Content' })
  const [{ headers, body }] = peer.requests as [(typeof peer.requests)[0]]
  expect(JSON.parse(body)).toEqual(RECORD)
  const timestamp = String(WORLD.now() / 1e6)
  const mac = createHmac('sha256', Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'))
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': KEY,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac.update(`${KEY}.${timestamp}.${body}`).digest('base64')}`,
  })
})

// The example of the specification's reference implementation (libraries/javascript, webhook.test.ts).
test('the signature of a known message', () => {
  const content = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
  expect(sign('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', content)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

test('without a secret it goes unsigned', async () => {
  const peer = await httpPeer(() => ({ status: 200, body: 'ok' }))
  await to(peer.url).deliver(SHIPMENT, NEVER)
  expect(peer.requests[0]?.headers['webhook-signature']).toBeUndefined()
})

test.each([
  [
    { status: 503, headers: { 'retry-after': '30' }, body: 'later\n please' },
    'HTTP 503 Service Unavailable later please',
    30,
    false,
  ],
  [{ status: 302, headers: { location: 'http://example.com/' } }, 'HTTP 302 Found', null, false],
  [{ status: 410 }, 'HTTP 410 Gone', null, true],
])('%o is no', async (said, answer, retryAfterSeconds, isFinal) => {
  const peer = await httpPeer(() => said)
  expect(await to(peer.url).deliver(SHIPMENT, NEVER)).toEqual({
    isDelivered: false,
    answer,
    retryAfterSeconds,
    isFinal,
    wasReached: true,
  })
})

test('nobody there, and nothing secret in what is told', async () => {
  const output = to({ env: 'HOOK' }, null, { HOOK: 'http://127.0.0.1:1/s3cret' })
  expect(output.target).toBe('$HOOK')
  expect(await output.deliver(SHIPMENT, NEVER)).toMatchObject({
    answer: expect.not.stringContaining('s3cret'),
    wasReached: false,
  })
  expect(await to({ env: 'HOOK' }).deliver(SHIPMENT, NEVER)).toMatchObject({
    answer: 'the environment variable HOOK is not set',
  })
})

test('a secret that has gone is told, not sent without', async () => {
  const peer = await httpPeer(() => ({ status: 200 }))
  const outcome = await to(peer.url, { env: 'NONE' }).deliver(SHIPMENT, NEVER)
  expect(outcome).toMatchObject({ isDelivered: false, answer: 'the environment variable NONE is not set' })
  expect(peer.requests).toEqual([])
})
