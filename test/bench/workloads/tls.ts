/**
 * Workloads `tls12` and `tls13`: the messages of `http`, protected with AES-128-GCM, and the key log that
 * opens them. Handshakes are as short as they may be: no certificate, since those are read at any rate.
 *
 * All connections share their secrets and differ in the client's random: to who reads them that is the same.
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { expandLabel, keyBlock } from '../../../src/protocols/tls/key-schedule.ts'
import { clientHello, concat, message, record, serverHello, TLS13 } from '../../protocols/tls/craft.ts'
import type { Payload, Traffic } from '../traffic.ts'
import { generateHttp, type Dress } from './http.ts'

const TAG_BYTES = 16
const HEADER_BYTES = 5
/** TLS 1.2: the part of the nonce that stands in the record. */
const EXPLICIT_BYTES = 8
const MESSAGE_ROOM = 4096
const APPLICATION_DATA = 23,
  HANDSHAKE = 22,
  CHANGE_CIPHER_SPEC = 20
const SECRET = new Uint8Array(32).fill(0x5a)
const MASTER = new Uint8Array(48).fill(0xa5)
const SERVER_RANDOM = '5e'.repeat(32)
const LABELS = [
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
]

const randomOf = (connection: number): string => connection.toString(16).padStart(64, 'c')
const payload = (bytes: Uint8Array): Payload => ({ bytes, start: 0, length: bytes.length, sum: -1 })
const FINISHED = message(20, new Uint8Array(12))
const CHANGE = record(CHANGE_CIPHER_SPEC, Uint8Array.of(1))

/** The key log beside a capture that is, or was, generated at `path`. */
export const keyLogOf = (path: string): string => `${path.replace(/\.\d+\.part$/, '')}.keylog`

/** Records of TLS 1.2 (RFC 5288) or 1.3 (RFC 8446 §5.2), sealed into one buffer. */
function seal(
  out: Uint8Array,
  key: KeyObject,
  iv: Uint8Array,
  sequence: number,
  type: number,
  { bytes, start, length }: Payload,
  is13: boolean,
): Payload {
  const inner = is13 ? concat(bytes.subarray(start, start + length), Uint8Array.of(type)) : bytes
  const from = is13 ? 0 : start
  const size = is13 ? inner.length : length
  const nonce = new Uint8Array(12)
  nonce.set(iv)
  const number = new DataView(nonce.buffer)
  number.setUint32(8, is13 ? number.getUint32(8) ^ sequence : sequence)
  const explicit = is13 ? 0 : EXPLICIT_BYTES
  const view = new DataView(out.buffer)
  out[0] = is13 ? APPLICATION_DATA : type
  view.setUint16(1, 0x0303)
  view.setUint16(3, explicit + size + TAG_BYTES)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  if (is13) cipher.setAAD(out.subarray(0, HEADER_BYTES))
  else cipher.setAAD(associated(sequence, type, size))
  out.set(nonce.subarray(4, 4 + explicit), HEADER_BYTES)
  out.set(cipher.update(inner.subarray(from, from + size)), HEADER_BYTES + explicit)
  cipher.final()
  out.set(cipher.getAuthTag(), HEADER_BYTES + explicit + size)
  return { bytes: out, start: 0, length: HEADER_BYTES + explicit + size + TAG_BYTES, sum: -1 }
}

function associated(sequence: number, type: number, length: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(13))
  data.setUint32(4, sequence)
  data.setUint8(8, type)
  data.setUint16(9, 0x0303)
  data.setUint16(11, length)
  return new Uint8Array(data.buffer)
}

function dress13(connections: number): Dress {
  const key = createSecretKey(expandLabel('sha256', SECRET, 'key', 16))
  const iv = expandLabel('sha256', SECRET, 'iv', 12)
  const sequences = new Uint32Array(2 * connections)
  const out = new Uint8Array(MESSAGE_ROOM)
  const protect = (sequence: number, type: number, what: Payload): Payload =>
    seal(out, key, iv, sequence, type, what, true)
  const offers = Buffer.from('002b0003020304', 'hex')
  return {
    flights: 3,
    flight(connection, number) {
      const hello = { random: randomOf(connection), extensions: [offers] }
      if (number === 0) return payload(record(HANDSHAKE, clientHello(hello)))
      const finished = concat(message(20, new Uint8Array(32)))
      if (number === 2) return protect(0, HANDSHAKE, payload(finished))
      const answer = record(HANDSHAKE, serverHello({ random: SERVER_RANDOM, extensions: [TLS13] }))
      const flight = protect(0, HANDSHAKE, payload(concat(message(8, new Uint8Array(2)), finished)))
      return payload(concat(answer, out.subarray(0, flight.length)))
    },
    seal: (half, what) => protect(sequences[half]!++, APPLICATION_DATA, what),
  }
}

function dress12(connections: number): Dress {
  const sequences = new Uint32Array(2 * connections)
  const out = new Uint8Array(MESSAGE_ROOM)
  const keys = new Map<number, { readonly key: KeyObject; readonly iv: Uint8Array }>()
  const protect = (half: number, type: number, what: Payload): Payload => {
    const { key, iv } = keys.get(half) ?? keysOf(half)
    return seal(out, key, iv, sequences[half]!++, type, what, false)
  }
  const keysOf = (half: number): { readonly key: KeyObject; readonly iv: Uint8Array } => {
    const side = half & 1
    const random = Buffer.from(randomOf(half >> 1), 'hex')
    const block = keyBlock('sha256', MASTER, random, Buffer.from(SERVER_RANDOM, 'hex'), 40)
    const key = createSecretKey(block.subarray(16 * side, 16 * side + 16))
    const made = { key, iv: block.subarray(32 + 4 * side, 36 + 4 * side) }
    keys.set(half, made)
    return made
  }
  const finished = (half: number): Uint8Array => {
    const { length } = protect(half, HANDSHAKE, payload(FINISHED))
    return concat(CHANGE, out.subarray(0, length))
  }
  return {
    flights: 4,
    flight(connection, number) {
      if (number === 0) {
        return payload(record(HANDSHAKE, clientHello({ random: randomOf(connection), suites: [0xc02f] })))
      }
      if (number === 1) {
        const hello = serverHello({ random: SERVER_RANDOM, suites: [0xc02f] })
        return payload(record(HANDSHAKE, concat(hello, message(14))))
      }
      if (number === 3) return payload(finished(2 * connection + 1))
      return payload(concat(record(HANDSHAKE, message(16, new Uint8Array(66))), finished(2 * connection)))
    },
    seal: (half, what) => protect(half, APPLICATION_DATA, what),
  }
}

function generate(
  path: string,
  dress: (connections: number) => Dress,
  lines: (random: string) => string[],
): Traffic['counts'] {
  let connections = 0
  const counts = generateHttp(path, (count) => dress((connections = count)))
  const randoms = Array.from({ length: connections }, (_, i) => randomOf(i))
  writeFileSync(keyLogOf(path), `${randoms.flatMap(lines).join('\n')}\n`)
  return counts
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const generateTls12 = (path: string): Traffic['counts'] =>
  generate(path, dress12, (random) => [`CLIENT_RANDOM ${random} ${hex(MASTER)}`])

export const generateTls13 = (path: string): Traffic['counts'] =>
  generate(path, dress13, (random) => LABELS.map((label) => `${label} ${random} ${hex(SECRET)}`))
