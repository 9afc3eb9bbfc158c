/** What detectors are told of TLS and of what passes without it: certificates that servers showed, what a
 * relay does with the TLS of agents, and who speaks another protocol than expected. */
import type { TlsHandshake } from './observation.ts'
import type { PacketReference } from './packet.ts'
import type { Service, Sighting } from './party.ts'
import type { Micros } from './time.ts'
import type { Certificate } from './tls.ts'

/** A server showed its certificate: told for every handshake in which it could be read. */
export interface CertificateShown {
  readonly kind: 'certificate-shown'
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  /** The server's chain, leaf first; never empty. */
  readonly chain: readonly Certificate[]
  /** The name that the client asked for, in lower case, and how it is known; null where nobody said any. */
  readonly name: string | null
  readonly namedBy: 'server name' | 'DNS' | 'configuration' | null
  /** The other leg shows another handshake: this one is the relay's own. */
  readonly isRelays: boolean
  /** The same handshake was seen on both legs of a relay. */
  readonly isPassedThrough: boolean
}

/** A client ended the handshake because of the certificate that it was shown (RFC 8446 §6.2). */
export interface CertificateRefused {
  readonly kind: 'certificate-refused'
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  /** 42 to 46 or 48. */
  readonly description: number
  readonly shownIn: PacketReference
  readonly chain: readonly Certificate[]
}

/** What became of an agent's TLS at a relay; told when both legs of a connection are known. */
export interface TlsRelayed {
  readonly kind: 'tls-relayed'
  readonly front: Sighting
  readonly back: Sighting
  readonly at: Micros
  /**
   * `passed`: one handshake, equal on both legs; `modified`: one handshake, but not equal; `terminated`: each
   * leg has its own; `offloaded`: behind the relay there is none.
   */
  readonly outcome: 'passed' | 'modified' | 'terminated' | 'offloaded'
  readonly hello: TlsHandshake
  /** The other leg's; null where there is none. */
  readonly backHello: TlsHandshake | null
  /** What of one handshake is not equal on both legs. */
  readonly differing: readonly string[]
  /** How the two legs were found to be one connection. */
  readonly joinedBy: readonly string[]
}

/** HTTP in clear between an agent, or its relay, and a server. */
export interface ClearText {
  readonly kind: 'clear-text'
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  readonly method: string
  /** Of the response; null if none was seen. */
  readonly status: number | null
  /** The same connection is TLS on the agent's side of the relay. */
  readonly isTlsInFront: boolean
}

/** Client and server do not speak the same protocol, or not on the same port. */
export interface ProtocolMismatched {
  readonly kind: 'protocol-mismatched'
  /**
   * `not-tls`: a ClientHello was answered in another protocol; `tls-only`: a request in clear was answered by
   * TLS; `version`: no TLS version in common; `port`: tries at a port of the product where nobody listens;
   * `mixed`: some agents speak TLS, others do not.
   */
  readonly how: 'not-tls' | 'tls-only' | 'version' | 'port' | 'mixed'
  readonly service: Service
  /** Null where no connection came about. */
  readonly sighting: Sighting | null
  readonly client: string
  readonly server: { readonly address: string; readonly port: number }
  readonly proof: readonly (PacketReference & { readonly note: string })[]
}

/** One side of a handshake found that its octets were not those that the other side sent, as far as one
 * capture shows: the relay's other side was not captured, or there is no relay. */
export interface TlsDamaged {
  readonly kind: 'tls-damaged'
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  readonly from: 0 | 1
  /** 20, bad_record_mac, or 51, decrypt_error. */
  readonly description: number
}

export type TlsEvent =
  | TlsDamaged
  | CertificateShown
  | CertificateRefused
  | TlsRelayed
  | ClearText
  | ProtocolMismatched
