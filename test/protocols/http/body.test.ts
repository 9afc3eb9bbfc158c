import { createHash } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyCollector, EXCERPT_BYTES_MAX } from '../../../src/protocols/http/body.ts'
import { DECODED_BYTES_MAX, decoded, RATIO_MAX } from '../../../src/protocols/http/content-coding.ts'

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')
const TEXT = Buffer.from('<html>an error page with a csrfToken</html>'.repeat(40))

const bodyOf = (octets: Uint8Array, coding: string | null, wanted: 'hash' | 'excerpt' = 'excerpt') => {
  const lines = coding === null ? [] : [{ name: 'Content-Encoding', value: coding }]
  const collector = new BodyCollector(wanted, lines, null)
  collector.data(octets, 0, octets.length)
  return collector
}

describe('content codings', () => {
  test.each<[string, Uint8Array]>([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['GZIP, identity', gzipSync(TEXT)],
    ['deflate, gzip', gzipSync(deflateSync(TEXT))],
  ])('%s is undone; the hash is that of the octets as sent', (coding, octets) => {
    const body = bodyOf(octets, coding).finish(true)
    expect([body.excerpt, body.excerptCut, body.excerptFault]).toEqual([TEXT.toString(), false, null])
    expect([body.sha256, body.bytes]).toEqual([sha256(octets), octets.length])
  })

  test.each<[string, (octets: Uint8Array) => Uint8Array]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('%s that breaks off gives what is there', (coding, pack) => {
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251))
    const packed = pack(noise)
    const { octets, cut, fault } = decoded(packed.subarray(0, packed.length - 9), [coding], true)
    expect([cut, fault]).toEqual([true, null])
    expect(noise.subarray(0, octets!.length).equals(octets!)).toBe(true)
    // zstd's blocks come whole or not at all.
    if (coding !== 'zstd') expect(octets!.length).toBeGreaterThan(0)
  })

  test.each<[string, string, string]>([
    ['lzw', 'anything', 'coding-unknown'],
    ['constructor', 'anything', 'coding-unknown'],
    ['gzip', 'no gzip', 'coding-broken'],
    ['br', '\xff\xff\xff\xff', 'coding-broken'],
    ['gzip, gzip, gzip, gzip', 'x', 'ratio-too-high'],
  ])('%s of %j cannot be undone', (coding, text, fault) => {
    const body = bodyOf(Buffer.from(text, 'latin1'), coding).finish(true)
    expect([body.excerpt, body.excerptFault]).toEqual([null, fault])
  })

  test('a bomb gives its beginning, within both limits', () => {
    const bomb = gzipSync(Buffer.alloc(50 << 20))
    const { octets, cut } = decoded(bomb, ['gzip'], false)
    expect(cut).toBe(true)
    expect(octets!.length).toBeLessThanOrEqual(DECODED_BYTES_MAX)
    const small = gzipSync(Buffer.alloc(200_000))
    expect(decoded(small, ['gzip'], false).octets?.length ?? 0).toBeLessThanOrEqual(small.length * RATIO_MAX)
  })

  test('random octets never throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.constantFrom('gzip', 'deflate', 'br', 'zstd'), { maxLength: 3 }),
        (octets, codings) => {
          expect(decoded(octets, codings, false).octets?.length ?? 0).toBeLessThanOrEqual(DECODED_BYTES_MAX)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('what is collected', () => {
  test('the hash alone keeps nothing', () => {
    const collector = bodyOf(TEXT, null, 'hash')
    expect(collector.heldBytes).toBe(0)
    expect(collector.finish(true)).toEqual({
      bytes: TEXT.length,
      missing: 0,
      complete: true,
      sha256: sha256(TEXT),
      codings: [],
      contentType: null,
      excerpt: null,
      excerptCut: false,
      excerptFault: null,
    })
  })

  test('an excerpt ends at its limit', () => {
    const collector = bodyOf(Buffer.alloc(EXCERPT_BYTES_MAX + 5, 97), null)
    expect(collector.heldBytes).toBe(EXCERPT_BYTES_MAX)
    const body = collector.finish(true)
    expect([body.excerpt!.length, body.excerptCut, body.bytes]).toEqual([
      EXCERPT_BYTES_MAX,
      true,
      EXCERPT_BYTES_MAX + 5,
    ])
  })

  test('what is missing ends the excerpt, and the hash', () => {
    const collector = bodyOf(Buffer.from('before'), null)
    collector.miss(7)
    collector.data(Buffer.from('after'), 0, 5)
    const body = collector.finish(true)
    expect([body.bytes, body.missing, body.complete, body.sha256, body.excerpt, body.excerptCut]).toEqual([
      11,
      7,
      false,
      null,
      'before',
      true,
    ])
  })

  test('a body whose end was not seen is not complete', () => {
    const body = bodyOf(TEXT, null).finish(false)
    expect([body.complete, body.sha256]).toEqual([false, null])
  })
})
