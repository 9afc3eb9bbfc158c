import { getCiphers } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { SUITES } from '../../../src/protocols/tls/ciphers.data.ts'
import { opener13 } from '../../../src/protocols/tls/decryption.ts'
import { bytes } from './craft.ts'
import { EC, record, RSA, type Wish } from './handshakes.ts'
import { play } from './play.ts'

/** RFC 8448 §3: records of a "Simple 1-RTT Handshake", and the secrets that they are under. */
describe('the records of RFC 8448', () => {
  const { bulk, hash } = SUITES.get(0x1301)!
  const application = Uint8Array.from({ length: 50 }, (_, i) => i)
  const open = (secret: string, sequence: number, whole: string) => {
    const opener = opener13(bulk, hash, bytes(secret))
    opener.sequence = sequence
    const record = bytes(whole)
    const opened = opener.open(record[0]!, 0x0303, record, 5, record.length)
    return opened === null
      ? null
      : { type: opened.type, content: new Uint8Array(opened.octets.subarray(0, opened.end)) }
  }
  const CLIENT = '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5'
  const SERVER = 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643'
  const CLIENT_DATA = `
      1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b
      62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4`

  test("the client's Finished", () => {
    const finished = `
      170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1c
      aeacab6867d726c40546`
    expect(open('b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21', 0, finished)).toEqual({
      type: 22,
      content: bytes('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61'),
    })
  })

  test('data of both sides, and close_notify', () => {
    expect(open(CLIENT, 0, CLIENT_DATA)).toEqual({ type: 23, content: application })
    const serverData = `
      17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8
      fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d`
    expect(open(SERVER, 1, serverData)).toEqual({ type: 23, content: application })
    const closeNotify = { type: 21, content: bytes('0100') }
    expect(open(CLIENT, 1, '1703030013c9872760655666b74d7ff1153efd6db6d0b0e3')).toEqual(closeNotify)
    expect(open(SERVER, 2, '1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9')).toEqual(closeNotify)
  })

  test('another number, another key, another octet: nothing', () => {
    expect(open(CLIENT, 1, CLIENT_DATA)).toBeNull()
    expect(open(SERVER, 0, CLIENT_DATA)).toBeNull()
    expect(open(CLIENT, 0, CLIENT_DATA.replace('915e4', '915e5'))).toBeNull()
    expect(open(CLIENT, 0, '1703030000')).toBeNull()
  })
})

/** Real connections in each kind of suite: what was said is what is read. */
describe('node:tls and back', () => {
  const long = 'x'.repeat(40_000)
  const talk = [
    ['hello', 'world'],
    ['long', long],
    ['again', 'y'],
  ] as const
  const MAC_INSIDE = 1 << 19 // SSL_OP_NO_ENCRYPT_THEN_MAC, which node does not name
  const old = (version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2', name: string, secureOptions = 0): Wish => {
    const ciphers = `${name}:@SECLEVEL=0`
    const range = { minVersion: version, maxVersion: version, ciphers }
    return {
      talk,
      client: { ...range, secureOptions },
      server: { ...range, ...(name.includes('ECDSA') ? EC : RSA) },
    }
  }
  const modern = (name: string): Wish => ({ talk, client: { ciphers: name }, server: { ciphers: name } })

  test.each<[string, number, Wish]>([
    ['ECDHE-RSA-AES128-GCM-SHA256', 0xc02f, old('TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256')],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 0xc02c, old('TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384')],
    ['ECDHE-RSA-CHACHA20-POLY1305', 0xcca8, old('TLSv1.2', 'ECDHE-RSA-CHACHA20-POLY1305')],
    ['AES128-CCM', 0xc09c, old('TLSv1.2', 'AES128-CCM')],
    ['AES256-CCM8', 0xc0a1, old('TLSv1.2', 'AES256-CCM8')],
    ['ARIA256-GCM-SHA384', 0xc051, old('TLSv1.2', 'ARIA256-GCM-SHA384')],
    ['AES128-SHA, MAC outside', 0x002f, old('TLSv1.2', 'AES128-SHA')],
    ['AES128-SHA, MAC inside', 0x002f, old('TLSv1.2', 'AES128-SHA', MAC_INSIDE)],
    ['ECDHE-RSA-AES256-SHA384, MAC outside', 0xc028, old('TLSv1.2', 'ECDHE-RSA-AES256-SHA384')],
    ['ECDHE-RSA-AES256-SHA384, MAC inside', 0xc028, old('TLSv1.2', 'ECDHE-RSA-AES256-SHA384', MAC_INSIDE)],
    ['ECDHE-RSA-CAMELLIA128-SHA256', 0xc076, old('TLSv1.2', 'ECDHE-RSA-CAMELLIA128-SHA256')],
    ['TLS 1.1', 0x0035, old('TLSv1.1', 'AES256-SHA', MAC_INSIDE)],
    ['TLS 1.0, chained vectors, MAC inside', 0x0035, old('TLSv1', 'AES256-SHA', MAC_INSIDE)],
    ['TLS 1.0, chained vectors, MAC outside', 0x0035, old('TLSv1', 'AES256-SHA')],
    ['TLS_AES_128_GCM_SHA256', 0x1301, modern('TLS_AES_128_GCM_SHA256')],
    ['TLS_AES_256_GCM_SHA384', 0x1302, modern('TLS_AES_256_GCM_SHA384')],
    ['TLS_CHACHA20_POLY1305_SHA256', 0x1303, modern('TLS_CHACHA20_POLY1305_SHA256')],
    ['TLS_AES_128_CCM_SHA256', 0x1304, modern('TLS_AES_128_CCM_SHA256')],
    ['TLS_AES_128_CCM_8_SHA256', 0x1305, modern('TLS_AES_128_CCM_8_SHA256:DEFAULT:@SECLEVEL=0')],
  ])('%s', async (_name, suite, wish) => {
    const { story, keyLog, sent, error } = await record(wish)
    expect(error).toBeNull()
    const { handshakes, alerts, inside, calls, counts } = play(story, { keys: keyLog })
    expect(inside).toEqual(sent)
    expect(handshakes.map((h) => [h.server?.cipherSuite, h.decrypted])).toEqual([[suite, true]])
    expect(alerts.map((a) => [a.from, a.level, a.description, a.encrypted])).toEqual([
      [0, 1, 0, false],
      [1, 1, 0, false],
    ])
    expect(calls).toEqual(['end 0', 'end 1', 'close'])
    expect(counts.unauthenticated).toBe(0)
  })

  /** What OpenSSL speaks with these certificates: what it lists, and what it lists only if it is asked. */
  const listed = getCiphers().filter((name) => !/^tls_|rc4|null|psk|srp|dss|gost/.test(name))
  const asked = ['aes128', 'aes256'].flatMap((aes) => [`${aes}-ccm`, `${aes}-ccm8`])
  const more = [
    ...asked,
    ...asked.flatMap((name) => [`dhe-rsa-${name}`, `ecdhe-ecdsa-${name}`]),
    ...['', 'dhe-rsa-'].flatMap((exchange) =>
      [
        'aria128-gcm-sha256',
        'aria256-gcm-sha384',
        'camellia128-sha',
        'camellia256-sha',
        'camellia128-sha256',
        'camellia256-sha256',
      ].map((name) => exchange + name),
    ),
    ...['ecdhe-rsa-', 'ecdhe-ecdsa-'].flatMap((exchange) =>
      ['camellia128-sha256', 'camellia256-sha384'].map((name) => exchange + name),
    ),
    'ecdhe-aria128-gcm-sha256',
    'ecdhe-ecdsa-aria256-gcm-sha384',
  ]
  const spoken = [...new Set([...listed, ...more])]
  test.each(spoken.map((name) => [name.toUpperCase()]))('suite %s', async (name) => {
    const wish = old('TLSv1.2', name)
    const dh = { dhparam: 'auto' } as const
    const { story, keyLog, sent, error } = await record({ ...wish, server: { ...wish.server, ...dh } })
    expect(error).toBeNull()
    const { handshakes, inside, counts } = play(story, { keys: keyLog })
    expect(SUITES.has(handshakes[0]!.server!.cipherSuite)).toBe(true)
    expect([inside, counts.unauthenticated]).toEqual([sent, 0])
  })

  test('without the right keys nothing is opened, and nothing is lost that is visible', async () => {
    const { story, keyLog } = await record({ talk, client: { maxVersion: 'TLSv1.2' } })
    const wrong = keyLog.replace(/[0-9a-f]{96}$/m, 'ee'.repeat(48))
    const { handshakes, alerts, inside, counts } = play(story, { keys: wrong })
    expect(handshakes.map((h) => [h.certificates.length, h.resumed, h.decrypted])).toEqual([
      [1, false, false],
    ])
    expect(alerts.map((a) => a.encrypted)).toEqual([true, true])
    expect(inside[0] + inside[1]).toMatch(/^·*$/)
    expect(counts.opened).toBe(0)
    expect(counts.unauthenticated).toBeGreaterThan(0)
  })
})
