/** The words after `holdfast tail`, as they were typed. */

export interface TailOptions {
  /** Where a Holdfast runs; default http://127.0.0.1:8480. Not together with `db`. */
  readonly server?: string
  /** A database file, read without a server. */
  readonly db?: string
  /**
   * How far back to begin: `90s`, `15m`, `1h`, `7d`, or a moment (ISO 8601 with zone, or seconds since 1970).
   * Absent: all that is stored; with `follow` the latest 10.
   */
  readonly since?: string
  /** At least as bad: `critical`, `warning` or `info`; absent: all. */
  readonly severity?: string
  /** One incident type, or several with commas between. */
  readonly type?: string
  /** One agent's id. */
  readonly agent?: string
  /** One service's name. */
  readonly service?: string
  /** Goes on with alerts as they happen, until it is interrupted. */
  readonly follow?: boolean
  /** `text` (for people, the default) or `ndjson` (one object a line). */
  readonly format?: string
  /** Where the server wants one; default: the environment's HOLDFAST_TOKEN. */
  readonly token?: string
}
