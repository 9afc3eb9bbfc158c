/**
 * Numbers that exporters give to what happened to a flow: the registry of information elements,
 * iana.org/assignments/ipfix.
 */

/** FlowEndReason, IE 136. */
export const END_IDLE = 1
export const END_ACTIVE = 2
export const END_DETECTED = 3
export const END_FORCED = 4
export const END_RESOURCES = 5

/**
 * NatEvent, IE 230 (RFC 8158 4.3). 1 and 2 are what Cisco and earlier drafts number "created" and "deleted";
 * Juniper means NAT64 by 4 and 5, which comes to the same.
 */
export const NAT_CREATED: ReadonlySet<number> = new Set([1, 4, 6])
export const NAT_DELETED: ReadonlySet<number> = new Set([2, 5, 7])
/**
 * Of an address and port, with whomever they speak: sessions, and bindings (8 and 10 create, 9 and 11 delete;
 * Juniper numbers them from 6 on). What Juniper means by 10 and 11, a lack of ports, has no address behind.
 */
export const NAT_BOUND: ReadonlySet<number> = new Set([1, 4, 6, 8, 10])
export const NAT_UNBOUND: ReadonlySet<number> = new Set([2, 5, 7, 9, 11])

/** FirewallEvent, IE 233. */
export const FIREWALL_CREATED = 1
export const FIREWALL_DELETED = 2
export const FIREWALL_DENIED = 3
export const FIREWALL_ALERT = 4
export const FIREWALL_UPDATED = 5
