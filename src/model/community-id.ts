/**
 * Community ID, version 1 (github.com/corelight/community-id-spec): a hash of the 5-tuple that other tools
 * give as well. The lower endpoint comes first; it does not survive address translation.
 */
import { createHash } from 'node:crypto'
import { addressNumber } from './address.ts'
import type { Endpoint } from './packet.ts'

const TCP = 6
const SEED = 0

/** `1:` and the base64 of the SHA-1 over seed, addresses, protocol, padding and ports. */
export function communityId(a: Endpoint, b: Endpoint): string {
  const left = addressBytes(a.address)
  const right = addressBytes(b.address)
  const order = Buffer.compare(left, right)
  const swap = order > 0 || (order === 0 && a.port > b.port)
  const [first, second, firstPort, secondPort] = swap
    ? [right, left, b.port, a.port]
    : [left, right, a.port, b.port]
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(firstPort, 0)
  ports.writeUInt16BE(secondPort, 2)
  const seed = Buffer.alloc(2)
  seed.writeUInt16BE(SEED, 0)
  const hash = createHash('sha1')
    .update(seed)
    .update(first)
    .update(second)
    .update(Buffer.from([TCP, 0]))
    .update(ports)
  return `1:${hash.digest('base64')}`
}

function addressBytes(address: string): Buffer {
  const number = addressNumber(address)
  if (number === null) return Buffer.alloc(0)
  const digits = number.version === 4 ? 8 : 32
  return Buffer.from(number.value.toString(16).padStart(digits, '0'), 'hex')
}
