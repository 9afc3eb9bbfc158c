/** How a packet, an end and a side are named: by tap and number, by address and port, by who sent the SYN. */
import type { Micros } from './time.ts'

/** Which capture point saw something. The empty name is the only tap of an analysis that named none. */
export type Tap = string

/** The two ends of a connection as one tap names them: who sent the SYN, and who was asked. Port 0: it is not
 * known which, or it is none of TCP. */
export type Ends = readonly [originator: Endpoint, responder: Endpoint]

/** A packet that anybody can look up again: its tap, its 1-based number in that tap's file, its time; and
 * the ends of the connection that it belongs to, null where nobody knows them. */
export interface PacketReference {
  readonly tap: Tap
  readonly packet: number
  readonly at: Micros
  readonly ends: Ends | null
}

interface Connected {
  readonly originator: Endpoint
  readonly responder: Endpoint
}

export const endsOf = ({ originator, responder }: Connected): Ends => [originator, responder]

/** Those of a connection of which no more is kept than who reached whom: its originator's port is not
 * known. */
export const endsBetween = (from: string, { address, port }: Endpoint): Ends => [
  { address: from, port: 0 },
  { address, port },
]

/** A packet of a connection that a tap saw. */
export const packetOf = (
  on: Connected & { readonly tap: Tap },
  packet: number,
  at: Micros,
): PacketReference => ({ tap: on.tap, packet, at, ends: endsOf(on) })

/** A side of a connection is a fact: the originator sent the SYN. Who is an agent or a server is inferred
 * further up. */
export type Side = 0 | 1
export const otherSide = (side: Side): Side => (1 - side) as Side

export interface Endpoint {
  /** Canonical text: dotted quad, or RFC 5952 for IPv6. */
  readonly address: string
  readonly port: number
}

/** `10.0.0.1:443`, `[2001:db8::1]:443` (RFC 5952 §6). */
export const endpointText = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
