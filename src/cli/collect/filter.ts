/**
 * The capture filter that a configuration comes to: what its services need, and no more, so that the kernel
 * drops the rest before it costs anything.
 *
 * What is let through, and why:
 * - TCP of the services' ports, whatever the address: an agent that goes to a server that is on no list is a
 *   finding; and of the addresses of virtual servers and of servers, whose other ports tell of health checks.
 * - DNS: which name led an agent where. - ICMP: a router's word that a packet could not be passed on is the
 *   only one there is. - Fragments: all but the first have no ports to go by.
 * - The same behind one VLAN tag, which hides everything from a filter that does not expect it.
 * Source: pcap-filter(7). Tunnels are not looked into by filters: who captures these states a filter.
 */
import type { AddressRange, Deployment } from '../../model/deployment.ts'
import { serviceTraffic } from '../../pipeline/service-traffic.ts'

/** Addresses and ports in one filter; with more, ports alone are asked for, or all of TCP. A classic BPF
 * program holds 4096 instructions (Linux, BPF_MAXINSNS), and a term takes up to ten, twice. */
export const TERMS_MAX = 120

/** Empty: everything, where nothing says what is needed. */
export function captureFilter(deployment: Deployment): string {
  const needed = serviceTraffic(deployment)
  if (needed === null) return ''
  const { ports } = needed
  const hosts = [...new Set(needed.hosts.flatMap(hostTerm))]
  const terms = [...ports.map((port) => `port ${port}`), ...hosts]
  const wanted = terms.length <= TERMS_MAX ? terms : ports.map((port) => `port ${port}`)
  const tcp = wanted.length === 0 || wanted.length > TERMS_MAX ? 'tcp' : `tcp and (${wanted.join(' or ')})`
  const all = [`(${tcp})`, 'port 53', 'icmp', 'icmp6', '(ip[6:2] & 0x3fff != 0)', '(ip6 proto 44)'].join(
    ' or ',
  )
  return `${all} or (vlan and (${all}))`
}

/** A range that is no network would take many terms: its service is found by its ports. */
function hostTerm({ text, first, last }: AddressRange): string[] {
  if (first === last) return [`host ${text.split('/')[0]}`]
  return text.includes('/') ? [`net ${text}`] : []
}
