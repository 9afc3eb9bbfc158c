import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PACKAGE_HEADER_BYTES, readPackage } from '../../../src/protocols/spipe/package.ts'

const GUID = '{5E2C8F3A-0B1D-4C6E-9F70-112233445566}'

/** The first header of a package as public agent sources build it, not masked. */
function header(type: number, guid: string, name: string, marker: number): Buffer {
  const bytes = Buffer.alloc(234)
  bytes.write('PO', 0, 'latin1')
  bytes.writeUInt32BE(type, 2)
  bytes.writeUInt32LE(234 + 400, 6)
  bytes.writeUInt32LE(2, 10)
  bytes.writeUInt32LE(1234, 18)
  bytes.write(guid, 22, 'latin1')
  bytes.writeUInt32LE(marker, 150)
  bytes.write(name, 154, 'latin1')
  return bytes
}
const masked = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((octet) => octet ^ 0xaa))
const read = (bytes: Uint8Array) => readPackage(bytes, 0, bytes.length)

test('a registration as agents send it: FA E5, "PO" under the mask', () => {
  const bytes = masked(header(0x01000050, GUID, 'WS-0042', 1))
  expect([bytes[0], bytes[1]]).toEqual([0xfa, 0xe5])
  expect(read(bytes)).toEqual({
    type: '01000050',
    headerBytes: 634,
    dataBytes: 1234,
    agentGuid: GUID,
    computerName: 'WS-0042',
    masked: true,
  })
  expect(bytes).toEqual(masked(header(0x01000050, GUID, 'WS-0042', 1))) // borrowed, and left as it was
})

test('an event, in clear, somewhere in a buffer', () => {
  const bytes = Buffer.concat([Buffer.from('xx'), header(0x01000060, GUID, '', 2), Buffer.from('3DES')])
  expect(readPackage(bytes, 2, bytes.length)).toEqual({
    type: '01000060',
    headerBytes: 634,
    dataBytes: 1234,
    agentGuid: GUID,
    computerName: null,
    masked: false,
  })
})

describe('what is none', () => {
  const whole = masked(header(0x01000050, GUID, 'WS-0042', 1))
  test.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['one octet', whole.subarray(0, 1)],
    ['a header that breaks off', whole.subarray(0, PACKAGE_HEADER_BYTES - 1)],
    ['another beginning', Buffer.concat([Buffer.from('{"'), whole])],
    ['half a beginning', Buffer.concat([Buffer.of(0xfa, 0x4f), whole])],
  ])('%s', (_what, bytes) => expect(read(bytes)).toBeNull())

  test('what only begins so names nobody', () => {
    const text = Buffer.from(`POLICY ${'of the house, '.repeat(20)}`)
    expect(read(text)).toMatchObject({ agentGuid: null, masked: false })
    const binary = header(0x01000050, GUID, 'A\tB', 1)
    expect(read(binary)?.computerName).toBeNull()
  })

  test('random octets never name a computer by chance, and nothing throws', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 })
    fc.assert(
      fc.property(bytes, fc.boolean(), (octets, begins) => {
        if (begins && octets.length > 1) octets.set([0xfa, 0xe5])
        const found = read(octets)
        expect(found === null || found.agentGuid === null).toBe(true)
      }),
    )
  })
})
