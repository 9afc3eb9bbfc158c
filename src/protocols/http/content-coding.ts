/**
 * Content codings undone (RFC 9110 §8.4.1: gzip, deflate; RFC 7932: br; RFC 8878: zstd), on the beginning of
 * a body, within limits of size and ratio. Never throws: what cannot be undone says why. Pure.
 */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { HttpBody } from '../../model/http.ts'

/** Octets that an excerpt may have, decoded. Error pages and forms are smaller. */
export const DECODED_BYTES_MAX = 64 << 10
/**
 * What decoding may multiply a size by. Deflate reaches 1032 (zlib's manual) with bombs; texts stay below 20.
 */
export const RATIO_MAX = 100
/** Codings one upon the other. One is common; two come from a proxy that packs what is packed. */
export const CODINGS_MAX = 3
/** Halvings of the input when its output would be too large. */
const HALVINGS_MAX = 10

interface Excerpt {
  readonly octets: Uint8Array | null
  /** There is more than this. */
  readonly cut: boolean
  readonly fault: HttpBody['excerptFault']
}

type Undo = (octets: Uint8Array, maxOutputLength: number) => Uint8Array

/** Input that ends early gives what there is of it: the flush asks for no end. */
const gunzip: Undo = (octets, maxOutputLength) =>
  gunzipSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })
const inflate: Undo = (octets, maxOutputLength) =>
  // Some servers send deflate without zlib's header (RFC 9110 §8.4.1.2 speaks of them).
  (octets[0]! & 0x0f) === 8 && ((octets[0]! << 8) | (octets[1] ?? 0)) % 31 === 0
    ? inflateSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })
    : inflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength })
const unbrotli: Undo = (octets, maxOutputLength) =>
  brotliDecompressSync(octets, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength })
const unzstd: Undo = (octets, maxOutputLength) =>
  zstdDecompressSync(octets, { finishFlush: constants.ZSTD_e_flush, maxOutputLength })

/** Not an object: a coding may have any name, `constructor` for one. */
const UNDO: ReadonlyMap<string, Undo> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', unbrotli],
  ['zstd', unzstd],
])

/**
 * The beginning of a body with its codings undone, at most DECODED_BYTES_MAX octets. `codings` in the order
 * in which they were applied; `cut`: `octets` are not all of the body.
 */
export function decoded(octets: Uint8Array, codings: readonly string[], cut: boolean): Excerpt {
  let now: Excerpt = { octets, cut, fault: null }
  const applied = codings.filter((coding) => coding !== 'identity')
  if (applied.length > CODINGS_MAX) return failed('ratio-too-high')
  const most = Math.min(DECODED_BYTES_MAX, Math.max(1, octets.length) * RATIO_MAX)
  for (const coding of applied.toReversed()) {
    const undo = UNDO.get(coding)
    if (undo === undefined) return failed('coding-unknown')
    if (now.octets === null || now.octets.length === 0) return now
    now = undone(undo, now.octets, now.cut, most)
  }
  return now
}

const failed = (fault: HttpBody['excerptFault']): Excerpt => ({ octets: null, cut: true, fault })

/** Less of the input is taken while its output is too large. */
function undone(undo: Undo, octets: Uint8Array, cut: boolean, most: number): Excerpt {
  let input = octets
  for (let i = 0; i <= HALVINGS_MAX && input.length > 0; i++) {
    try {
      return { octets: undo(input, most), cut: cut || input.length < octets.length, fault: null }
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') return failed('coding-broken')
      input = input.subarray(0, input.length >> 1)
    }
  }
  return failed('ratio-too-high')
}
