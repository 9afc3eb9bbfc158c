/**
 * Records of TLS that are opened before their turn comes, by whoever has time for it. Only how long an
 * analysis takes depends on it: a record that is not opened by then, or was foreseen wrongly, is opened by
 * its reader as without.
 */

export interface RecordsAhead {
  /** Changes with each batch of frames: what was posted of another one is gone. */
  readonly batch: number
  /** A number for a key that records are protected with. */
  newKey(): number
  /**
   * Hands over record `number` under a key, its AEAD number `cipher` of the suites': a body that begins at
   * `bodyAt` of the batch's octets, of which `start`..`end`, tag included, are protected. What is handed
   * over is copied. Bodies are posted in the order in which they lie there.
   */
  post(
    cipher: number,
    keyNumber: number,
    key: string,
    number: number,
    nonce: Uint8Array,
    additional: Uint8Array,
    bodyAt: number,
    start: number,
    end: number,
  ): void
  /**
   * Takes record `number` under that key, whose body begins at `bodyAt` of `b`; -1 if it was not posted as
   * such, is not authentic, or is not opened yet. Otherwise a place; what is there lasts until the call of a
   * parser ends. Bodies are taken in the order in which they lie.
   */
  take(b: Uint8Array, bodyAt: number, keyNumber: number, number: number): number
  /** Where contents are: that of a place begins at `contentAt`, and has `contentLength` octets. */
  readonly octets: Uint8Array
  contentAt(place: number): number
  contentLength(place: number): number
}

/** Is shown octets of one side that will probably come. */
export interface Foreseeing {
  /**
   * A segment with sequence number `sequence`; `isNext`: nothing comes before it. Nothing is said of it: it
   * comes, or does not, as all others.
   */
  foresee(
    sequence: number,
    isNext: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    ahead: RecordsAhead,
  ): void
}
