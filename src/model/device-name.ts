/** What a sentence calls whoever did it: `The load balancer 10.10.2.10`. */
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
