import { createCipheriv } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { recordHelper } from '../../src/cli/ahead-thread.ts'
import { OpensAhead } from '../../src/protocols/tls/ahead.ts'
import { AEADS } from '../../src/protocols/tls/ciphers.data.ts'

const NONCE = new Uint8Array(12)
const HEADER = Uint8Array.of(23, 3, 3, 0, 21)
const GCM = AEADS.findIndex(({ cipher }) => cipher === 'aes-128-gcm')

function sealed(key: string, content: string): Uint8Array {
  const sealing = createCipheriv('aes-128-gcm', Buffer.from(key, 'latin1'), NONCE)
  sealing.setAAD(HEADER)
  return new Uint8Array(Buffer.concat([sealing.update(content), sealing.final(), sealing.getAuthTag()]))
}

test('a thread opens what is posted, and ends with its analysis', async () => {
  const { startHelper } = recordHelper(2)
  if (startHelper === undefined) throw new Error('there is a core for it')
  const ahead = new OpensAhead(startHelper, 0)
  ahead.begin(new Uint8Array(0))
  ahead.dispatch()
  const key = 'k'.repeat(16)
  const body = sealed(key, 'hello')
  const keyNumber = ahead.newKey()
  let place = -1
  // The thread takes its time to start; what it does not come to in time is not waited for.
  while (place < 0) {
    ahead.begin(body)
    ahead.post(GCM, keyNumber, key, 0, NONCE, HEADER, 0, 0, body.length)
    ahead.dispatch()
    await sleep(5)
    place = ahead.take(body, 0, keyNumber, 0)
  }
  const at = ahead.contentAt(place)
  expect(Buffer.from(ahead.octets.slice(at, at + ahead.contentLength(place))).toString()).toBe('hello')
  ahead.close()
})

test('on a single core nobody helps', () => {
  expect(recordHelper(1)).toEqual({})
})
