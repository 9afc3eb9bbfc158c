/**
 * Datagrams on their way to who reads them: the name service, as yet. By far the most are told by their ports
 * to be nobody's, which costs two comparisons and makes nothing.
 */
import { ipv4Text, ipv6Text } from '../bytes/address.ts'
import type { FlowDatagrams } from '../model/flow-record.ts'
import type { Observation } from '../model/observation.ts'
import type { Endpoint, Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import { DnsDatagrams, mayBeDns } from '../protocols/dns/datagrams.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import type { Place } from '../wire/frame.ts'
import * as udp from '../wire/udp.ts'
import type { UnreadReason } from '../model/unread.data.ts'

/** Whether the UDP datagram at `place` is anybody's. */
export const isRead = ({ bytes, transportAt }: Place): boolean =>
  mayBeDns(udp.sourcePort(bytes, transportAt), udp.destinationPort(bytes, transportAt))

/** The UDP datagram at `place` may be an export of flows: whoever reads those tells by its first octets. */
export function offerExport(exports: FlowDatagrams, place: Place, time: Micros, packet: number): void {
  const { bytes, transportAt: at } = place
  const port = udp.sourcePort(bytes, at)
  const from = { address: () => endpointOf(place, true, port).address, port }
  exports.offer(bytes, at + udp.HEADER_LENGTH, udp.payloadEnd(bytes, at, place.end), from, time, packet)
}

/** Those of one tap. */
export class Datagrams {
  private readonly names: DnsDatagrams
  /** The latest time seen: observations do not run backwards where a clock does. */
  private latest: Micros = -Infinity

  /** `count` is told what cannot be read. */
  constructor(tap: Tap, emit: (observation: Observation) => void, count: (reason: UnreadReason) => void) {
    this.names = new DnsDatagrams(tap, emit, count)
  }

  /** A whole UDP datagram at `place`, which is read. */
  offer(place: Place, time: Micros, packet: number): void {
    const { bytes, transportAt: at } = place
    if (time > this.latest) this.latest = time
    const end = udp.payloadEnd(bytes, at, place.end)
    this.names.datagram(
      bytes,
      at + udp.HEADER_LENGTH,
      end,
      endpointOf(place, true, udp.sourcePort(bytes, at)),
      endpointOf(place, false, udp.destinationPort(bytes, at)),
      this.latest,
      packet,
    )
  }

  tick(now: Micros): void {
    if (now > this.latest) this.latest = now
    this.names.tick(this.latest)
  }
}

function endpointOf({ bytes, networkAt, version }: Place, isSource: boolean, port: number): Endpoint {
  const view = version === 4 ? ipv4 : ipv6
  const at = isSource ? view.sourceAt(networkAt) : view.destinationAt(networkAt)
  return { address: version === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at), port }
}
