/**
 * Which name led a client to an address: the latest that it resolved to it, as long as it may use the answer.
 *
 * Evidence, not proof: a client may know an address in another way, and several names may lead to one. Names
 * that somebody else resolved say nothing of this client.
 */
import type { DnsAnswer, LoggedAnswer } from '../../model/dns.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { Remembered } from '../../model/remembered.ts'

/** Pairs of client and address that are remembered; the one that was resolved longest ago is forgotten. */
export const NAMES_MAX = 1 << 16
/** Addresses of one answer that are remembered. */
const ADDRESSES_OF_ANSWER_MAX = 32
/**
 * Applications keep an answer for longer than it lives: Firefox for 60 s at least and a further 60 s while it
 * asks anew (network.dnsCacheExpiration, network.dnsCacheExpirationGracePeriod), others do less.
 */
export const NAME_GRACE: Micros = seconds(120)
/** An answer lives for a week at most (RFC 8767 §4). */
const TTL_MAX = 604_800

interface Known {
  readonly name: string
  readonly until: Micros
}

export class Names {
  private readonly known = new Remembered<string, Known>(NAMES_MAX)

  answered({ client: who, name, addresses, time }: DnsAnswer | LoggedAnswer): void {
    const client = typeof who === 'string' ? who : who.address
    for (const { address, ttl } of addresses.slice(0, ADDRESSES_OF_ANSWER_MAX)) {
      const lives = seconds(Math.min(ttl, TTL_MAX))
      const until = time + lives + NAME_GRACE
      this.known.set(`${client}|${address}`, { name: name.toLowerCase(), until })
    }
  }

  /** The name, in lower case; null if the client is not known to have resolved one to the address lately. */
  nameOf(client: string, address: string, at: Micros): string | null {
    if (this.known.size === 0) return null
    const known = this.known.get(`${client}|${address}`)
    return known !== undefined && at <= known.until ? known.name : null
  }
}
