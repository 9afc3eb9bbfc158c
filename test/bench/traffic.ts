/**
 * Writes millions of TCP segments of many connections into one classic pcap file (microseconds, Ethernet,
 * IPv4): state in columns, one output buffer, correct lengths, sequence numbers and checksums. About 3
 * million small frames a second.
 *
 * A half is one direction of a connection: `2 * connection + side`, side 0 being the agent (the originator).
 */
import { closeSync, openSync, writeSync } from 'node:fs'

export const FIN = 0x01,
  SYN = 0x02,
  RST = 0x04,
  PSH = 0x08,
  ACK = 0x10

const FILE_HEADER = 24,
  RECORD_HEADER = 16
const BUFFER_BYTES = 1 << 23 // written whole; larger gains nothing
const FRAME_ROOM = 16 + 14 + 20 + 60 + 1460 // record, Ethernet, IPv4, TCP with options, one full segment
const ETHERNET_MIN = 60 // octets without FCS: shorter frames arrive padded
const SYN_WINDOW = 64_240,
  WINDOW = 251 // scaled by 256 once the SYNs are through

/** Octets to send: a slice of a buffer; `sum` of its 16-bit words if it is known, else -1. */
export interface Payload {
  bytes: Uint8Array
  start: number
  length: number
  sum: number
}

export const NOTHING: Payload = { bytes: new Uint8Array(0), start: 0, length: 0, sum: 0 }

function sumOf(b: Uint8Array, start: number, end: number): number {
  let sum = 0,
    at = start
  for (; at + 1 < end; at += 2) sum += (b[at]! << 8) | b[at + 1]!
  return at < end ? sum + (b[at]! << 8) : sum
}

function checksum(sum: number): number {
  const once = (sum % 0x10000) + Math.floor(sum / 0x10000)
  const twice = (once & 0xffff) + (once >>> 16)
  return ~((twice & 0xffff) + (twice >>> 16)) & 0xffff
}

function fileHeader(view: DataView): number {
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 262_144, true)
  view.setUint32(20, 1, true)
  return FILE_HEADER
}

function writeRecord(view: DataView, at: number, time: number, length: number): void {
  const second = Math.floor(time / 1e6)
  view.setUint32(at, second, true)
  view.setUint32(at + 4, time - second * 1e6, true)
  view.setUint32(at + 8, length, true)
  view.setUint32(at + 12, length, true)
}

function writeEthernet(view: DataView, at: number, half: number): void {
  const toAgent = (half & 1) === 1
  view.setUint32(at, 0x02000000)
  view.setUint16(at + 4, toAgent ? 1 : 2)
  view.setUint32(at + 6, 0x02000000)
  view.setUint16(at + 10, toAgent ? 2 : 1)
  view.setUint16(at + 12, 0x0800)
}

/** TCP options: those of a SYN, or the timestamps alone. Returns where they end. */
function writeOptions(
  view: DataView,
  start: number,
  syn: boolean,
  stamped: boolean,
  value: number,
  echo: number,
): number {
  let at = start
  if (syn) {
    view.setUint32(at, 0x020405b4) // maximum segment size 1460
    view.setUint32(at + 4, 0x01030308) // window scale 8
    view.setUint32(at + 8, 0x01010402) // selective acknowledgments permitted
    at += 12
  }
  if (!stamped) return at
  view.setUint32(at, 0x0101080a)
  view.setUint32(at + 4, value)
  view.setUint32(at + 8, echo)
  return at + 12
}

export class Traffic {
  /** Per half: IPv4 address, port, next sequence number. */
  readonly address: Uint32Array
  readonly port: Uint16Array
  readonly next: Uint32Array
  /** Per connection: 1 if both hosts send TCP timestamps. */
  readonly timestamps: Uint8Array
  /** Per connection: the number of its next step, for the story that is being told. */
  readonly step: Uint16Array
  readonly counts = { packets: 0, bytes: FILE_HEADER }
  private readonly identification: Uint16Array
  private readonly file: number
  private readonly out = new Uint8Array(BUFFER_BYTES)
  private readonly view = new DataView(this.out.buffer)
  private used: number

  constructor(path: string, connections: number) {
    this.file = openSync(path, 'w')
    this.address = new Uint32Array(2 * connections)
    this.port = new Uint16Array(2 * connections)
    this.next = new Uint32Array(2 * connections)
    this.identification = new Uint16Array(2 * connections)
    this.timestamps = new Uint8Array(connections)
    this.step = new Uint16Array(connections)
    this.used = fileHeader(this.view)
  }

  /**
   * One segment at `time` (microseconds); `back` moves its sequence number backwards (a keep-alive probe: 1).
   */
  send(time: number, half: number, flags: number, payload: Payload = NOTHING, back = 0): void {
    if (this.used + FRAME_ROOM > BUFFER_BYTES) this.flush()
    const { out, view, next } = this
    const frame = this.used + RECORD_HEADER,
      ip = frame + 14,
      tcp = ip + 20,
      syn = (flags & SYN) !== 0
    const stamp = Math.floor(time / 1000) >>> 0,
      stamped = this.timestamps[half >> 1] === 1
    const data = writeOptions(view, tcp + 20, syn, stamped, stamp, (flags & ACK) !== 0 ? stamp - 20 : 0)
    const end = data + payload.length
    if (payload.length > 0)
      out.set(payload.bytes.subarray(payload.start, payload.start + payload.length), data)
    writeEthernet(view, frame, half)
    this.writeIp(ip, half, end - ip)
    this.writeTcp(tcp, half, flags, (next[half]! - back) >>> 0, data)
    const sum = payload.sum >= 0 ? payload.sum : sumOf(out, data, end)
    view.setUint16(
      tcp + 16,
      checksum(sumOf(out, ip + 12, ip + 20) + 6 + (end - tcp) + sumOf(out, tcp, data) + sum),
    )
    const padded = Math.max(end, frame + ETHERNET_MIN)
    out.fill(0, end, padded)
    writeRecord(view, this.used, time, padded - frame)
    if (back === 0) next[half] = next[half]! + payload.length + (syn ? 1 : 0) + (flags & FIN)
    this.counts.packets++
    this.counts.bytes += padded - this.used
    this.used = padded
  }

  close(): void {
    this.flush()
    closeSync(this.file)
  }

  private flush(): void {
    for (let at = 0; at < this.used;) at += writeSync(this.file, this.out, at, this.used - at)
    this.used = 0
  }

  private writeIp(at: number, half: number, length: number): void {
    const { view, address, identification } = this
    const id = (identification[half] = (identification[half]! + 1) & 0xffff),
      ttl = (half & 1) === 1 ? 63 : 126
    const source = address[half]!,
      destination = address[half ^ 1]!
    view.setUint16(at, 0x4500)
    view.setUint16(at + 2, length)
    view.setUint16(at + 4, id)
    view.setUint16(at + 6, 0x4000)
    view.setUint16(at + 8, (ttl << 8) | 6)
    view.setUint32(at + 12, source)
    view.setUint32(at + 16, destination)
    const words = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff)
    view.setUint16(at + 10, checksum(0x4500 + length + id + 0x4000 + ((ttl << 8) | 6) + words))
  }

  private writeTcp(at: number, half: number, flags: number, sequence: number, end: number): void {
    const { view, port, next } = this
    view.setUint16(at, port[half]!)
    view.setUint16(at + 2, port[half ^ 1]!)
    view.setUint32(at + 4, sequence)
    view.setUint32(at + 8, (flags & ACK) !== 0 ? next[half ^ 1]! : 0)
    view.setUint16(at + 12, ((end - at) << 10) | flags)
    view.setUint16(at + 14, (flags & SYN) !== 0 ? SYN_WINDOW : (flags & RST) !== 0 ? 0 : WINDOW)
    view.setUint32(at + 16, 0)
  }
}
