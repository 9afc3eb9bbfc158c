import { expect, test } from 'vitest'
import { secretsOfAll } from '../../src/pipeline/secrets.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import { readerOf } from './reader.ts'

const random = (digit: string): string => digit.repeat(64)
const line = (digit: string): string => `CLIENT_RANDOM ${random(digit)} ${digit.repeat(96)}`
const secret = (digit: string): Uint8Array => new Uint8Array(Buffer.from(digit.repeat(96), 'hex'))

test('without secrets there are none, until a capture brings some', () => {
  const brought: string[] = []
  const secrets = secretsOfAll(null, [
    { reader: readerOf([]) },
    { reader: { ...readerOf([]), secrets: brought } },
  ])
  expect(secrets()).toBeNull()
  brought.push('nothing of use')
  expect(secrets()).toBeNull()
  brought.push(line('1'))
  expect(secrets()?.secretOf('CLIENT_RANDOM', random('1'))).toEqual(secret('1'))
  brought.push(line('2'))
  expect(secrets()?.secretOf('CLIENT_RANDOM', random('2'))).toEqual(secret('2'))
  expect(secrets()?.secretOf('CLIENT_RANDOM', random('3'))).toBeUndefined()
})

test('what stands in one capture serves all, from the beginning; what was given comes first', () => {
  const given = keyLog(line('1'))
  const secrets = secretsOfAll(given, [
    { reader: readerOf([]), secrets: [`CLIENT_RANDOM ${random('1')} ${'f'.repeat(96)}`] },
    { reader: readerOf([]), secrets: [line('2')] },
  ])()!
  expect(secrets.secretOf('CLIENT_RANDOM', random('1'))).toEqual(secret('1'))
  expect(secrets.secretOf('CLIENT_RANDOM', random('2'))).toEqual(secret('2'))
  expect(secrets.hasPremasters).toBe(false)
  secrets.keepSession('id', secret('5'))
  expect(secrets.sessionOf('id')).toEqual(secret('5'))
})

test('premaster secrets and sessions may stand in a capture too', () => {
  const text = `RSA 0011223344556677 ${'1'.repeat(96)}\nRSA Session-ID:aa Master-Key:${'2'.repeat(96)}`
  const secrets = secretsOfAll(keyLog(line('1')), [{ reader: readerOf([]), secrets: [text] }])()!
  expect([secrets.hasPremasters, secrets.sessionOf('aa')]).toEqual([true, secret('2')])
})
