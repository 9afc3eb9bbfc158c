/**
 * Which flow records are followed where a configuration says what its services need: those of some ports, and
 * those of some addresses. A network exports many times more than that.
 *
 * Nothing is allocated per record: ports are looked up in a table, addresses are asked for once each.
 */
import { type AddressTable, ipv4Text, ipv6Text } from '../../bytes/address.ts'
import type { FlowBatch } from '../../model/flow-record.ts'

const PORTS = 1 << 16
const ADDRESSES_AT_START = 1 << 12
const NO = 1
const YES = 2

export class FlowsWanted {
  private readonly ports = new Uint8Array(PORTS)
  /** By number; 0: not asked for yet. */
  private addresses = new Uint8Array(ADDRESSES_AT_START)
  private readonly isHost: (address: string) => boolean

  constructor(ports: readonly number[], isHost: (address: string) => boolean) {
    for (const port of ports) this.ports[port] = YES
    this.isHost = isHost
  }

  is(batch: FlowBatch, i: number): boolean {
    const { ports } = this
    if (ports[batch.sourcePort[i]!] === YES || ports[batch.destinationPort[i]!] === YES) return true
    return this.isWanted(batch, batch.source[i]!) || this.isWanted(batch, batch.destination[i]!)
  }

  private isWanted({ addresses }: FlowBatch, id: number): boolean {
    if (id < 0) return false
    if (id >= this.addresses.length) this.grow(id)
    const known = this.addresses[id]!
    if (known !== 0) return known === YES
    const is = this.isHost(textOf(addresses, id))
    this.addresses[id] = is ? YES : NO
    return is
  }

  private grow(id: number): void {
    const grown = new Uint8Array(2 ** Math.ceil(Math.log2(id + 1)))
    grown.set(this.addresses)
    this.addresses = grown
  }
}

const octets = new Uint8Array(16)

/** Without its table, which would keep it: most addresses are never asked for again. */
function textOf(addresses: AddressTable, id: number): string {
  return addresses.copy(id, octets, 0) === octets.length ? ipv6Text(octets, 0) : ipv4Text(octets, 0)
}
