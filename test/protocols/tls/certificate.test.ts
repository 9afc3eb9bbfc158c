import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CHAIN_MAX, readCertificate, readChain } from '../../../src/protocols/tls/certificate.ts'
import { readCompressedChain } from '../../../src/protocols/tls/compressed-certificate.ts'
import { brotliCompressSync, deflateSync, zstdCompressSync } from 'node:zlib'
import { concat, u16, vector } from './craft.ts'
import { AGENT, EC, RSA } from './handshakes.ts'

const der = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw)
const [rsa, ec, agent] = [der(RSA.cert), der(EC.cert), der(AGENT.cert)]

describe('a certificate', () => {
  test('names, dates, key', () => {
    const x509 = new X509Certificate(RSA.cert)
    expect(readCertificate(rsa)).toEqual({
      subject: 'C=DE, O=Example\\, Incorporated, CN=server.example',
      issuer: 'C=DE, O=Example\\, Incorporated, CN=server.example',
      names: ['server.example', '*.server.example', '192.0.2.10', '2001:db8::10'],
      fingerprintSha256: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      notBefore: new Date(x509.validFrom).toISOString().replace('.000', ''),
      notAfter: new Date(x509.validTo).toISOString().replace('.000', ''),
      selfSigned: true,
      keyType: 'rsa-2048',
    })
  })

  test('without alternative names, the common name', () => {
    expect(readCertificate(ec)).toMatchObject({ names: ['elliptic.example'], keyType: 'ec-prime256v1' })
    expect(readCertificate(agent)).toMatchObject({
      subject: 'O=Example Agents, CN=agent-0007',
      names: ['agent-0007'],
    })
  })

  test('cut or altered, it is none, or another', () => {
    for (let end = 0; end < ec.length; end += 7) expect(readCertificate(ec.subarray(0, end))).toBeNull()
    const altered = ec.slice()
    altered[altered.length - 1]! ^= 1
    expect(readCertificate(altered)).toMatchObject({ selfSigned: false })
  })
})

describe('a chain', () => {
  const old = (...chain: readonly Uint8Array[]): Uint8Array =>
    vector(3, ...chain.map((one) => vector(3, one)))
  const modern = (...chain: readonly Uint8Array[]): Uint8Array =>
    concat(vector(1), vector(3, ...chain.map((one) => concat(vector(3, one), vector(2)))))
  const subjects = (chain: readonly { subject: string }[]): string[] =>
    chain.map(({ subject }) => subject.slice(-10))

  test('leaf first, in both forms', () => {
    const expected = ['er.example', 'ic.example']
    expect(subjects(readChain(old(rsa, ec), 0, old(rsa, ec).length, false))).toEqual(expected)
    expect(subjects(readChain(modern(rsa, ec), 0, modern(rsa, ec).length, true))).toEqual(expected)
    expect(readChain(old(), 0, old().length, false)).toEqual([])
  })

  test('what cannot be read is left out, and what is beyond the limit', () => {
    const odd = old(rsa, Uint8Array.of(0x30, 1, 2), ec)
    expect(subjects(readChain(odd, 0, odd.length, false))).toEqual(['er.example', 'ic.example'])
    const long = old(...Array.from({ length: CHAIN_MAX + 3 }, () => ec))
    expect(readChain(long, 0, long.length, false)).toHaveLength(CHAIN_MAX)
  })

  test('cut anywhere, nothing is thrown', () => {
    const whole = modern(rsa, ec)
    for (let end = 0; end < whole.length; end++) expect(readChain(whole, 0, end, true)).toEqual([])
  })

  test.each([
    ['zlib', 1, deflateSync],
    ['brotli', 2, brotliCompressSync],
    ['zstd', 3, zstdCompressSync],
  ] as const)('compressed with %s', (_name, algorithm, compress) => {
    const chain = modern(rsa, ec)
    const pack = (length: number): Uint8Array =>
      concat(
        u16(algorithm),
        vector(3, new Uint8Array(length)).subarray(0, 3),
        vector(3, new Uint8Array(compress(chain))),
      )
    const body = pack(chain.length)
    expect(subjects(readCompressedChain(body, 0, body.length))).toEqual(['er.example', 'ic.example'])
    for (const lie of [0, chain.length - 1, chain.length + 1, 0xffffff]) {
      const lying = pack(lie)
      expect(readCompressedChain(lying, 0, lying.length)).toEqual([])
    }
    expect(readCompressedChain(body, 0, body.length - 1)).toEqual([])
  })

  test('another algorithm is not known', () => {
    const body = concat(u16(9), vector(3, new Uint8Array(4)))
    expect(readCompressedChain(body, 0, body.length)).toEqual([])
  })
})
