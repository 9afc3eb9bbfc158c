/**
 * A load balancer that passes TCP through: the virtual address becomes a server's and back, nothing else is
 * touched. It has no timers; put a firewall before it for a device that forgets.
 */
import type { Endpoint } from '../../../src/model/packet.ts'
import { ACK, flowKey, has, isSame, SYN } from '../packet.ts'
import type { Packet } from '../packet.ts'
import { routed } from './device.ts'
import type { Device } from './device.ts'

export interface ForwarderOptions {
  readonly vip: Endpoint
  /** The server of the n-th connection, counted from 0. */
  readonly pick: (n: number, agent: string) => string
}

export function forwarder({ vip, pick }: ForwarderOptions): Device {
  return (position) => {
    const servers = new Map<string, string>(),
      agents = new Map<string, true>()
    let opened = 0
    const toServer = (packet: Packet): void => {
      const key = flowKey(packet)
      if (has(packet, SYN) && !has(packet, ACK)) servers.set(key, pick(opened++, packet.source.address))
      const address = servers.get(key)
      if (address === undefined) return
      const sent = { ...routed(packet), destination: { address, port: packet.destination.port } }
      agents.set(flowKey(sent), true)
      position.forward(sent, 'to-servers')
    }
    return (packet, heading) => {
      if (heading === 'to-servers' && isSame(packet.destination, vip)) return toServer(packet)
      const answers = heading === 'to-agents' && agents.has(flowKey(packet))
      position.forward(answers ? { ...routed(packet), source: vip } : routed(packet), heading)
    }
  }
}
