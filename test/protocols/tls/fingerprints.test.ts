import { PassThrough } from 'node:stream'
import { calculateJa3, calculateJa4, readTlsClientHello } from 'read-tls-client-hello'
import { describe, expect, test } from 'vitest'
import {
  emptyClientHello,
  readClientHello,
  type ClientHelloFields,
} from '../../../src/protocols/tls/client-hello.ts'
import { ja3, ja3s, ja3Text, ja4 } from '../../../src/protocols/tls/fingerprints.ts'
import { readServerHello } from '../../../src/protocols/tls/server-hello.ts'
import { clientHello, extension, serverHello, text, TLS13, u16, vector } from './craft.ts'
import { record } from './handshakes.ts'

const RANDOM = '00'.repeat(32)
const hello = (
  version: number,
  suites: number[],
  rest: Partial<ClientHelloFields> = {},
): ClientHelloFields => ({
  ...emptyClientHello(version, RANDOM, '', suites),
  ...rest,
})
const numbers = (list: string): number[] => list.split(',').map((value) => parseInt(value, 16))

/** salesforce/ja3, README: "How it works". */
describe('JA3', () => {
  test.each([
    [
      'ada70206e40642a3e4461f35503241d5',
      '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0',
      hello(769, [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4], {
        extensions: [0, 10, 11],
        groups: [23, 24, 25],
        pointFormats: [0],
      }),
    ],
    [
      'de350869b8c85de67a350c8d186f11e6',
      '769,4-5-10-9-100-98-3-6-19-18-99,,,',
      hello(769, [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99]),
    ],
  ])('%s', (hash, full, fields) => {
    expect(ja3Text(fields)).toBe(full)
    expect(ja3(fields)).toBe(hash)
  })

  test('GREASE is left out everywhere', () => {
    const greased = hello(771, [0x0a0a, 0x1301], {
      extensions: [0xfafa, 43],
      groups: [0x2a2a, 29],
      pointFormats: [0],
    })
    expect(ja3Text(greased)).toBe('771,4865,43,29,0')
  })

  /** salesforce/ja3, README: "SSLVersion,Cipher,SSLExtension"; here hashed by md5sum. */
  test('JA3S: version, suite and extensions of the answer', () => {
    const types = [65281, 0, 11, 35, 5, 16]
    const answer = serverHello({
      version: 769,
      suites: [47],
      extensions: types.map((type) => extension(type)),
    })
    expect(ja3s(readServerHello(answer, 4, answer.length)!)).toBe('836ce314215654b5b1f85f97c73e506f')
    const modern = serverHello({ extensions: [TLS13] })
    expect(readServerHello(modern, 4, modern.length)).toMatchObject({
      legacyVersion: 0x0303,
      version: 0x0304,
    })
  })
})

/** FoxIO-LLC/ja4, technical_details/JA4.md: the example, and the rules around it. */
describe('JA4', () => {
  const suites = numbers('1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035')
  const extensions = numbers(
    '001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015',
  )
  const signatureAlgorithms = numbers('0403,0804,0401,0503,0805,0501,0806,0601')
  const example = hello(771, suites, {
    extensions,
    signatureAlgorithms,
    supportedVersions: [0x0304, 0x0303],
    alpn: ['h2'],
  })

  test('the example', () => {
    expect(ja4(example)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
  })

  test.each<[string, string, Partial<ClientHelloFields>]>([
    ['no signature algorithms', 't13d1516h2_8daaf6152771_6d807ffa2a79', { signatureAlgorithms: [] }],
    [
      'GREASE',
      't13d1516h2_8daaf6152771_e5627efa2ab1',
      {
        cipherSuites: [0x3a3a, ...suites],
        extensions: [0x4a4a, ...extensions],
        supportedVersions: [0x5a5a, 0x0304],
      },
    ],
    [
      'another order',
      't13d1516h2_8daaf6152771_e5627efa2ab1',
      { cipherSuites: suites.toReversed(), extensions: extensions.toReversed() },
    ],
    [
      'nothing at all',
      't12i000000_000000000000_000000000000',
      { cipherSuites: [], extensions: [], supportedVersions: [], signatureAlgorithms: [], alpn: [] },
    ],
    ['SSL 3.0', 'ts3d1516h2_8daaf6152771_e5627efa2ab1', { legacyVersion: 0x0300, supportedVersions: [] }],
    [
      'a version nobody knows',
      't00d1516h2_8daaf6152771_e5627efa2ab1',
      { legacyVersion: 0x0309, supportedVersions: [] },
    ],
  ])('%s', (_name, expected, change) => {
    expect(ja4({ ...example, ...change })).toBe(expected)
  })

  test('more than 99 suites are 99', () => {
    expect(ja4({ ...example, cipherSuites: Array.from({ length: 120 }, (_, i) => i) }).slice(0, 8)).toBe(
      't13d9916',
    )
  })

  test.each([
    ['', '00'],
    ['h2', 'h2'],
    ['http/1.1', 'h1'],
    ['x', 'xx'],
    ['\xab', 'ab'],
    ['\xab\xcd', 'ad'],
    ['0\xab', '3b'],
    ['01\xab\xcd', '3d'],
    ['0\xab\xcd1', '01'],
  ])('protocol name %j is %s', (name, code) => {
    expect(ja4({ ...example, alpn: [name] }).slice(8, 10)).toBe(code)
  })
})

/** read-tls-client-hello reads hellos on its own. */
describe('as another reader has it', () => {
  const oracle = async (message: Uint8Array) => {
    const stream = new PassThrough()
    stream.end(Buffer.concat([Buffer.from([22, 3, 1, message.length >> 8, message.length & 0xff]), message]))
    const read = await readTlsClientHello(stream)
    return { ja3: calculateJa3(read), ja4: calculateJa4(read) }
  }
  const ours = (message: Uint8Array) => {
    const fields = readClientHello(message, 4, message.length, true)!
    return { ja3: ja3(fields), ja4: ja4(fields) }
  }

  test.each([
    ['TLS 1.3', {}],
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }],
    ['ALPN', { ALPNProtocols: ['http/1.1', 'h2'] }],
    ['without a name', { servername: '' }],
  ] as const)('node:tls, %s', async (_name, client) => {
    const { story } = await record({ client })
    const message = story[0]!.bytes.slice(5)
    expect(ours(message)).toEqual(await oracle(message))
  })

  test('GREASE, unknown extensions, none', async () => {
    const odd = clientHello({
      suites: [0x0a0a, 0x1301, 0xc02f, 0x00ff],
      extensions: [
        extension(0x1a1a),
        extension(0, vector(2, Uint8Array.of(0), vector(2, text('a.example')))),
        extension(10, vector(2, u16(0x2a2a, 29, 23))),
        extension(11, vector(1, Uint8Array.of(0, 1))),
        extension(13, vector(2, u16(0x0403, 0x0804))),
        extension(16, vector(2, vector(1, text('h2')))),
        extension(43, vector(1, u16(0x3a3a, 0x0304, 0x0303))),
        extension(0x7777, text('whatever')),
      ],
    })
    expect(ours(odd)).toEqual(await oracle(odd))
    const bare = clientHello({ suites: [0x002f] })
    expect(ja4(readClientHello(bare, 4, bare.length, true)!)).toMatch(/^t12i010000_.*_000000000000$/)
  })
})
