/**
 * A router that meters flows and exports them: what a tap recorded becomes an IPFIX file, as it would reach a
 * collector (RFC 7011; one direction a record, metered as RFC 5102's timeouts say). Tests also write the
 * records of routers that they do not build.
 */
import { type FieldSpec, ipfix, ipv4, set, template, unsigned } from './exports.ts'
import { joined } from './pcap-writer.ts'

/** A record. Times are milliseconds since the epoch. */
export interface FlowLine {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly from: number
  to: number
  packets: number
  octets: number
  flags: number
  /** Under what the source goes on behind the router. */
  readonly outer?: readonly [address: string, port: number]
}

/** An event of a log of translations (RFC 8158 4.3): 4 creates a session, 5 deletes it. */
export interface NatEventLine extends Pick<
  FlowLine,
  'source' | 'sourcePort' | 'destination' | 'destinationPort' | 'outer'
> {
  readonly event: 4 | 5
  readonly at: number
}

export interface Timeouts {
  /** Milliseconds: a flow that goes on is told after it; one that is silent for so long is over. */
  readonly active: number
  readonly inactive: number
}

/** What most routers are set to (RFC 5102 leaves it open; Cisco's defaults are 30 min and 15 s). */
export const TIMEOUTS: Timeouts = { active: 60_000, inactive: 15_000 }

const TUPLE: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
]
const FLOW: readonly FieldSpec[] = [...TUPLE, [152, 8], [153, 8], [2, 4], [1, 4], [6, 1]]
const TRANSLATED: readonly FieldSpec[] = [...FLOW, [225, 4], [227, 2]]
const EVENT: readonly FieldSpec[] = [...TUPLE, [323, 8], [230, 1], [225, 4], [227, 2]]

const tuple = (line: Pick<FlowLine, 'source' | 'sourcePort' | 'destination' | 'destinationPort'>) => [
  ipv4(line.source),
  ipv4(line.destination),
  unsigned(line.sourcePort, 2),
  unsigned(line.destinationPort, 2),
  unsigned(6, 1),
]
const place = ([address, port]: readonly [string, number]) => [ipv4(address), unsigned(port, 2)]
const flow = (line: FlowLine) => [
  ...tuple(line),
  unsigned(line.from, 8),
  unsigned(line.to, 8),
  unsigned(line.packets, 4),
  unsigned(line.octets, 4),
  unsigned(line.flags, 1),
]

type Line = FlowLine | NatEventLine

const timeOf = (line: Line): number => ('at' in line ? line.at : line.to)

function dataSet(line: Line): Uint8Array {
  const outer = line.outer ?? null
  if ('at' in line) {
    const told = [unsigned(line.at, 8), unsigned(line.event, 1), ...place(outer ?? ['0.0.0.0', 0])]
    return set(258, [...tuple(line), ...told])
  }
  return outer === null ? set(256, flow(line)) : set(257, [...flow(line), ...place(outer)])
}

/** Records in a file of IPFIX, each in a message that is sent when the record is over. */
export function ipfixFile(lines: readonly Line[]): Uint8Array {
  const templates = set(2, [template(256, FLOW), template(257, TRANSLATED), template(258, EVENT)])
  const sorted = lines.toSorted((a, b) => timeOf(a) - timeOf(b))
  const messages = sorted.map((line, sequence) =>
    ipfix([...(sequence === 0 ? [templates] : []), dataSet(line)], {
      seconds: Math.floor(timeOf(line) / 1000) + 1,
      sequence,
    }),
  )
  return joined(messages)
}

const PCAP_HEADER = 24
const RECORD_HEADER = 16
const ETHERNET = 14

/** What a meter at a tap makes of its capture. */
export function flowsOf(pcap: Uint8Array, { active, inactive }: Timeouts = TIMEOUTS): FlowLine[] {
  const b = Buffer.from(pcap)
  const open = new Map<string, FlowLine>()
  const told: FlowLine[] = []
  for (let at = PCAP_HEADER; at < b.length;) {
    const time = b.readUInt32LE(at) * 1000 + Math.floor(b.readUInt32LE(at + 4) / 1000)
    const ip = at + RECORD_HEADER + ETHERNET
    const isTcp = b.readUInt16BE(ip - 2) === 0x0800 && b[ip + 9] === 6
    if (isTcp) meter(b, ip, time)
    at += RECORD_HEADER + b.readUInt32LE(at + 8)
  }
  return [...told, ...open.values()]

  function meter(frame: Buffer, ip: number, time: number): void {
    const tcp = ip + 4 * (frame[ip]! & 15)
    const text = (from: number): string => frame.subarray(from, from + 4).join('.')
    const [source, destination] = [text(ip + 12), text(ip + 16)]
    const [sourcePort, destinationPort] = [frame.readUInt16BE(tcp), frame.readUInt16BE(tcp + 2)]
    const key = `${source}:${sourcePort}>${destination}:${destinationPort}`
    let line = open.get(key)
    if (line !== undefined && (time - line.to > inactive || time - line.from > active)) {
      told.push(line)
      line = undefined
    }
    if (line === undefined) {
      const tuple = { source, sourcePort, destination, destinationPort }
      line = { ...tuple, from: time, to: time, packets: 0, octets: 0, flags: 0 }
      open.set(key, line)
    }
    line.to = time
    line.packets++
    line.octets += frame.readUInt16BE(ip + 2)
    line.flags |= frame[tcp + 13]!
  }
}
