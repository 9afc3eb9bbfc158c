/** How much the server takes from clients, and what happens beyond it. Every limit has a default that one
 * team's use stays far below; whoever composes the server may set others. */

export interface ApiLimits {
  /** Requests of one address in a minute (429 beyond). Not counted in open mode: everybody there is the
   * owner. */
  readonly requestsPerMinute: number
  /** Attempts to log in from one address in a minute (429 beyond). */
  readonly loginsPerMinute: number
  /** Uploads at the same time (503 beyond). */
  readonly uploads: number
  /** Carved files being sent at the same time (503 beyond). */
  readonly carves: number
  /** Event streams at the same time (503 beyond). */
  readonly streams: number
  /** Connections at the same time; further ones are closed at once. */
  readonly connections: number
  /** Octets of a JSON body (413 beyond), and of the one that carries a key log. */
  readonly bodyBytes: number
  readonly analysisBodyBytes: number
  /** A JSON body must be whole after this time (408 beyond). */
  readonly bodySeconds: number
  /** Request line and headers must be whole after this time (408 and the end of the connection beyond). */
  readonly headerSeconds: number
  /** A connection on which nothing moves is closed. Longer than the heartbeat of event streams. */
  readonly idleSeconds: number
  /** An upload that brings fewer octets than this in a window is broken off (408). Time in which the disk,
   * not the client, is what others wait for does not count. */
  readonly uploadWindowSeconds: number
  readonly uploadWindowBytes: number
  /** How long a browser stays logged in. */
  readonly loginSeconds: number
  readonly heartbeatSeconds: number
}

export const DEFAULT_LIMITS: ApiLimits = {
  requestsPerMinute: 6_000,
  loginsPerMinute: 10,
  uploads: 8,
  carves: 4,
  streams: 2_000,
  connections: 8_000,
  bodyBytes: 64 * 1024,
  analysisBodyBytes: 34 * 1024 * 1024,
  bodySeconds: 30,
  headerSeconds: 15,
  idleSeconds: 90,
  uploadWindowSeconds: 30,
  uploadWindowBytes: 16 * 1024,
  loginSeconds: 12 * 3600,
  heartbeatSeconds: 15,
}
