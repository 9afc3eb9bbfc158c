/** Addresses as numbers that compare: for ranges and CIDR blocks. */

export interface AddressNumber {
  readonly version: 4 | 6
  readonly value: bigint
}

/** The number of a canonical address (dotted quad or RFC 5952 text); null for what is none. */
export function addressNumber(address: string): AddressNumber | null {
  if (address.includes(':')) return ipv6Number(address)
  const parts = address.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    const octet = Number(part)
    if (!Number.isInteger(octet) || octet < 0 || octet > 255) return null
    value = (value << 8n) | BigInt(octet)
  }
  return { version: 4, value }
}

function ipv6Number(address: string): AddressNumber | null {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = 8 - left.length - right.length
  if (zeros < 0 || (tail === undefined && zeros !== 0)) return null
  let value = 0n
  for (const group of [...left, ...new Array<string>(zeros).fill('0'), ...right]) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null
    value = (value << 16n) | BigInt(Number.parseInt(group, 16))
  }
  return { version: 6, value }
}
