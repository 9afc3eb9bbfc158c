/** What whoever did it is called: in a sentence `The load balancer 10.10.2.10`, and by its operator. */
import { addressNumber, hold } from './address.ts'
import type { Deployment } from './deployment.ts'
import type { Actor } from './incident.ts'

const ROLE_NAMES: Readonly<Record<Actor['role'], string>> = {
  agent: 'The agent',
  server: 'The server',
  'load-balancer': 'The load balancer',
  firewall: 'The firewall',
  nat: 'The address translation',
  'reverse-proxy': 'The reverse proxy',
  dns: 'The name service',
  middlebox: 'A device on the path',
  unknown: 'Something on the path',
}

/** At the beginning of a sentence; with the address if it is known. */
export const deviceName = ({ role, address }: Pick<Actor, 'role' | 'address'>): string =>
  address === null ? ROLE_NAMES[role] : `${ROLE_NAMES[role]} ${address}`

/** That name within a sentence: `the load balancer 10.10.2.10`. */
export const withinSentence = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** The name that the configuration gives to the device of an address; null: none. */
export type DeviceAt = (address: string) => string | null

export function deviceNames(devices: Deployment['devices']): DeviceAt {
  return (address) => {
    const number = addressNumber(address)
    if (number === null) return null
    return devices.find(({ addresses }) => hold(addresses, number))?.name ?? null
  }
}
