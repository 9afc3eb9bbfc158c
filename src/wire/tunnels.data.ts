/**
 * The tunnels that are read: a number for each, and the word by which a connection's path names it. Numbers
 * are of this program; those of the protocols stand in the views (gre.ts, vxlan.ts, ...).
 */

export const IP_IN_IP = 1
export const SIX_IN_FOUR = 2
export const FOUR_IN_SIX = 3
export const SIX_IN_SIX = 4
export const GRE = 5
export const ERSPAN = 6
export const PPTP = 7
export const WCCP = 8
export const VXLAN = 9
export const VXLAN_GPE = 10
export const GENEVE = 11
export const GTP = 12
export const TEREDO = 13
export const MPLS = 14
export const MPLS_IN_IP = 15
export const L2TP = 16
export const PPPOE = 17
export const ETHER_IP = 18
export const CAPWAP = 19
export const BACKBONE = 20
export const WIRELESS = 21
export const TZSP = 22
export const LISP = 23
export const NSH = 24

/** By number. */
export const TUNNEL_NAMES: readonly string[] = [
  '',
  'ipip',
  '6in4',
  '4in6',
  '6in6',
  'gre',
  'erspan',
  'pptp',
  'wccp',
  'vxlan',
  'vxlan-gpe',
  'geneve',
  'gtp',
  'teredo',
  'mpls',
  'mpls-in-ip',
  'l2tp',
  'pppoe',
  'etherip',
  'capwap',
  'pbb',
  '802.11',
  'tzsp',
  'lisp',
  'nsh',
]
