/**
 * Source address translation: agents' addresses are replaced on the way to the servers. When its rules
 * change, packets of open connections leave with another address or port, and what still comes for the old
 * one is dropped (a rebinding).
 */
import type { Endpoint } from '../../../src/model/packet.ts'
import type { Micros } from '../../../src/model/time.ts'
import { routed } from './device.ts'
import type { Device } from './device.ts'

export interface NatRules {
  /** Inside address -> outside address; what is not named passes unchanged. */
  readonly map: Readonly<Record<string, string>>
  /** Several agents behind one address: `allocated` gives every connection an outside port of its own. */
  readonly ports?: 'kept' | 'allocated'
}

export interface NatOptions extends NatRules {
  /** Rules that take over later: `after` counts from the beginning of the story. */
  readonly changesAt?: readonly (NatRules & { readonly after: Micros })[]
}

const FIRST_OUTSIDE_PORT = 20_000

/** The translations under one set of rules. */
class Bindings {
  private readonly outward = new Map<string, Endpoint>()
  private readonly inward = new Map<string, Endpoint>()
  private readonly rules: NatRules
  private readonly firstPort: number

  constructor(rules: NatRules, firstPort: number) {
    this.rules = rules
    this.firstPort = firstPort
  }

  outside(inside: Endpoint): Endpoint {
    const address = this.rules.map[inside.address]
    if (address === undefined) return inside
    const known = this.outward.get(`${inside.address} ${inside.port}`)
    if (known !== undefined) return known
    const port = this.rules.ports === 'allocated' ? this.firstPort + this.outward.size : inside.port
    const outside: Endpoint = { address, port }
    this.outward.set(`${inside.address} ${inside.port}`, outside)
    this.inward.set(`${address} ${port}`, inside)
    return outside
  }

  /**
   * Who inside is meant; undefined if nobody is (any more). Rules that keep ports work for connections from
   * outside too.
   */
  inside(outside: Endpoint): Endpoint | undefined {
    const bound = this.inward.get(`${outside.address} ${outside.port}`)
    if (bound !== undefined || this.rules.ports === 'allocated') return bound
    const owners = Object.keys(this.rules.map).filter((inside) => this.rules.map[inside] === outside.address)
    return owners.length === 1 ? { address: owners[0]!, port: outside.port } : undefined
  }
}

export function nat(options: NatOptions): Device {
  return (position) => {
    const changes = options.changesAt ?? []
    /** Every outside address of any time: what comes for another passes unchanged. */
    const ours = new Set([options, ...changes].flatMap(({ map }) => Object.values(map)))
    let bindings = new Bindings(options, FIRST_OUTSIDE_PORT)
    changes.forEach((rules, i) => {
      position.time.timer(rules.after, () => {
        bindings = new Bindings(rules, FIRST_OUTSIDE_PORT + 1000 * (i + 1))
      })
    })
    return (packet, heading) => {
      if (heading === 'to-servers') {
        return position.forward({ ...routed(packet), source: bindings.outside(packet.source) }, heading)
      }
      const destination = ours.has(packet.destination.address)
        ? bindings.inside(packet.destination)
        : packet.destination
      if (destination !== undefined) position.forward({ ...routed(packet), destination }, heading)
    }
  }
}
