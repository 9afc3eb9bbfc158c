/**
 * Whether the beginning of a capture promises a relay: somebody comes to a server more than once and leaves
 * without a word, or as one who checks its health, or asks it for others. Told by what passes: the accounts
 * of connections come when no straggler can any more. Not everybody is one who promises to be:
 * `one-sided-relays.ts` looks closely.
 */
import { forwardedNodes } from '../../model/http.ts'
import type { Finished, HttpRequestSeen, Reset } from '../../model/observation.ts'
import { endpointText } from '../../model/packet.ts'
import type { Follower } from '../../sessions/follower.ts'
import type { TrackedSighting } from '../../sessions/sighting.ts'

/** Pairs of who comes and whose server it is; of further ones nothing is noted. */
const PAIRS_MAX = 1 << 14

export class RelayPromise implements Follower {
  made = false
  private isAwaited = true
  private readonly came = new Set<string>()

  readonly observe = {
    finished: (o: Finished, sighting: TrackedSighting | null): void => {
      if (o.first) this.leaves(o, sighting)
    },
    reset: (o: Reset, sighting: TrackedSighting | null): void => {
      if (!o.afterFin) this.leaves(o, sighting)
    },
    'http-request': (o: HttpRequestSeen): void => {
      if (this.isAwaited && o.requestFrom === 0 && forwardedNodes(o.request).length > 0) this.made = true
    },
  }

  /** What comes is of no interest any more. */
  close(): void {
    this.isAwaited = false
    this.came.clear()
  }

  private leaves(
    { from, bytes, originator, responder }: Finished | Reset,
    sighting: TrackedSighting | null,
  ): void {
    if (!this.isAwaited || from !== 0) return
    if (sighting?.leg !== 'probe' && bytes[0] + bytes[1] > 0) return
    const pair = `${originator.address} ${endpointText(responder)}`
    if (this.came.has(pair)) this.made = true
    else if (this.came.size < PAIRS_MAX) this.came.add(pair)
  }
}
