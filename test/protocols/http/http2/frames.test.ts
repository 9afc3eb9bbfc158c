import { describe, expect, test } from 'vitest'
import { areFrames, isFrame, recognisesHttp2 } from '../../../../src/protocols/http/http2/frames.ts'
import { errorName } from '../../../../src/protocols/http/http2/frames.data.ts'
import * as H from './octets.ts'
import type { Octets } from './octets.ts'

const MAX = 16_384
const recognise = (...octets: Octets[]) => {
  const bytes = Uint8Array.from([0xff, ...octets.flat()])
  return recognisesHttp2(0, bytes, 1, bytes.length)
}

describe('what begins HTTP/2', () => {
  test.each<[string, Octets, string]>([
    ['the preface', H.preface, 'certain'],
    ['the preface and more', [...H.preface, 1, 2], 'certain'],
    ['its beginning', H.preface.slice(0, 10), 'unsure'],
    ['a request of PRI', H.textOf('PRI * HTTP/1.1\r\n'), 'no'],
    ['SETTINGS', H.settings(H.setting(3, 100)), 'certain'],
    ['the beginning of SETTINGS', H.settings(H.setting(3, 100)).slice(0, 5), 'unsure'],
    ['a setting that nobody registered', H.settings(H.setting(0x4444, 1)), 'no'],
    ['empty SETTINGS and no more', H.settings(), 'no'],
    ['empty SETTINGS and another frame', [...H.settings(), ...H.frame(8, 0, 0, H.word(1))], 'certain'],
    ['one frame that fills the segment', H.frame(0, 0, 1, [1, 2]), 'no'],
    ['two frames that do', [...H.frame(1, 4, 1, [0x82]), ...H.frame(0, 1, 1, [1])], 'certain'],
    ['two frames and a rest', [...H.frame(1, 4, 1, [0x82]), ...H.frame(0, 1, 1, [1]), 9], 'no'],
    ['NetBIOS', [0, 0, 0, 0x2f, 0xfe, 0x53, 0x4d, 0x42, 0, 0, 0, 0], 'no'],
    ['nothing', [], 'unsure'],
    ['another octet', [0x16, 3, 1], 'no'],
  ])('%s: %s', (_what, octets, verdict) => expect(recognise(octets)).toBe(verdict))
})

describe('what can be a frame', () => {
  test.each<[string, Octets, boolean]>([
    ['DATA', H.frame(0, 9, 1), true],
    ['DATA on no stream', H.frame(0, 0, 0), false],
    ['a flag that DATA has not', H.frame(0, 4, 1), false],
    ['HEADERS', H.frame(1, 0x2d, 1), true],
    ['PRIORITY of four octets', H.frame(2, 0, 1, [0, 0, 0, 0]), false],
    ['RST_STREAM', H.frame(3, 0, 1, H.word(8)), true],
    ['SETTINGS', H.settings(), true],
    ['SETTINGS on a stream', H.frame(4, 0, 1), false],
    ['SETTINGS of five octets', H.frame(4, 0, 0, [0, 0, 0, 0, 0]), false],
    ['PING', H.frame(6, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8]), true],
    ['PING on a stream', H.frame(6, 1, 1, [1, 2, 3, 4, 5, 6, 7, 8]), false],
    ['GOAWAY', H.frame(7, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), true],
    ['WINDOW_UPDATE on a stream', H.frame(8, 0, 5, H.word(1)), true],
    ['WINDOW_UPDATE on none', H.frame(8, 0, 0, H.word(1)), true],
    ['a type that is not defined', H.frame(10, 0, 0), false],
    ['a stream with the reserved bit', [0, 0, 0, 0, 0, 0x80, 0, 0, 1], false],
    ['a payload beyond what is allowed', [0, 0x40, 1, 0, 0, 0, 0, 0, 1], false],
  ])('%s: %s', (_what, octets, can) => expect(isFrame(Uint8Array.from(octets), 0, MAX)).toBe(can))

  test('a row of frames, of which the last may go on', () => {
    const bytes = Uint8Array.from([...H.settings(), ...H.frame(0, 0, 1, [1, 2, 3])])
    expect(areFrames(bytes, 0, bytes.length, MAX, false)).toBe(2)
    expect(areFrames(bytes, 0, bytes.length - 1, MAX, false)).toBe(0)
    expect(areFrames(bytes, 0, bytes.length - 1, MAX, true)).toBe(2)
    expect(areFrames(bytes, 9, bytes.length - 1, MAX, true)).toBe(0)
  })
})

test('error codes have names', () => {
  expect([errorName(0), errorName(13), errorName(14)]).toEqual(['NO_ERROR', 'HTTP_1_1_REQUIRED', null])
})
