import { expect, test } from 'vitest'
import { HELLO_RETRY_RANDOM } from '../../../src/protocols/tls/constants.data.ts'
import { isTls13, readEncryptedExtensions, readServerHello } from '../../../src/protocols/tls/server-hello.ts'
import { bytes, concat, extension, serverHello, SERVER_RANDOM, text, TLS13, u16, vector } from './craft.ts'

const read = (whole: Uint8Array) => readServerHello(whole, 4, whole.length)

test('every field that is used', () => {
  const extensions = [TLS13, extension(41, u16(1)), extension(16, vector(2, vector(1, text('h2'))))]
  expect(read(serverHello({ sessionId: 'abcd', suites: [0x1302], extensions }))).toEqual({
    legacyVersion: 0x0303,
    version: 0x0304,
    random: SERVER_RANDOM,
    sessionId: 'abcd',
    cipherSuite: 0x1302,
    compression: 0,
    extensions: [43, 41, 16],
    alpn: 'h2',
    selectedPsk: 1,
    isRetryRequest: false,
  })
})

test('a retry request is told by its random', () => {
  expect(read(serverHello({ random: HELLO_RETRY_RANDOM, extensions: [TLS13] }))?.isRetryRequest).toBe(true)
})

test('without extensions, and in SSL 3.0', () => {
  expect(read(serverHello({ version: 0x0300, suites: [4] }))).toMatchObject({
    version: 0x0300,
    cipherSuite: 4,
    extensions: [],
  })
})

test('drafts before 22 had no session id', () => {
  const body = concat(u16(0x7f10), bytes(SERVER_RANDOM), u16(0x1303), vector(2, extension(40, u16(29))))
  const whole = concat(bytes('020000'), Uint8Array.of(body.length), body)
  expect(read(whole)).toMatchObject({ version: 0x7f10, sessionId: '', cipherSuite: 0x1303, extensions: [40] })
})

test('cut before its extensions it is none', () => {
  const whole = serverHello({ sessionId: 'abcd' })
  for (let end = 4; end < whole.length; end++) expect(readServerHello(whole, 4, end)).toBeNull()
})

test.each([
  [0x0303, false],
  [0x0304, true],
  [0x0305, false],
  [0x7f1c, true],
  [0x0300, false],
])('%i', (version, expected) => expect(isTls13(version)).toBe(expected))

test('what the server agrees to under protection', () => {
  const agreed = vector(2, extension(16, vector(2, vector(1, text('http/1.1')))), extension(42))
  expect(readEncryptedExtensions(agreed, 0, agreed.length)).toEqual({ alpn: 'http/1.1', earlyData: true })
  expect(readEncryptedExtensions(vector(2), 0, 2)).toEqual({ alpn: null, earlyData: false })
})
