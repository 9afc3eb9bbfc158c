/**
 * What the generated connections say: opaque octets, TLS 1.2 with a resumed session (RFC 5246 7.3), TLS
 * records of ciphertext. Each maker fills one `Payload` of its own, valid until its next call.
 */
import type { Payload } from './traffic.ts'
import type { Random } from '../scenario/random.ts'

const POOL_BYTES = 1 << 20

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')]
const two = (n: number): number[] => [n >> 8, n & 255]
const sized = (body: number[]): number[] => [...two(body.length), ...body]
const extension = (type: number, body: number[]): number[] => [...two(type), ...sized(body)]
const handshakeRecord = (type: number, body: number[]): number[] => [
  0x16,
  3,
  3,
  ...sized([type, 0, ...sized(body)]),
]

/** Endless ciphertext: any even slice of a pool of random octets, its sum known beforehand. */
export function createOpaque(random: Random): (length: number) => Payload {
  const bytes = random.fill(new Uint8Array(POOL_BYTES))
  const sums = new Float64Array(POOL_BYTES / 2 + 1)
  for (let i = 0; i < POOL_BYTES / 2; i++) sums[i + 1] = sums[i]! + (bytes[2 * i]! << 8) + bytes[2 * i + 1]!
  const payload: Payload = { bytes, start: 0, length: 0, sum: 0 }
  return (length) => {
    payload.start = random.between(0, (POOL_BYTES - length - 2) >> 1) * 2
    payload.length = length
    const end = payload.start + length,
      odd = length & 1
    payload.sum = sums[(end - odd) >> 1]! - sums[payload.start >> 1]! + (odd === 1 ? bytes[end - 1]! << 8 : 0)
    return payload
  }
}

function template(
  octets: number[],
  fresh: readonly (readonly [at: number, length: number])[],
  random: Random,
) {
  const bytes = new Uint8Array(octets)
  const payload: Payload = { bytes, start: 0, length: bytes.length, sum: -1 }
  return (): Payload => {
    for (const [at, length] of fresh) random.fill(bytes, at, at + length)
    return payload
  }
}

export interface TlsWords {
  clientHello(): Payload
  /** ServerHello, ChangeCipherSpec and Finished of a resumed session. */
  serverHello(): Payload
  clientFinished(): Payload
  /** One record of `length` octets of ciphertext, header not counted. */
  applicationData(length: number): Payload
  /** An encrypted close_notify. */
  alert(): Payload
}

/**
 * The words of a TLS 1.2 conversation in the record layer's frames; randoms and session identifiers are fresh
 * each time.
 */
export function createTls(random: Random, serverName: string): TlsWords {
  const suites = sized([0xc0, 0x2f, 0xc0, 0x30, 0x00, 0x9c, 0x00, 0x2f])
  const names = extension(0, sized([0, ...sized(ascii(serverName))]))
  const groups = extension(10, sized([0, 29, 0, 23])),
    points = extension(11, [1, 0])
  const signatures = extension(13, sized([4, 3, 4, 1, 5, 1, 2, 1])),
    master = extension(23, [])
  const extensions = sized([...names, ...groups, ...points, ...signatures, ...master])
  const blank = new Array<number>(32).fill(0)
  const hello = handshakeRecord(1, [3, 3, ...blank, 32, ...blank, ...suites, 1, 0, ...extensions])
  const answer = handshakeRecord(2, [3, 3, ...blank, 32, ...blank, 0xc0, 0x2f, 0, ...sized(master)])
  const finished = [0x14, 3, 3, 0, 1, 1, 0x16, 3, 3, 0, 40, ...new Array<number>(40).fill(0)]
  const data = new Uint8Array(5 + 1024)
  const record: Payload = { bytes: data, start: 0, length: 0, sum: -1 }
  return {
    clientHello: template(
      hello,
      [
        [11, 32],
        [44, 32],
      ],
      random,
    ),
    serverHello: template(
      [...answer, ...finished],
      [
        [11, 32],
        [44, 32],
        [answer.length + 11, 40],
      ],
      random,
    ),
    clientFinished: template(finished, [[11, 40]], random),
    alert: template([0x15, 3, 3, 0, 26, ...new Array<number>(26).fill(0)], [[5, 26]], random),
    applicationData(length) {
      data.set([0x17, 3, 3, length >> 8, length & 255])
      random.fill(data, 5, 5 + length)
      record.length = 5 + length
      return record
    },
  }
}
