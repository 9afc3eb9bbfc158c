/** What is observed of the name service: answers, and questions that nobody answered. */
import type { ConnectionId } from './connection.ts'
import type { Endpoint, Tap } from './packet.ts'
import type { Micros } from './time.ts'

/** A resource record (RFC 1035 §3.2.1) as answers hold it. */
export interface DnsRecord {
  readonly name: string
  /** `A`, `CNAME`, ..., `TYPE65400`. */
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  /** The address, the name, or the fields in the order of the zone file; bounded; empty if not read. */
  readonly data: string
}

/** What DNS messages of one question have in common. They may lie outside of connections. */
interface OnQuestion {
  readonly time: Micros
  readonly tap: Tap
  /** Who asks. */
  readonly client: Endpoint
  readonly server: Endpoint
  readonly transport: 'udp' | 'tcp'
  /** Null for UDP. */
  readonly connection: ConnectionId | null
  readonly id: number
  /** As asked, without the last full stop; the root is `.`. */
  readonly name: string
  /** RFC 1035 §3.2.2 and IANA's registry: `A`, `AAAA`, `HTTPS`, ..., `TYPE65400`. */
  readonly type: string
  readonly class: number
  /** First and last packet that asked, how often it was asked; null and 0 if that was not seen. */
  readonly queryPacket: number | null
  readonly lastQueryPacket: number | null
  readonly asked: Micros | null
  readonly attempts: number
}

/** A name server answered. */
export interface DnsAnswer extends OnQuestion {
  readonly kind: 'dns-answer'
  readonly packet: number
  /** RFC 6895 §2.3, the upper bits of EDNS included: 0 no error, 2 failure, 3 no such name, 5 refused. */
  readonly rcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  /** The records of the answer section, in order; those of others are not told. */
  readonly answers: readonly DnsRecord[]
  /** Names that the name asked stands for, in the order of CNAME records. */
  readonly chain: readonly string[]
  /** Addresses of the name at the chain's end, in order; `ttl` in seconds: the least on the way to it. */
  readonly addresses: readonly { readonly address: string; readonly ttl: number }[]
  /** Since the last time that it was asked; null if that was not seen. */
  readonly latency: Micros | null
}

/** What a name server answered, as a log tells it that stands beside flow records. */
export interface LoggedAnswer {
  /** When it was answered. */
  readonly time: Micros
  /** Who asked: canonical text. */
  readonly client: string
  readonly name: string
  readonly addresses: DnsAnswer['addresses']
}

/** A name was resolved, without a packet that shows it. */
export interface DnsLogged extends LoggedAnswer {
  readonly kind: 'dns-logged'
  readonly tap: Tap
}

/** Nobody answered within the time that a resolver waits. */
export interface DnsUnanswered extends OnQuestion {
  readonly kind: 'dns-unanswered'
  readonly queryPacket: number
  readonly lastQueryPacket: number
  readonly asked: Micros
}
