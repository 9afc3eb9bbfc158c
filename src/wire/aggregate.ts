/**
 * The packets of an aggregate: one frame of 802.11 that holds several (`AGGREGATE`). They are visited one
 * after the other, each as if it were alone in its frame.
 */
import * as amsdu from './amsdu.ts'
import { locateLlc } from './link.ts'
import { MALFORMED_LINK, type Place, TRUNCATED_LINK } from './place.ts'
import { enterTunnels } from './tunnel.ts'

/**
 * Calls `visit` with what `enterTunnels` says of each packet of the aggregate at `place`, which points at the
 * packet meanwhile. A header that is cut, or says more than there is, is the last.
 */
export function visitParts(place: Place, visit: (kind: number) => void): void {
  const { bytes, path, depth, tag, partsAt, end, wireEnd } = place
  for (let at = partsAt; at + amsdu.HEADER_LENGTH <= wireEnd; at = amsdu.nextAt(bytes, at)) {
    const payloadAt = at + amsdu.HEADER_LENGTH
    if (payloadAt > end) return visit(TRUNCATED_LINK)
    const partEnd = amsdu.endsAt(bytes, at)
    if (partEnd > wireEnd) return visit(MALFORMED_LINK)
    place.bytes = bytes
    place.path = path
    place.depth = depth
    place.tag = tag
    const isInFrame = bytes === place.frame
    place.destinationHardwareAt = isInFrame ? amsdu.destinationAt(at) : -1
    place.sourceHardwareAt = isInFrame ? amsdu.sourceAt(at) : -1
    visit(enterTunnels(locateLlc(bytes, payloadAt, Math.min(end, partEnd), partEnd, place), place))
  }
}
