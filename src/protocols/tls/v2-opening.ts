/** A side that opens with the SSL 2.0 form of a ClientHello: the hello in pieces, put together. */
import { beginsClientHelloV2, V2_BODY_BYTES_MAX, V2_HEADER_BYTES, v2BodyLength } from './client-hello-v2.ts'

export interface V2Opening {
  readonly octets: Uint8Array
  fill: number
}

/** The first octet of a side says that it opens so. */
export const opensV2 = (b: Uint8Array, start: number): boolean => (b[start]! & 0x80) !== 0

export const v2Opening = (): V2Opening => ({
  octets: new Uint8Array(V2_HEADER_BYTES + V2_BODY_BYTES_MAX),
  fill: 0,
})

/**
 * Takes octets `start`..`end`. Answers where the hello ended; `end` if there is more to come; -1 if it is
 * none.
 */
export function feedOpening(opening: V2Opening, b: Uint8Array, start: number, end: number): number {
  const { octets } = opening
  for (let at = start; at < end; at++) {
    octets[opening.fill++] = b[at]!
    if (!beginsClientHelloV2(octets, 0, opening.fill)) return -1
    if (isWhole(opening)) return at + 1
  }
  return end
}

export const isWhole = ({ octets, fill }: V2Opening): boolean =>
  fill >= V2_HEADER_BYTES && fill >= V2_HEADER_BYTES + v2BodyLength(octets, 0)
