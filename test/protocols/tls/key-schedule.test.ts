import { expect, test } from 'vitest'
import { expandLabel, keyBlock, nextTrafficSecret, prf } from '../../../src/protocols/tls/key-schedule.ts'
import { bytes } from './craft.ts'

/** RFC 8448 §3: server and client handshake traffic secrets, and the keys that they give. */
test.each([
  [
    'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38',
    '3fce516009c21727d0f2e4e86ee403bc',
    '5d313eb2671276ee13000b30',
  ],
  [
    'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21',
    'dbfaa693d1762c5b666af5d950258d01',
    '5bd3c71b836e0b76bb73265f',
  ],
])('traffic secret %s', (secret, key, iv) => {
  expect(expandLabel('sha256', bytes(secret), 'key', 16)).toEqual(bytes(key))
  expect(expandLabel('sha256', bytes(secret), 'iv', 12)).toEqual(bytes(iv))
})

test('the next secret is as long as the hash', () => {
  expect(nextTrafficSecret('sha384', new Uint8Array(48))).toHaveLength(48)
  expect(nextTrafficSecret('sha256', new Uint8Array(32))).not.toEqual(new Uint8Array(32))
})

/** "Test vectors for the PRF of TLS 1.2": posted to the TLS working group by Peter Gutmann, 2009. */
test('the PRF of TLS 1.2 with SHA-256', () => {
  const output = prf(
    'sha256',
    bytes('9bbe436ba940f017b17652849a71db35'),
    'test label',
    bytes('a0ba9f936cda311827a6f796ffd5198c'),
    100,
  )
  expect(Buffer.from(output).toString('hex')).toBe(
    'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0' +
      '22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
  )
})

test("a key block takes the server's random first", () => {
  const [master, client, server] = [
    new Uint8Array(48).fill(1),
    new Uint8Array(32).fill(2),
    new Uint8Array(32).fill(3),
  ]
  for (const hash of ['sha256', 'sha384', null]) {
    const seed = new Uint8Array([...server, ...client])
    expect(keyBlock(hash, master, client, server, 104)).toEqual(prf(hash, master, 'key expansion', seed, 104))
  }
})
