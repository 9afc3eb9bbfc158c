import { expect, test } from 'vitest'
import { beginsClientHelloV2, readClientHelloV2 } from '../../../src/protocols/tls/client-hello-v2.ts'
import { bytes } from './craft.ts'

const CHALLENGE = 'ab'.repeat(16)
const HELLO = bytes(
  `802e 01 0301 0015 0000 0010 000004 000005 00000a 010080 000064 0700c0 00c013 ${CHALLENGE}`,
)

test('suites of TLS, the challenge as random', () => {
  expect(readClientHelloV2(HELLO, 2, HELLO.length)).toMatchObject({
    legacyVersion: 0x0301,
    random: CHALLENGE.padStart(64, '0'),
    sessionId: '',
    cipherSuites: [0x0004, 0x0005, 0x000a, 0x0064, 0xc013],
    extensions: [],
  })
})

test('with a session to resume', () => {
  const resuming = bytes(`802c 01 0300 0003 0010 0010 000004 ${'5e'.repeat(16)} ${CHALLENGE}`)
  expect(readClientHelloV2(resuming, 2, resuming.length)).toMatchObject({
    sessionId: '5e'.repeat(16),
    cipherSuites: [4],
  })
})

test('every prefix may begin one; cut, it is none', () => {
  for (let end = 1; end <= HELLO.length; end++) expect(beginsClientHelloV2(HELLO, 0, end)).toBe(true)
  for (let end = 2; end < HELLO.length; end++) expect(readClientHelloV2(HELLO, 2, end)).toBeNull()
})

test('an octet that contradicts ends it', () => {
  for (const [at, value] of [
    [0, 0x00],
    [1, 0x05],
    [2, 0x02],
    [3, 0x07],
    [6, 0x16],
    [8, 0x01],
    [10, 0x21],
  ] as const) {
    const other = HELLO.slice()
    other[at] = value
    expect(beginsClientHelloV2(other, 0, other.length), `octet ${at}`).toBe(false)
  }
})
