/** Octets without end, made while they are read: zeros, and a capture of one bulk transfer of full
 * segments. */
import { START } from './workloads/hosts.ts'

const CHUNK_BYTES = 1 << 20
const FILE_HEADER = 24
const RECORD_HEADER = 16
const HEADERS = 14 + 20 + 20
const SEGMENT = 1460
const RECORD = RECORD_HEADER + HEADERS + SEGMENT
const RECORDS = Math.floor(CHUNK_BYTES / RECORD) // of one chunk
const WIRE_TIME = 12 // microseconds: 1514 octets at 1 Gbit/s

export function* zeros(bytes: number): Generator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
}

/** A classic pcap of at least so many octets. Times and sequence numbers go on; payloads repeat. */
export function* captureOf(bytes: number): Generator<Uint8Array> {
  yield fileHeader()
  const template = chunkOfRecords()
  for (let sent = FILE_HEADER, record = 0; sent < bytes; record += RECORDS) {
    // a new one each time: the socket may not have taken the last one yet
    const chunk = Buffer.from(template)
    for (let i = 0; i < RECORDS; i++) number(chunk, i * RECORD, record + i)
    sent += chunk.length
    yield chunk
  }
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(FILE_HEADER)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(1, 20)
  return header
}

const hex = ([text = '']: TemplateStringsArray): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Records of one connection, from 10.32.0.1:10443 to 10.16.0.1:49152. */
function chunkOfRecords(): Buffer {
  const record = Buffer.alloc(RECORD)
  record.writeUInt32LE(RECORD - RECORD_HEADER, 8)
  record.writeUInt32LE(RECORD - RECORD_HEADER, 12)
  record.set(hex`020000000002 020000000001 0800`, RECORD_HEADER)
  const ip = RECORD_HEADER + 14
  record.set(hex`450005dc 00004000 3f060000 0a200001 0a100001`, ip)
  record.set(hex`28cbc000 00000000 00000001 501000fb 00000000`, ip + 20)
  for (let at = RECORD_HEADER + HEADERS; at < RECORD; at++) record[at] = Math.imul(at, 0x9e3779b1) >>> 24
  return Buffer.concat(Array.from({ length: RECORDS }, () => record))
}

/** The time and the sequence number of the n-th record. */
function number(chunk: Buffer, at: number, n: number): void {
  const time = START + n * WIRE_TIME
  const second = Math.floor(time / 1e6)
  chunk.writeUInt32LE(second, at)
  chunk.writeUInt32LE(time - second * 1e6, at + 4)
  chunk.writeUInt32BE((n * SEGMENT) % 2 ** 32, at + RECORD_HEADER + 38)
}
