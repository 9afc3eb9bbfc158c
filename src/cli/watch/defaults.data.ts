/** What `holdfast watch` and collectors do unless they are told otherwise, as people write it. */

export const WATCH_DEFAULTS = {
  /** All of a packet: requests and certificates are read. */
  snapLength: '0',
  /** MiB of the kernel's buffer: half a second of a full gigabit, for times when the machine is busy. */
  buffer: '64',
  /** The longest check-in of the known products is 60 min; an agent that met it twice without harm is
   * well. */
  resolveAfter: '2h',
  checkpointEvery: '5s',
  /** The longest that is usual: Cisco's (ios netflow, `ip flow-cache timeout active`). */
  activeTimeout: '30m',
} as const
