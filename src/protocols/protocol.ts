/** What the registry knows of a protocol: how its first octets look, and who reads it. */
import type { Side } from '../model/packet.ts'
import type { StreamConsumer, StreamContext } from '../model/stream.ts'

/**
 * `unsure` asks for more octets; it is not a weaker `certain`. `likely` is certain on the protocol's own
 * ports, and unsure elsewhere.
 */
export type Recognition = 'certain' | 'likely' | 'unsure' | 'no'

/**
 * Who looks at a stream inside a stream: decrypted application data, what a tunnel carries. `context` is what
 * the parser of the outer stream was given.
 */
export type OpenInner = (context: StreamContext, decrypted: boolean) => StreamConsumer

export interface Protocol {
  /** As in Opening.protocol. */
  readonly name: string
  /** Ports of the responder on which `likely` is certain. */
  readonly ports?: readonly number[]
  /**
   * Whether octets `start`..`end`, the first that `side` sent or the first of a later segment, begin this
   * protocol. Pure.
   */
  recognises(side: Side, bytes: Uint8Array, start: number, end: number): Recognition
  /** The parser, given the stream from the recognised octets on; `decrypted`: they came out of TLS. */
  readonly open: (context: StreamContext, openInner: OpenInner, decrypted: boolean) => StreamConsumer
}
