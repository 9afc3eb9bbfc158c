/**
 * Octets as Latin-1 text (ISO 8859-1): octet n becomes the character U+00nn, none is lost or refused, so the
 * text can be turned back into the octets. TextDecoder cannot do it: its `latin1` is windows-1252 (WHATWG
 * Encoding, labels), where 0x80 becomes U+20AC.
 */

/**
 * What Buffer's own toString calls. Called on the octets where they lie, it saves the making of a Buffer
 * (measured: half the time).
 */
const latin1Slice = (
  Buffer.prototype as { latin1Slice?: (this: Uint8Array, start: number, end: number) => string }
).latin1Slice

/** Octets `start`..`end` of `bytes`; empty if there are none. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end <= start) return ''
  if (latin1Slice !== undefined) return latin1Slice.call(bytes, start, end)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
