/** A TCP packet of a story, as a value: what hosts make, devices change and taps record. */
import type { Endpoint } from '../../src/model/packet.ts'

export const FIN = 0x01,
  SYN = 0x02,
  RST = 0x04,
  PSH = 0x08,
  ACK = 0x10

/** RFC 7323 3: value and echo. */
export type Stamps = readonly [value: number, echo: number]

export interface Packet {
  readonly source: Endpoint
  readonly destination: Endpoint
  readonly sequence: number
  readonly acknowledgment: number
  readonly flags: number
  readonly window: number
  /** TCP options as they are on the wire; what the timestamps option in them says. */
  readonly options: Uint8Array
  readonly stamps: Stamps | null
  readonly payload: Uint8Array
  readonly hopLimit: number
  readonly identification: number
}

export const NO_BYTES = new Uint8Array(0)

/** Which way a packet goes: away from the agents, or towards them. */
export type Heading = 'to-servers' | 'to-agents'
export const reverse = (heading: Heading): Heading => (heading === 'to-servers' ? 'to-agents' : 'to-servers')

export const has = (packet: Packet, flag: number): boolean => (packet.flags & flag) !== 0

/** What a packet takes of its sender's sequence numbers (RFC 9293 3.4): octets, SYN and FIN. */
export const sequenceLength = (packet: Packet): number =>
  packet.payload.length + (has(packet, SYN) ? 1 : 0) + (has(packet, FIN) ? 1 : 0)

/** a - b on the sequence circle. */
export const distance = (a: number, b: number): number => (a - b) | 0

export const isSame = (a: Endpoint, b: Endpoint): boolean => a.port === b.port && a.address === b.address

/** One name for both directions of a 4-tuple. */
export function flowKey(packet: Packet): string {
  const a = `${packet.source.address} ${packet.source.port}`,
    b = `${packet.destination.address} ${packet.destination.port}`
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/**
 * The reset that a host without a connection answers with (RFC 9293 3.10.7.1); null for what gets no answer.
 * It comes from whoever the packet was for, or claims to.
 */
export function refusal(packet: Packet, hopLimit: number): Packet | null {
  if (has(packet, RST)) return null
  const answers = has(packet, ACK)
  return {
    source: packet.destination,
    destination: packet.source,
    sequence: answers ? packet.acknowledgment : 0,
    acknowledgment: answers ? 0 : (packet.sequence + sequenceLength(packet)) >>> 0,
    flags: answers ? RST : RST | ACK,
    window: 0,
    options: NO_BYTES,
    stamps: null,
    payload: NO_BYTES,
    hopLimit,
    identification: 0,
  }
}
