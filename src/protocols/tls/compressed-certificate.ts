/** CompressedCertificate of TLS 1.3 (RFC 8879): a Certificate message that the sender compressed. */
import { brotliDecompressSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { Certificate, OcspAnswer } from '../../model/tls.ts'
import { u16, u24 } from '../../bytes/read.ts'
import { readChain } from './certificate.ts'
import { MESSAGE_BYTES_MAX } from './messages.ts'
import { vectorEnd } from './vector.ts'

/** RFC 8879 §7.3. */
const ZLIB = 1
const BROTLI = 2
const ZSTD = 3

/** Reads the body `at`..`end`; empty if it does not decompress to the length that it states. */
export function readCompressedChain(
  b: Uint8Array,
  at: number,
  end: number,
  staples: OcspAnswer[] = [],
): Certificate[] {
  const compressedEnd = vectorEnd(b, at + 5, 3, end)
  if (compressedEnd < 0) return []
  const length = u24(b, at + 2)
  const message = decompress(u16(b, at), b.subarray(at + 8, compressedEnd), length)
  return message !== null && message.length === length ? readChain(message, 0, length, true, staples) : []
}

function decompress(algorithm: number, compressed: Uint8Array, length: number): Uint8Array | null {
  if (length > MESSAGE_BYTES_MAX) return null
  const limit = { maxOutputLength: Math.max(1, length) }
  try {
    if (algorithm === ZLIB) return inflateSync(compressed, limit)
    if (algorithm === BROTLI) return brotliDecompressSync(compressed, limit)
    if (algorithm === ZSTD) return zstdDecompressSync(compressed, limit)
  } catch {
    return null // Not what it claims to be: the chain stays unread.
  }
  return null
}
