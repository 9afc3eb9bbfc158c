/**
 * One captured frame as a ladder draws it: the TCP segment in it, in a tunnel or not, decoded.
 *
 * Contract: pure, and never throws on traffic: a frame in which no TCP header can be found (another
 * protocol, a later fragment, cut too short) is null.
 */
import { ipv4Text, ipv6Text } from '../bytes/address.ts'
import type { SegmentView } from '../model/view.ts'
import { BROKEN_TCP, locate, Place, TCP } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'
import { enterTunnels } from '../wire/tunnel.ts'

/** By rising bit, as Wireshark lists them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [tcp.FIN, 'FIN'],
  [tcp.SYN, 'SYN'],
  [tcp.RST, 'RST'],
  [tcp.PSH, 'PSH'],
  [tcp.ACK, 'ACK'],
  [tcp.URG, 'URG'],
  [tcp.ECE, 'ECE'],
  [tcp.CWR, 'CWR'],
]

const V4_SOURCE = 12
const V4_DESTINATION = 16
const V6_SOURCE = 8
const V6_DESTINATION = 24

/** The segment in the octets of one frame; `wireLength` is what it had on the wire. */
export function segmentView(bytes: Uint8Array, wireLength: number, linkType: number): SegmentView | null {
  const place = new Place()
  const kind = enterTunnels(locate(bytes, 0, bytes.length, wireLength, linkType, place), place)
  if (kind !== TCP && kind !== BROKEN_TCP) return null
  const { networkAt, transportAt: at, version, hopLimit, wireEnd } = place
  const address = (v4: number, v6: number): string =>
    version === 4 ? ipv4Text(bytes, networkAt + v4) : ipv6Text(bytes, networkAt + v6)
  return {
    source: { address: address(V4_SOURCE, V6_SOURCE), port: tcp.sourcePort(bytes, at) },
    destination: { address: address(V4_DESTINATION, V6_DESTINATION), port: tcp.destinationPort(bytes, at) },
    flags: FLAGS.filter(([bit]) => (tcp.flags(bytes, at) & bit) !== 0).map(([, name]) => name),
    payloadBytes: tcp.payloadLength(bytes, at, wireEnd),
    hopLimit,
    sequence: tcp.sequence(bytes, at),
    acknowledgment: tcp.acknowledgment(bytes, at),
    window: tcp.window(bytes, at),
    wireBytes: wireLength,
  }
}
