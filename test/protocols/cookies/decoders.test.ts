import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipv6Text } from '../../../src/bytes/address.ts'
import {
  a10Backend,
  barracudaBackend,
  f5Backend,
  labelBackend,
  netScalerBackend,
  prefixOf,
  routeSuffix,
  stampedLabel,
  urlBackend,
  webLogicNode,
} from '../../../src/protocols/cookies/decoders.ts'

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const port = fc.integer({ min: 1, max: 0xffff })
/** Of a server: the unspecified one is none. */
const address = octets(4).filter((b) => b.some((octet) => octet !== 0))
const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('F5 BIG-IP', () => {
  test.each([
    ['1677787402.20480.0000', '10.1.1.100:80'],
    ['1677787402.36895.0000', '10.1.1.100:8080'],
    ['2064452106.47873.0000', '10.10.13.123:443'],
    ['1701187756.20480.0000', '172.16.102.101:80'],
    ['404007104.20480.0000', '192.168.20.24:80'],
    ['4294967295.65535.0000', '255.255.255.255:65535'],
    // A pool member for all ports.
    ['1677787402.0.0000', '10.1.1.100:0'],
    ['rd5o00000000000000000000ffffc0000201o80', '192.0.2.1:80'],
    ['vi20010112000000000000000000000030.20480', '[2001:112::30]:80'],
    ['rd3o20010112000000000000000000000030o80', '[2001:112::30]:80'],
  ])('%s', (value, backend) => expect(f5Backend(value)).toBe(backend))

  test.each([
    '',
    '!hV3kQz0nPqzVXvJmGd2Yb1l0sJb8Qw7u3Tn5rR9xZ0aB2cD4eF6g=',
    '4294967296.20480.0000',
    '4294967297.20480.0000',
    '1677787402.70000.0000',
    '1677787402.20480',
    '1677787402.20480.0001',
    '1677787402.20480.0000x',
    '-1.20480.0000',
    'rd5o00000000000000000000ffffc0000201o70000',
    '0.20480.0000',
    `vi${'0'.repeat(32)}.20480`,
    'rd5o00000000000000000000ffffc00002o80',
    'rd5o00000000000000000000FFFFC0000201o80',
    'vi20010112000000000000000000000030.70000',
    'vi2001011200000000000000000000003.20480',
  ])('%j is not decoded', (value) => expect(f5Backend(value)).toBeNull())

  test('every address and port comes back out of each form', () => {
    const domain = fc.nat({ max: 65_534 })
    fc.assert(
      fc.property(address, octets(16), port, domain, (v4, v6, p, rd) => {
        const ipv4 = `${v4.join('.')}:${p}`
        const ipv6 = `[${ipv6Text(v6, 0)}]:${p}`
        expect(f5Backend(`${Buffer.from(v4).readUInt32LE()}.${swapped(p)}.0000`)).toBe(ipv4)
        expect(f5Backend(`rd${rd}o${'0'.repeat(20)}ffff${hex(v4)}o${p}`)).toBe(ipv4)
        expect(f5Backend(`vi${hex(v6)}.${swapped(p)}`)).toBe(ipv6)
        expect(f5Backend(`rd${rd}o${hex(v6)}o${p}`)).toBe(ipv6)
      }),
    )
  })
})

describe('NetScaler', () => {
  test.each([
    ['ffffffffaf18787445525d5f4f58455e445a4a423660', '172.16.102.101:80'],
    ['ffffffff09091f7545525d5f4f58455e445a4a42378b', '10.1.1.100:443'],
  ])('%s', (value, backend) => expect(netScalerBackend(value)).toBe(backend))

  test.each([
    ['', 'nothing'],
    ['ffffffffaf18787445525d5f4f58455e445a4a42f630', 'port 49152, which is of clients'],
    ['ffffffffaf1878', 'no room for a port'],
    ['FFFFFFFFAF18787445525D5F4F58455E445A4A423660', 'other digits'],
    ['ffffffffaf18787445525d5f4f58455e445a4a423630', 'port 0'],
    ['ffffffff0b00161945525d5f4f58455e445a4a423660', '8.8.8.8: public, as encryption gives'],
  ])('%j is not decoded: %s', (value) => expect(netScalerBackend(value)).toBeNull())

  test('private addresses come back, no others', () => {
    const isPrivate = ([a = 0, b = 0]: Uint8Array): boolean =>
      a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) || (a === 100 && b >> 6 === 1)
    const inside = fc
      .tuple(
        fc.constantFrom([10, 0, 0xff], [172, 16, 15], [192, 168, 0], [100, 64, 63], [172, 32, 15], [8, 8, 0]),
        octets(3),
      )
      .map(([[a = 0, b = 0, free = 0], [x = 0, y = 0, z = 0]]) => Uint8Array.of(a, b | (x & free), y, z))
    fc.assert(
      fc.property(fc.oneof(octets(4), inside), port, octets(4), octets(12), (b, p, head, filler) => {
        const hidden = (Buffer.from(b).readUInt32BE() ^ 0x03081e11) >>> 0
        const end = (p ^ 0x3630).toString(16).padStart(4, '0')
        const value = `${hex(head)}${hidden.toString(16).padStart(8, '0')}${hex(filler)}${end}`
        expect(netScalerBackend(value)).toBe(isPrivate(b) && p < 49_152 ? `${b.join('.')}:${p}` : null)
      }),
    )
  })
})

describe('A10', () => {
  test.each([
    ['ICAJBCKMPLCA', '172.18.9.130:8443'],
    ['CLAJBCKMDOCB', '172.18.9.43:8510'],
    ['BIAJBCKMFCCB', '172.18.9.24:8530'],
    ['CBLMMCMKFAAA', '202.194.188.33:80'],
    ['CBAKBAKMJABP', '172.16.10.33:8080'],
  ])('%s', (value, backend) => expect(a10Backend(value)).toBe(backend))

  test.each(['', 'ICAJBCKMPLC', 'ICAJBCKMPLCAA', 'icajbckmplca', 'ICAJBCKMPLCQ', 'ICAJBCKMAAAA'])(
    '%j is not decoded',
    (value) => expect(a10Backend(value)).toBeNull(),
  )

  test('every address and port comes back', () => {
    const letters = (byte: number): string => String.fromCharCode(65 + (byte >> 4), 65 + (byte & 15))
    fc.assert(
      fc.property(address, port, (b, p) => {
        const value = [...b.toReversed(), p & 0xff, p >> 8].map(letters).join('')
        expect(a10Backend(value)).toBe(`${b.join('.')}:${p}`)
      }),
    )
  })
})

describe('Barracuda', () => {
  test.each([
    ['00000000000000000000000022c6410a0000bb01', '10.65.198.34:443'],
    ['0000000000000000000000006902c80a00008223', '10.200.2.105:9090'],
  ])('%s', (value, backend) => expect(barracudaBackend(value)).toBe(backend))

  test.each([
    '',
    '00000000000000000000000022c6410a0000bb0',
    '00000000000000000000000022C6410A0000BB01',
    '00000000000000000000000022c6410a00000000',
    '00000000000000000000000122c6410a0000bb01',
    'kTdQvC2X4o0sN1b7ZC3tJr8yWm5HqLxPeA6uGf9=',
  ])('%j is not decoded', (value) => expect(barracudaBackend(value)).toBeNull())
})

describe('labels', () => {
  test.each([
    ['sems1', 'sems1'],
    ['web-01.dc2_a', 'web-01.dc2_a'],
    // HAProxy with maxidle or maxlife: label, last date, first date.
    ['sems1|ZWpUv|ZWpUu', 'sems1'],
    ['', null],
    ['|x', null],
    ['a b', null],
    ['a=b', null],
    ['s'.repeat(64), 's'.repeat(64)],
    ['s'.repeat(65), null],
  ])('%j stands for %j', (value, label) => expect(labelBackend(value)).toBe(label))

  test.each([
    ['n1|awSy9|awSy9', 'n1'], //    23 November 2026, 21:41:08
    ['n1|awS0A|awSy9', 'n1'],
    ['n1|awSy9|awS0A', null], //    last before first
    ['n1|AAAAB|AAAAA', null], //    1970
    ['n1|awSy9', null], //          one time alone may be anything
    ['n1|12345|1234', null],
    ['a b|awSy9|awSy9', null],
  ])('by its times, %j stands for %j', (value, label) => expect(stampedLabel(value)).toBe(label))

  test.each([
    ['sems2~FA74C80C0485886F4C809B3A', { label: 'sems2', rest: 'FA74C80C0485886F4C809B3A' }],
    ['01~', { label: '01', rest: '' }],
    ['s1~a~b', { label: 's1', rest: 'a~b' }],
    ['~FA74C80C0485886F4C809B3A', null],
    ['a b~FA74C80C0485886F4C809B3A', null],
    ['FA74C80C0485886F4C809B3A', null],
    ['', null],
  ])('in prefix mode %j is %j', (value, prefix) => expect(prefixOf(value)).toEqual(prefix))

  test.each([
    ['9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D.tomcat1DCS105', 'tomcat1DCS105'],
    ['9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D.dc1.tomcat1', 'dc1.tomcat1'],
    ['a1B2c3D4-e5_F6.node-2', 'node-2'],
    ['node01abcdefgh.node0', null],
    ['9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D', null],
    ['9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D.', null],
    ['short.node1', null],
    ['', null],
  ])('of a servlet container, %j has the route %j', (value, route) => expect(routeSuffix(value)).toBe(route))

  test.each([
    ['p1TnJ9LyG2QzkhVbWx7Kc4!-1349006667', '-1349006667'],
    ['p1TnJ9LyG2QzkhVbWx7Kc4!-1349006667!2034718', '-1349006667'],
    ['p1TnJ9LyG2QzkhVbWx7Kc4!1349006667!NONE!1460475938000', '1349006667'],
    ['p1TnJ9LyG2QzkhVbWx7Kc4', null],
    ['p1TnJ9LyG2QzkhVbWx7Kc4!', null],
    ['p1TnJ9LyG2QzkhVbWx7Kc4!web1', null],
    ['short!12', null],
  ])('of WebLogic, %j has the primary %j', (value, node) => expect(webLogicNode(value)).toBe(node))

  test.each([
    ['http://10.0.0.1:8080', '10.0.0.1:8080'],
    ['http://10.0.0.1', '10.0.0.1:80'],
    ['https://web1.example/', 'web1.example:443'],
    ['http://[2001:db8::1]:81', '[2001:db8::1]:81'],
    ['http://10.0.0.1:70000', null],
    ['http://10.0.0.1/path', null],
    ['ftp://10.0.0.1', null],
    ['10.0.0.1:80', null],
  ])('of a URL, %j is %j', (value, backend) => expect(urlBackend(value)).toBe(backend))
})
