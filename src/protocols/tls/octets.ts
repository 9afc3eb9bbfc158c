/**
 * Octets as text, a character for each: what is small and kept is one object then, and one line of the
 * processor's cache. A Uint8Array is three, anywhere in memory.
 */
export const OCTETS = 'latin1'

export const octetsText = (b: Uint8Array): string =>
  Buffer.from(b.buffer, b.byteOffset, b.length).toString(OCTETS)
