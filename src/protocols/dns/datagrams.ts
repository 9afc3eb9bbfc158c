/**
 * DNS over UDP (RFC 1035 §4.2.1): datagrams from and to port 53.
 *
 * Multicast DNS (port 5353, RFC 6762) and LLMNR (port 5355, RFC 4795) look alike and are left alone: anybody
 * on the link may answer there, unasked, and for names of the link only; no agent finds a server of another
 * network by them.
 */
import type { Observation } from '../../model/observation.ts'
import type { Endpoint, Tap } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import { readMessage } from './message.ts'
import { Pairing, QUERIES_MAX } from './pairing.ts'
import { DNS_PORTS } from './recognise.ts'
import type { UnreadReason } from '../../model/unread.data.ts'

const [PORT] = DNS_PORTS

/** Whether a datagram between these ports is looked at: one comparison each for all others. */
export const mayBeDns = (sourcePort: number, destinationPort: number): boolean =>
  sourcePort === PORT || destinationPort === PORT

interface DatagramCounters {
  messages: number
  /** No DNS, or no query of it (UPDATE, NOTIFY). */
  others: number
  /** Cut off or contradicting itself: what was read before it stands. */
  malformed: number
}

/** The name service of one tap. */
export class DnsDatagrams {
  readonly counters: DatagramCounters = { messages: 0, others: 0, malformed: 0 }
  private readonly pairing: Pairing
  private readonly count: (reason: UnreadReason) => void

  /** `count` is told what cannot be read. */
  constructor(tap: Tap, emit: (observation: Observation) => void, count: (reason: UnreadReason) => void) {
    this.count = count
    this.pairing = new Pairing({ tap, transport: 'udp', connection: null, emit }, QUERIES_MAX)
  }

  /** Octets `start`..`end` are the payload, as far as it was captured. */
  datagram(
    bytes: Uint8Array,
    start: number,
    end: number,
    source: Endpoint,
    destination: Endpoint,
    time: Micros,
    packet: number,
  ): void {
    const message = readMessage(bytes, start, end)
    if (message === null) {
      this.counters.others++
      this.count('dns-other')
      return
    }
    this.counters.messages++
    if (message.malformed) {
      this.counters.malformed++
      this.count('dns-malformed')
    }
    if (message.isResponse) this.pairing.response(message, destination, source, time, packet)
    else this.pairing.query(message, source, destination, time, packet)
  }

  tick(now: Micros): void {
    this.pairing.tick(now, now)
  }
}
