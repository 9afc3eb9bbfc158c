/**
 * Who is the responder of a connection that was open before the capture began: a guess, and marked as one.
 *
 * Best evidence first: an endpoint that answered a SYN elsewhere in the capture, a port that the
 * configuration names, a system port (RFC 6335 §6: below 1024) against one that is not, the dynamic range
 * (Linux 32768-60999, IANA 49152-65535) against the rest, and at last the lower port.
 */

const SYSTEM_PORTS_END = 1024
const EPHEMERAL_PORTS_START = 32768
/** Listening endpoints remembered; a capture with more learns no new ones. */
const LISTENERS_MAX = 1 << 16

export class Roles {
  private readonly servicePorts: ReadonlySet<number>
  private readonly listeners = new Set<number>()

  constructor(servicePorts: ReadonlySet<number>) {
    this.servicePorts = servicePorts
  }

  /** This endpoint answered a SYN. */
  learn(address: number, port: number): void {
    if (this.listeners.size < LISTENERS_MAX) this.listeners.add(key(address, port))
  }

  /** Whether the source is the server, because one of the two is known to be or its port is named; null where
   * nothing but the ports' numbers tells. */
  knownServer(
    source: number,
    sourcePort: number,
    destination: number,
    destinationPort: number,
  ): boolean | null {
    const knownSource = this.listeners.has(key(source, sourcePort))
    const knownDestination = this.listeners.has(key(destination, destinationPort))
    if (knownSource !== knownDestination) return knownSource
    const named = this.servicePorts.has(sourcePort)
    return named === this.servicePorts.has(destinationPort) ? null : named
  }

  /** True if the source of a packet is more likely the server of its connection. */
  isServer(source: number, sourcePort: number, destination: number, destinationPort: number): boolean {
    const known = this.knownServer(source, sourcePort, destination, destinationPort)
    if (known !== null) return known
    const system = sourcePort < SYSTEM_PORTS_END
    if (system !== destinationPort < SYSTEM_PORTS_END) return system
    const ephemeral = sourcePort >= EPHEMERAL_PORTS_START
    if (ephemeral !== destinationPort >= EPHEMERAL_PORTS_START) return !ephemeral
    return sourcePort < destinationPort
  }
}

/** Address and port as one exact number: 32 + 16 bits. */
const key = (address: number, port: number): number => (address >>> 0) * 65536 + port
