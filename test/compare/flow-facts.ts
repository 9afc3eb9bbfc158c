/** Flow records as tshark tells them, and the same facts of ours, for tests that compare. */
import { only, type Told } from '../collectors/flows/decoding.ts'
import { tshark } from './tshark.ts'

/** A datagram, and the flows that tshark finds in it; no header: it is no export. */
export interface Dissected {
  readonly bytes: Uint8Array
  /** Its source. */
  readonly port: number
  readonly header: Readonly<Record<string, unknown>> | null
  readonly flows: readonly Readonly<Record<string, string>>[]
}

type Tree = Readonly<Record<string, unknown>>

interface Datagram {
  readonly 'udp.srcport': string
  /** In hexadecimal, with colons between. */
  readonly 'udp.payload'?: string
}

/** The datagrams of a capture, and what tshark finds in those that are exports, whatever their port. */
export function dissected(file: string): Dissected[] {
  const words = ['-d', 'udp.port==1-65535,cflow', '-Y', 'udp', '-T', 'json']
  const packets = JSON.parse(tshark(file, [...words, '--no-duplicate-keys', '-J', 'udp cflow']) || '[]') as {
    readonly _source: { readonly layers: { readonly udp: Datagram; readonly cflow?: Tree } }
  }[]
  return packets.map(({ _source: { layers } }) => ({
    bytes: new Uint8Array(Buffer.from((layers.udp['udp.payload'] ?? '').replaceAll(':', ''), 'hex')),
    port: Number(layers.udp['udp.srcport']),
    header: layers.cflow ?? null,
    flows: flowsIn(layers.cflow).map(leavesOf).filter(isFlow),
  }))
}

/** Options data are flows in tshark's words as well; they have no addresses. */
const isFlow = (flow: Readonly<Record<string, string>>): boolean =>
  'cflow.srcaddr' in flow || 'cflow.srcaddrv6' in flow

function flowsIn(tree: unknown): Tree[] {
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, value]) => {
    const values = (Array.isArray(value) ? value : [value]) as unknown[]
    return /^(Flow \d+|pdu \d+\/\d+)$/.test(name) ? (values as Tree[]) : values.flatMap(flowsIn)
  })
}

function leavesOf(tree: Tree): Record<string, string> {
  const leaves: Record<string, string> = {}
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') leaves[name] = value
    else if (Array.isArray(value)) leaves[name] = value.map((each) => JSON.stringify(each)).join(' ')
    else Object.assign(leaves, leavesOf(value as Tree))
  }
  return leaves
}

/** `Oct  9, 2015 09:47:47.569000000 UTC` in microseconds since the epoch. */
export function micros(text: string): number {
  const [, seconds = '', fraction = '0'] = /^(.*?)(?:\.(\d+))? UTC$/.exec(text.replaceAll(/ +/g, ' ')) ?? []
  return Date.parse(`${seconds} UTC`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

const HOUR_MS = 3_600_000

/** When what happened `raw` ms after the exporter's start did, by a message sent `uptime` ms after it. */
export function timeOf(raw: number, uptime: number, sent: number): number {
  const WRAP = 2 ** 32
  let age = (uptime - raw) % WRAP
  if (age < 0) age += WRAP
  return sent - (age > WRAP - HOUR_MS ? age - WRAP : age) * 1000
}

const number = Number
const text = (value: string): string => value

/** tshark's field, our column, and how the former reads as the latter. */
export const FIELDS: Readonly<Record<string, readonly [column: string, read: (value: string) => unknown]>> = {
  'cflow.srcaddr': ['source', text],
  'cflow.dstaddr': ['destination', text],
  'cflow.srcaddrv6': ['source', text],
  'cflow.dstaddrv6': ['destination', text],
  'cflow.srcport': ['sourcePort', number],
  'cflow.dstport': ['destinationPort', number],
  'cflow.protocol': ['protocol', number],
  'cflow.packets': ['packets', number],
  'cflow.octets': ['octets', number],
  'cflow.permanent_packets': ['packets', number],
  'cflow.permanent_octets': ['octets', number],
  'cflow.tcpflags': ['flags', number],
  'cflow.tos': ['trafficClass', number],
  'cflow.inputint': ['inputInterface', number],
  'cflow.outputint': ['outputInterface', number],
  'cflow.direction': ['direction', number],
  'cflow.flow_end_reason': ['endReason', number],
  'cflow.vlanid': ['vlan', number],
  'cflow.flow_id': ['flowId', number],
  'cflow.firewall_event': ['firewallEvent', number],
  'cflow.fw_ext_event': ['firewallReason', number],
  'cflow.post_natsource_ipv4_address': ['postSource', text],
  'cflow.post_natdestination_ipv4_address': ['postDestination', text],
  'cflow.post_naptsource_transport_port': ['postSourcePort', number],
  'cflow.post_naptdestination_transport_port': ['postDestinationPort', number],
  'cflow.observation_time_milliseconds': ['event', micros],
  'cflow.abstimestart': ['start', micros],
  'cflow.abstimeend': ['end', micros],
}

/** The facts that tshark tells of a flow and we read, in our words. */
export const theirs = (flow: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(flow).flatMap(([name, value]) => {
      const field = FIELDS[name]
      return field === undefined || isZero(name, value) ? [] : [[field[0], field[1](value)]]
    }),
  )

/** Zero milliseconds since the exporter's start are 1970 to tshark. */
const isZero = (name: string, value: string): boolean =>
  name.startsWith('cflow.abstime') && micros(value) === 0

/** The same facts as we tell them. */
export const ours = (record: Told | undefined, facts: Readonly<Record<string, unknown>>): Told =>
  only(record, ...Object.keys(facts))
