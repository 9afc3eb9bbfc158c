/** Hashes that stand for what is too long or too private to keep: tickets, messages. */
import { hash } from 'node:crypto'

/** Octets of a ticket's hash that are kept: 128 bits, enough that no two tickets of an estate meet. */
const TICKET_HASH_BYTES = 16

export const sha256Hex = (b: Uint8Array, from: number, to: number): string =>
  hash('sha256', b.subarray(from, to), 'hex')

/** What observations call the hash of a ticket, a session id or a PSK identity: 32 hex digits. */
export const ticketHash = (b: Uint8Array, from: number, to: number): string =>
  sha256Hex(b, from, to).slice(0, 2 * TICKET_HASH_BYTES)
