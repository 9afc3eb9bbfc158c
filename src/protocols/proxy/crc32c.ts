/** CRC-32C, Castagnoli's polynomial (RFC 9260 appendix A), with some octets taken for zero. Pure. */

/** The polynomial with its bits reversed. */
const REVERSED = 0x82f63b78
const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let word = octet
  for (let bit = 0; bit < 8; bit++) word = (word & 1) === 0 ? word >>> 1 : (word >>> 1) ^ REVERSED
  return word
})

/** Of octets `start`..`end`; the four at `zeroAt` count as zeros: a checksum's own place. -1: none do. */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroAt = -1): number {
  let sum = 0xffffffff
  for (let at = start; at < end; at++) {
    const octet = zeroAt >= 0 && at >= zeroAt && at < zeroAt + 4 ? 0 : bytes[at]!
    sum = (sum >>> 8) ^ TABLE[(sum ^ octet) & 255]!
  }
  return (sum ^ 0xffffffff) >>> 0
}
