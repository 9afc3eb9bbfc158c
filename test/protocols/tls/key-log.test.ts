import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inspect } from 'node:util'
import { keyLog, LINE_CHARACTERS_MAX } from '../../../src/protocols/tls/key-log.ts'

const random = (digit: string): string => digit.repeat(64)
const master = 'ab'.repeat(48)

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
    expect(log.counts).toEqual({ secrets: 2, comments: 2, unused: 0, junk: 0, dropped: 0 })
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
    expect(counts).toEqual({ secrets: 0, comments: 0, unused: 0, junk: 0, dropped: 0, [count]: 1 })
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
