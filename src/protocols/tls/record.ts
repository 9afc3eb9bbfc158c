/**
 * TLS record header (RFC 8446 §5.1, RFC 5246 §6.2.1) as a view: functions of (bytes, offset of the header).
 * Contract: the caller has made sure that `HEADER_BYTES` octets are there.
 */
import { u16, u8 } from '../../bytes/read.ts'
import { CHANGE_CIPHER_SPEC, HEARTBEAT, SSL_3, TLS_1_3 } from './constants.data.ts'

export const HEADER_BYTES = 5
/**
 * The longest body of any version: 2^14 octets and 2048 of expansion (RFC 5246 §6.2.3). A longer one is not
 * TLS.
 */
export const BODY_BYTES_MAX = 2 ** 14 + 2048

export const contentType = (b: Uint8Array, at: number): number => u8(b, at)
export const recordVersion = (b: Uint8Array, at: number): number => u16(b, at + 1)
export const bodyLength = (b: Uint8Array, at: number): number => u16(b, at + 3)

/**
 * The five octets at `at` can begin a record of SSL 3.0 to TLS 1.3. One in 3 million random positions does.
 */
export function isHeader(b: Uint8Array, at: number): boolean {
  const type = b[at]!
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT) return false
  const version = u16(b, at + 1)
  return version >= SSL_3 && version <= TLS_1_3 && u16(b, at + 3) <= BODY_BYTES_MAX
}
