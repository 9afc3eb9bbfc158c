/**
 * Frames in tunnels: each entry wraps a packet or a frame in one kind of tunnel, with plain Ethernet
 * outermost, and says the path that must be read from it. Headers are written out as their standards draw
 * them.
 */
import { ipFrame, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'

export const octets = (...parts: (readonly number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => [...part]))
const u16 = (value: number): number[] => [value >> 8, value & 255]
const u24 = (value: number): number[] => [value >> 16, ...u16(value & 0xffff)]
const u32 = (value: number): number[] => [value >>> 24, ...u24(value & 0xffffff)]

export interface Ends {
  readonly source: string
  readonly destination: string
}
export const OUTER: Ends = { source: '192.0.2.1', destination: '192.0.2.2' }
export const OUTER_6: Ends = { source: '2001:db8:ff::1', destination: '2001:db8:ff::2' }
/** Of a manufacturer that is registered: tshark believes a frame in a pseudo-wire by that. */
const MACS = [0, 0x1b, 0x21, 0, 9, 2, 0, 0x1b, 0x21, 0, 9, 1]
export const ethernet = (type: number, payload: Uint8Array): Uint8Array => octets(MACS, u16(type), payload)
const typeOf = (packet: Uint8Array): number => (packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd)
/** The packet in an Ethernet frame of its own. */
export const framed = (packet: Uint8Array): Uint8Array => ethernet(typeOf(packet), packet)

export const inIp = (protocol: number, payload: Uint8Array, ends = OUTER): Uint8Array =>
  ipFrame(ends, protocol, payload)
export const inUdp = (port: number, payload: Uint8Array, ends = OUTER, sourcePort = 49_999): Uint8Array =>
  udpFrame({ ...ends, sourcePort, destinationPort: port, payload })

export const gre = (flags: number, type: number, fields: number[], payload: Uint8Array, ends = OUTER) =>
  inIp(47, octets(u16(flags), u16(type), fields, payload), ends)
export const vxlan = (vni: number, frame: Uint8Array, ends = OUTER, port = 4789) =>
  inUdp(port, octets([8, 0, 0, 0], u24(vni), [0], frame), ends)
export const geneve = (vni: number, type: number, options: number[], payload: Uint8Array, port = 6081) =>
  inUdp(port, octets([options.length / 4, 0], u16(type), u24(vni), [0], options, payload))
export const gtp = (
  teid: number,
  packet: Uint8Array,
  ends = OUTER,
  { flags = 0x30, fields = [] as number[], port = 2152 } = {},
) => inUdp(port, octets([flags, 255], u16(fields.length + packet.length), u32(teid), fields, packet), ends)
export const erspan2 = (session: number, frame: Uint8Array, ends = OUTER) =>
  gre(0x1000, 0x88be, [0, 0, 0, 1, 0x10, 5, session >> 8, session & 255, 0, 0, 0, 0], frame, ends)

const ENDS = '192.0.2.1 192.0.2.2'
const ENDS_6 = '2001:db8:ff::1 2001:db8:ff::2'
const teredoTuple = { source: '2001:0:c000:201::1', destination: '2001:db8::2' }

export interface Wrapped {
  readonly name: string
  readonly path: readonly string[]
  readonly frame: Uint8Array
  readonly linkType?: number
  /** False: tshark does not look inside on its own (a port of its own, a guess that is off by default). */
  readonly toTshark?: false
}

export const TUPLE = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 50_000, destinationPort: 443 }
const payload = new Uint8Array(9).fill(65)
const four = tcpFrame({ ...TUPLE, link: 'raw', payload })
const six = tcpFrame({ ...TUPLE, source: '2001:db8::1', destination: '2001:db8::2', link: 'raw', payload })
const teredo = tcpFrame({ ...TUPLE, ...teredoTuple, link: 'raw', payload })
const dot11 = (control: number[], more: number[] = []) =>
  octets(control, [0, 0], MACS, MACS.slice(6), [0, 0], more)
const SNAP = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]
const radio = (header: number[], frame: Uint8Array) => octets(header, frame)

/** One of each, around a segment of `TUPLE`. */
export const WRAPPED: readonly Wrapped[] = [
  { name: 'IP in IP', path: [`ipip ${ENDS}`], frame: inIp(4, four) },
  { name: '6in4', path: [`6in4 ${ENDS}`], frame: inIp(41, six) },
  { name: '4in6', path: [`4in6 ${ENDS_6}`], frame: inIp(4, four, OUTER_6) },
  { name: '6in6', path: [`6in6 ${ENDS_6}`], frame: inIp(41, six, OUTER_6) },
  { name: 'GRE', path: [`gre ${ENDS}`], frame: gre(0, 0x800, [], four) },
  { name: 'GRE, IPv6', path: [`gre ${ENDS}`], frame: gre(0, 0x86dd, [], six) },
  {
    name: 'GRE with checksum, key and sequence',
    path: [`gre 77 ${ENDS}`],
    frame: gre(0xb000, 0x800, [0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0, 1], four),
  },
  {
    name: 'GRE with routing',
    path: [`gre ${ENDS}`],
    frame: gre(0x4000, 0x800, [0, 0, 0, 0, 8, 0, 0, 4, 10, 0, 0, 9, 0, 0, 0, 0], four),
  },
  { name: 'GRE, Ethernet', path: [`gre 5 ${ENDS}`], frame: gre(0x2000, 0x6558, [0, 0, 0, 5], framed(four)) },
  { name: 'ERSPAN I', path: [`erspan ${ENDS}`], frame: gre(0, 0x88be, [], framed(four)) },
  { name: 'ERSPAN II', path: [`erspan 259 ${ENDS}`], frame: erspan2(259, framed(four)) },
  {
    name: 'ERSPAN III',
    path: [`erspan 7 ${ENDS}`],
    frame: gre(0x1000, 0x22eb, [0, 0, 0, 1, 0x20, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0], framed(four)),
  },
  {
    name: 'ERSPAN III with a platform header',
    path: [`erspan 7 ${ENDS}`],
    frame: gre(
      0x1000,
      0x22eb,
      [0, 0, 0, 1, 0x20, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0x0c, 0, 0, 0, 0, 0, 0, 0],
      framed(four),
    ),
  },
  {
    name: 'PPTP',
    path: [`pptp 300 ${ENDS}`],
    frame: gre(0x3081, 0x880b, [0, four.length + 4, 1, 44, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 3, 0, 0x21], four),
  },
  { name: 'WCCP 1', path: [`wccp ${ENDS}`], frame: gre(0, 0x883e, [], four) },
  { name: 'WCCP 2', path: [`wccp ${ENDS}`], frame: gre(0, 0x883e, [0, 0, 0, 0], four) },
  { name: 'VXLAN', path: [`vxlan 42 ${ENDS}`], frame: vxlan(42, framed(four)) },
  {
    name: "VXLAN on Linux's old port",
    path: [`vxlan 42 ${ENDS}`],
    frame: vxlan(42, framed(four), OUTER, 8472),
    toTshark: false,
  },
  {
    name: 'VXLAN on any port',
    path: [`vxlan 42 ${ENDS}`],
    frame: vxlan(42, framed(six), OUTER, 7777),
    toTshark: false,
  },
  {
    name: 'VXLAN-GPE',
    path: [`vxlan-gpe 9 ${ENDS}`],
    frame: inUdp(4790, octets([0x0c, 0, 0, 1, 0, 0, 9, 0], four)),
  },
  {
    name: 'a service chain in VXLAN-GPE',
    path: [`vxlan-gpe 9 ${ENDS}`, 'nsh 3'],
    frame: inUdp(4790, octets([0x0c, 0, 0, 4, 0, 0, 9, 0], [0, 2, 2, 1, 0, 0, 3, 255], four)),
  },
  {
    name: 'GENEVE with options',
    path: [`geneve 43 ${ENDS}`],
    frame: geneve(43, 0x6558, [1, 2, 3, 1, 9, 9, 9, 9], framed(four)),
  },
  { name: 'GENEVE with IP', path: [`geneve 43 ${ENDS}`], frame: geneve(43, 0x800, [], four) },
  {
    name: 'GENEVE on any port',
    path: [`geneve 43 ${ENDS}`],
    frame: geneve(43, 0x6558, [], framed(four), 7777),
    toTshark: false,
  },
  { name: 'GTP-U', path: [`gtp 4000000000 ${ENDS}`], frame: gtp(4_000_000_000, four) },
  {
    name: 'GTP-U with a sequence number',
    path: [`gtp 8 ${ENDS}`],
    frame: gtp(8, four, OUTER, { flags: 0x32, fields: [0, 1, 0, 0] }),
  },
  {
    name: 'GTP-U with extension headers',
    path: [`gtp 8 ${ENDS}`],
    frame: gtp(8, six, OUTER, { flags: 0x34, fields: [0, 0, 0, 0x85, 1, 0x10, 9, 0x40, 1, 0, 0, 0] }),
  },
  {
    name: 'GTP-U on any port',
    path: [`gtp 8 ${ENDS}`],
    frame: gtp(8, four, OUTER, { port: 7777 }),
    toTshark: false,
  },
  { name: 'Teredo', path: [`teredo ${ENDS}`], frame: inUdp(3544, teredo) },
  {
    name: 'Teredo with authentication and origin',
    path: [`teredo ${ENDS}`],
    frame: inUdp(3544, octets([0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6], teredo)),
  },
  { name: 'Teredo on any port', path: [`teredo ${ENDS}`], frame: inUdp(7777, teredo), toTshark: false },
  {
    name: 'L2TP 2',
    path: [`l2tp ${(3 << 16) | 4} ${ENDS}`],
    frame: inUdp(1701, octets([0, 2, 0, 3, 0, 4, 0xff, 3, 0, 0x21], four)),
  },
  {
    name: 'L2TP 2 with length, sequence and offset',
    path: [`l2tp ${(3 << 16) | 4} ${ENDS}`],
    frame: inUdp(
      1701,
      octets([0x4a, 2], u16(four.length + 20), [0, 3, 0, 4, 0, 1, 0, 2, 0, 2, 0, 0, 0xff, 3, 0, 0x21], four),
    ),
  },
  {
    name: 'L2TP 3 over UDP, with a cookie',
    path: [`l2tp 99 ${ENDS}`],
    frame: inUdp(1701, octets([0, 3, 0, 0, 0, 0, 0, 99, 1, 2, 3, 4], framed(four))),
    toTshark: false,
  },
  {
    name: 'L2TP 3 over IP, with a sublayer',
    path: [`l2tp 99 ${ENDS}`],
    frame: inIp(115, octets([0, 0, 0, 99, 0, 0, 0, 0], framed(four))),
    toTshark: false,
  },
  { name: 'EtherIP', path: [`etherip ${ENDS}`], frame: inIp(97, octets([0x30, 0], framed(four))) },
  {
    name: 'MPLS in IP',
    path: [`mpls-in-ip ${ENDS}`, 'mpls 5'],
    frame: inIp(137, octets([0, 0, 0x51, 64], four)),
  },
  {
    name: 'MPLS in UDP',
    path: [`mpls-in-ip ${ENDS}`, 'mpls 5'],
    frame: inUdp(6635, octets([0, 0, 0x51, 64], four)),
  },
  {
    name: 'IP over MPLS, the last label',
    path: ['mpls 6'],
    frame: ethernet(0x8847, octets([0, 0, 0x50, 64, 0, 0, 0x61, 64], four)),
  },
  {
    name: 'Ethernet over MPLS',
    path: ['mpls 5'],
    frame: ethernet(0x8847, octets([0, 0, 0x51, 64], framed(four))),
  },
  {
    name: 'Ethernet over MPLS, with a control word',
    path: ['mpls 5'],
    frame: ethernet(0x8847, octets([0, 0, 0x51, 64], [0, 0, 0, 0], framed(four))),
  },
  {
    name: 'Ethernet over MPLS, to an address that looks like IPv4',
    path: ['mpls 5'],
    frame: ethernet(0x8847, octets([0, 0, 0x51, 64], [0x45, 0, 0, 0, 0, 9], framed(four).subarray(6))),
    toTshark: false,
  },
  {
    name: 'PPPoE over QinQ',
    path: ['pppoe 17'],
    frame: ethernet(
      0x88a8,
      octets([0, 7, 0x81, 0, 0, 8, 0x88, 0x64, 0x11, 0, 0, 17], u16(four.length + 2), [0, 0x21], four),
    ),
  },
  {
    name: 'VN-Tag',
    path: [],
    frame: ethernet(0x8926, octets([0x80, 0x0c, 0, 0, 0x81, 0, 0, 5, 8, 0], four)),
  },
  { name: 'E-tag', path: [], frame: ethernet(0x893f, octets([0, 1, 0, 2, 0, 0, 8, 0], four)) },
  {
    name: 'provider backbone',
    path: ['pbb 291'],
    frame: ethernet(0x88e7, octets([0, 0, 1, 0x23], framed(four))),
  },
  {
    name: 'MACsec without encryption',
    path: [],
    frame: ethernet(0x88e5, octets([0, 0, 0, 0, 0, 1, 8, 0], four, new Uint8Array(16))),
  },
  {
    name: 'CAPWAP, 802.3',
    path: [`capwap 1 ${ENDS}`],
    frame: inUdp(5247, octets([0, 0x10, 0x40, 0, 0, 0, 0, 0], framed(four))),
  },
  {
    name: "CAPWAP, 802.11 with Cisco's order",
    path: [`capwap 1 ${ENDS}`],
    frame: inUdp(5247, octets([0, 0x10, 0x43, 0, 0, 0, 0, 0], dot11([1, 8]), SNAP, four)),
  },
  {
    name: 'TZSP',
    path: [`tzsp ${ENDS}`],
    frame: inUdp(37_008, octets([1, 0, 0, 1, 0, 10, 1, 5, 1], framed(four))),
  },
  {
    name: 'LISP',
    path: [`lisp 6 ${ENDS}`],
    frame: inUdp(4341, octets([8, 0, 0, 0, 0, 0, 6, 0], four)),
  },
  { name: '802.11', path: [], frame: octets(dot11([8, 1]), SNAP, four), linkType: 105 },
  {
    name: '802.11 with quality of service, bridged',
    path: [],
    frame: octets(dot11([0x88, 3], MACS.slice(0, 6)), [0, 0], SNAP, four),
    linkType: 105,
  },
  {
    name: 'radiotap with a time, flags and a check sequence',
    path: [],
    frame: radio(
      [0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10],
      octets(dot11([8, 2]), SNAP, four, [1, 2, 3, 4]),
    ),
    linkType: 127,
    // whose check sequence is wrong
    toTshark: false,
  },
  {
    name: 'radiotap with a padded header',
    path: [],
    frame: radio([0, 0, 9, 0, 2, 0, 0, 0, 0x20], octets(dot11([0x88, 1]), [0, 0, 0, 0], SNAP, four)),
    linkType: 127,
  },
  {
    name: 'AVS',
    path: [],
    frame: radio(
      [...u32(0x80211001), ...u32(64), ...Array.from({ length: 56 }, () => 0)],
      octets(dot11([8, 1]), SNAP, four),
    ),
    linkType: 163,
  },
  {
    name: 'Prism',
    path: [],
    frame: radio(
      [0x44, 0, 0, 0, 144, 0, 0, 0, ...Array.from({ length: 136 }, () => 0)],
      octets(dot11([8, 1]), SNAP, four),
    ),
    linkType: 119,
  },
  {
    name: 'PPI with 802.11',
    path: [],
    frame: radio([0, 0, 8, 0, 105, 0, 0, 0], octets(dot11([8, 1]), SNAP, four)),
    linkType: 192,
  },
  {
    name: 'PPI with Ethernet',
    path: [],
    frame: radio([0, 0, 8, 0, 1, 0, 0, 0], framed(four)),
    linkType: 192,
  },
  {
    name: 'an aggregate of one',
    path: [],
    frame: octets(dot11([0x88, 1]), [0x80, 0], MACS, u16(8 + four.length), SNAP, four),
    linkType: 105,
  },
  {
    name: 'NFLOG, little endian',
    path: [],
    frame: octets(
      [2, 0, 0, 0],
      [8, 0, 1, 0, 8, 0, 0, 0],
      [7, 0, 10, 0, 112, 113, 0, 0],
      [4 + four.length, 0, 9, 0],
      four,
    ),
    linkType: 239,
  },
  {
    name: 'NFLOG, big endian',
    path: [],
    frame: octets([10, 0, 0, 0], [0, 8, 0, 1, 0, 8, 0, 0], u16(4 + six.length), [0, 9], six),
    linkType: 239,
    toTshark: false,
  },
  {
    name: 'MPLS as a link type',
    path: ['mpls 5'],
    frame: octets([0, 0, 0x51, 64], four),
    linkType: 219,
    toTshark: false,
  },
  {
    name: 'a mirror of AWS of an overlay in a mirror of a switch',
    path: [`erspan 3 ${ENDS}`, `vxlan 700 ${ENDS}`, `geneve 43 ${ENDS}`],
    frame: erspan2(3, vxlan(700, geneve(43, 0x6558, [], framed(four)))),
  },
]

/** A capture file with these frames, a second after the epoch. */
export function pcapOf(linkType: number, frames: readonly Uint8Array[]): Uint8Array {
  const header = new Uint32Array([0xa1b2c3d4, 0x00040002, 0, 0, 262_144, linkType])
  const records = frames.map((frame) =>
    octets(new Uint8Array(new Uint32Array([1, 0, frame.length, frame.length]).buffer), frame),
  )
  return octets(new Uint8Array(header.buffer), ...records)
}
