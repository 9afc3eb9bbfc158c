/** Which node of the proxies in front of a server a request came through. */
import { type HttpRequest, valueIn } from '../../model/http.ts'
import { contains } from '../../model/address.ts'
import type { Inventory } from '../servers/inventory.ts'
import type { TrackedSighting } from '../sighting.ts'

/**
 * The node by its address, as the configuration names proxies (`web`, or a device that is a reverse proxy),
 * or else by what it writes into Via (RFC 9110 §7.6.3): several may share one address towards the servers.
 * Null: no proxy is known there.
 */
export function nodeBefore(
  { originator, service, leg }: TrackedSighting,
  request: HttpRequest | null,
  inventory: Inventory,
): string | null {
  if (leg !== 'back') return null
  const { device } = inventory.rolesOf(originator.address)
  const isProxy = contains(service.configured?.web?.proxies ?? [], originator.address)
  if (!isProxy && device?.role !== 'reverse-proxy') return null
  const name = isProxy ? originator.address : (device?.name ?? originator.address)
  const via = request === null ? null : lastVia(valueIn(request.headers, 'via'))
  return via === null ? name : `${name} (${via})`
}

/** The name of the last proxy that passed a request on: the host or pseudonym of Via's last element. */
function lastVia(via: string | null): string | null {
  const last = via?.split(',').at(-1)?.trim().split(/\s+/)[1]
  return last === undefined || last === '' ? null : last
}
