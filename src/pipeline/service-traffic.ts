/**
 * What the services of a configuration need to be seen of TCP, whoever looks for it: a capture filter, or who
 * passes over flow records.
 *
 * All of the services' ports, whatever the address: an agent that goes to a server that is on no list is a
 * finding; and all of the addresses of virtual servers and of servers, whose other ports tell of health
 * checks.
 */
import type { AddressRange, Deployment } from '../model/deployment.ts'

export interface ServiceTraffic {
  readonly ports: readonly number[]
  readonly hosts: readonly AddressRange[]
}

/** Null: everything, where nothing says what is needed. */
export function serviceTraffic({ services }: Deployment): ServiceTraffic | null {
  if (services.length === 0 || services.some((s) => s.ports.length === 0 && hostsOf(s).length === 0))
    return null
  return { ports: [...new Set(services.flatMap(portsOf))], hosts: services.flatMap(hostsOf) }
}

const portsOf = (s: Deployment['services'][number]): number[] => [
  ...s.ports,
  ...(s.smtp?.ports ?? []),
  ...s.replicationPorts,
  ...(s.wakeUp === null ? [] : [s.wakeUp.port]),
]

const hostsOf = ({ vips, servers }: Deployment['services'][number]): AddressRange[] => [
  ...vips,
  ...servers.flatMap((server) => [...server.addresses, ...server.replicationAddresses]),
]
