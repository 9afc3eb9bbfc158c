import { describe, expect, test } from 'vitest'
import { recognisesTls } from '../../../src/protocols/tls/parser.ts'
import { bytes, clientHello, concat, record, serverHello, text } from './craft.ts'

const of = (octets: Uint8Array) => recognisesTls(0, octets, 0, octets.length)
const V2 = bytes(
  '802e 01 0301 0015 0000 0010 000004 000005 00000a 000009 000064 000062 000003' + 'ab'.repeat(16),
)

describe('how TLS begins', () => {
  test.each([
    ['a ClientHello', record(22, clientHello(), 0x0301)],
    ['a ServerHello', record(22, serverHello())],
    ['the start of a hello', record(22, clientHello(), 0x0301).subarray(0, 11)],
    ['an alert', bytes('15030100020228')],
    ['an SSL 2.0 ClientHello', V2],
    ['data and an alert, midway', concat(record(23, text('whatever it is')), bytes('1503030020'))],
    ['Finished and data, midway', concat(record(22, text('sixteen octets..')), bytes('1703030020'))],
  ])('%s', (_name, octets) => expect(of(octets)).toBe('certain'))

  test.each([
    ['text', text('GET / HTTP/1.1')],
    ['a hello of no version', record(22, clientHello({ version: 0x0909 }))],
    ['a hello without room for one', record(22, bytes('01000002030300'))],
    ['an alert of no level', bytes('15030100020728')],
    ['a record of no length', bytes('1603010000')],
    ['a record too long', bytes('160301ffff01')],
    ['another major version', bytes('16020100')],
    ['data that nothing follows that could', concat(record(23, text('whatever it is')), text('GET /'))],
    ['a high first octet', bytes('ff')],
    ['an SSL 2.0 hello whose lists do not fit', concat(V2.subarray(0, 5), bytes('0016'), V2.subarray(7))],
  ])('not %s', (_name, octets) => expect(of(octets)).toBe('no'))

  test('nothing is unsure', () => expect(of(new Uint8Array())).toBe('unsure'))

  test.each([
    ['ClientHello', record(22, clientHello(), 0x0301), 11],
    ['alert', bytes('15030100020228'), 6],
    ['SSL 2.0', V2, 11],
    ['data', concat(record(23, text('whatever it is')), bytes('1503030020')), 24],
  ])('%s: unsure until there is enough, then certain', (_name, octets, enough) => {
    for (let end = 0; end <= octets.length; end++)
      expect(recognisesTls(1, octets, 0, end), `${end} octets`).toBe(end < enough ? 'unsure' : 'certain')
  })

  test('the octets may stand anywhere', () => {
    const shifted = concat(text('GET '), record(22, clientHello()))
    expect(recognisesTls(0, shifted, 4, shifted.length)).toBe('certain')
  })
})
