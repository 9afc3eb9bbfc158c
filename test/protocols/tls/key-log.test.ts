import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPrivateKey } from 'node:crypto'
import { inspect } from 'node:util'
import { keyLog, LINE_CHARACTERS_MAX } from '../../../src/protocols/tls/key-log.ts'
import { EC, RSA } from './handshakes.ts'

const random = (digit: string): string => digit.repeat(64)
const master = 'ab'.repeat(48)
const NOTHING = { secrets: 0, privateKeys: 0, comments: 0, unused: 0, junk: 0, dropped: 0 }

describe('key logs', () => {
  test('secrets by label and client random, however they are written', () => {
    const log = keyLog(
      `# comment\r\n\r\nCLIENT_RANDOM ${random('1')} ${master}\r\n` +
        `  SERVER_TRAFFIC_SECRET_0\t${random('A')}  ${'CD'.repeat(32)}  `,
    )
    expect(log.secretOf('CLIENT_RANDOM', random('1'))).toEqual(new Uint8Array(48).fill(0xab))
    expect(log.secretOf('SERVER_TRAFFIC_SECRET_0', random('a'))).toEqual(new Uint8Array(32).fill(0xcd))
    expect(log.secretOf('CLIENT_TRAFFIC_SECRET_0', random('a'))).toBeUndefined()
    expect(log.secretOf('CLIENT_RANDOM', random('2'))).toBeUndefined()
    expect(log.counts).toEqual({ secrets: 2, privateKeys: 0, comments: 2, unused: 0, junk: 0, dropped: 0 })
  })

  test('several logs are one; the first secret stands', () => {
    const log = keyLog(
      `CLIENT_RANDOM ${random('1')} ${master}`,
      `CLIENT_RANDOM ${random('1')} ${'00'.repeat(48)}`,
    )
    log.add(`CLIENT_RANDOM ${random('2')} ${'22'.repeat(48)}\n`)
    expect(log.secretOf('CLIENT_RANDOM', random('1'))?.[0]).toBe(0xab)
    expect(log.secretOf('CLIENT_RANDOM', random('2'))?.[0]).toBe(0x22)
    expect(log.counts.secrets).toBe(2)
  })

  test.each([
    ['a label that decrypts nothing', `EXPORTER_SECRET ${random('1')} ${'ab'.repeat(32)}`, 'unused'],
    ['a label of the future', `SOMETHING_NEW ${random('1')} ${master}`, 'unused'],
    [
      'a later secret, which follows from the first',
      `CLIENT_TRAFFIC_SECRET_1 ${random('1')} ${'ab'.repeat(32)}`,
      'unused',
    ],
    ['a random of another length', `CLIENT_RANDOM ${random('1')}00 ${master}`, 'junk'],
    ['a secret of another length', `CLIENT_RANDOM ${random('1')} abcd`, 'junk'],
    ['what is not hex', `CLIENT_RANDOM ${random('g')} ${master}`, 'junk'],
    ['too few words', `CLIENT_RANDOM ${random('1')}`, 'junk'],
    [
      'a line that never ends',
      `CLIENT_RANDOM ${random('1')} ${master}${' '.repeat(LINE_CHARACTERS_MAX)}`,
      'junk',
    ],
    ['something else', 'GET / HTTP/1.1', 'junk'],
  ] as const)('%s is counted', (_what, line, count) => {
    const { counts } = keyLog(line)
    expect(counts).toEqual({ ...NOTHING, [count]: 1 })
  })

  test('premaster secrets, and sessions as OpenSSL writes them', () => {
    const log = keyLog(`RSA 0011223344556677 ${master}\nPMS_CLIENT_RANDOM ${random('1')} ${'ab'.repeat(256)}`)
    expect(log.hasPremasters).toBe(true)
    expect(log.secretOf('RSA', '0011223344556677')).toHaveLength(48)
    expect(log.secretOf('PMS_CLIENT_RANDOM', random('1'))).toHaveLength(256)
    log.add(`RSA Session-ID:AA01 Master-Key:${master}`)
    expect(log.sessionOf('aa01')).toEqual(new Uint8Array(48).fill(0xab))
    log.add(
      `RSA 00112233 ${master}\nPMS_CLIENT_RANDOM ${random('2')} abc\nRSA Session-ID:abc Master-Key:${master}`,
    )
    expect(log.counts).toEqual({ ...NOTHING, secrets: 3, junk: 3 })
  })

  test('sessions are kept for those who resume them', () => {
    const log = keyLog()
    expect([log.hasAny, log.hasPremasters]).toEqual([false, false])
    log.keepSession('01', Uint8Array.of(1))
    for (let i = 0; i < 65_535; i++) log.keepSession(`other ${i}`, Uint8Array.of(2))
    expect(log.sessionOf('01')).toEqual(Uint8Array.of(1))
    log.keepSession('one more', Uint8Array.of(3))
    expect([log.sessionOf('01'), log.sessionOf('one more')]).toEqual([undefined, Uint8Array.of(3)])
  })

  test('private keys in PEM between the lines of a log, and in DER', () => {
    const line = `CLIENT_RANDOM ${random('1')} ${master}\n`
    const log = keyLog(`${line}${RSA.key.replaceAll('\n', '\r\n')}\n${line.replaceAll('11', '22')}`)
    expect(log.counts).toMatchObject({ secrets: 2, privateKeys: 1 })
    expect(log.hasPremasters).toBe(true)
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const der = createPrivateKey(RSA.key).export({ type, format: 'der' })
      expect(keyLog(der.toString('latin1')).counts).toEqual({ ...NOTHING, privateKeys: 1 })
    }
  })

  test('keys that are of no use are counted', () => {
    const locked = createPrivateKey(RSA.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'secret',
    })
    const begin = '-----BEGIN PRIVATE KEY-----\n'
    for (const text of [
      EC.key.slice(EC.key.indexOf('-----BEGIN PRIV')).split('-----BEGIN CERT')[0]!,
      locked,
      begin,
      begin.repeat(256),
      '0\x82junk',
    ]) {
      const log = keyLog(String(text))
      expect([log.hasAny, log.counts]).toEqual([false, { ...NOTHING, junk: 1 }])
    }
  })

  test('whatever the text is, every line is counted once', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((line) => line.replaceAll('\n', ''))), (lines) => {
        const { counts } = keyLog(lines.map((line) => `${line}\n`).join(''))
        const { secrets, comments, unused, junk } = counts
        expect(secrets + comments + unused + junk).toBe(lines.length)
      }),
      { numRuns: 200 },
    )
  })

  test('the object does not show what it knows', () => {
    const log = keyLog(`CLIENT_RANDOM ${random('1')} ${master}`)
    expect(JSON.stringify(log) + inspect(log, { depth: 9 })).not.toMatch(/abab|171, 171/)
  })
})
