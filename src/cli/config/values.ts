/**
 * Values of the configuration that are written as text: durations (`15s`) and addresses (single, CIDR,
 * range).
 *
 * Each reader returns the value, or a sentence that says what is wrong with the text. They throw nothing.
 */
import { isIP } from 'node:net'
import { addressNumber, type AddressNumber } from '../../model/address.ts'
import type { AddressRange } from '../../model/deployment.ts'
import type { Micros } from '../../model/time.ts'
import { MILLISECOND, SECOND } from '../../model/time.ts'

export type Read<T> = { readonly value: T } | { readonly wrong: string }

/** The units of a duration; the pattern and the message below are made from this table. */
const UNITS: ReadonlyMap<string, Micros> = new Map([
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', 60 * SECOND],
  ['h', 3_600 * SECOND],
  ['d', 86_400 * SECOND],
])
export const DURATION = new RegExp(`^(\\d{1,9}(?:\\.\\d{1,6})?) ?(${[...UNITS.keys()].join('|')})$`)
/**
 * Ten years. No timer of a device is as long (FortiGate 604,800 s, Linux 432,000 s): it is a slip of the pen.
 */
const DURATION_MAX: Micros = 10 * 365 * 86_400 * SECOND
const DURATION_EXAMPLES = '500ms, 15s, 5m, 24h or 2d'

/** `15s` -> 15,000,000. */
export function duration(text: string): Read<Micros> {
  const [, number, unit = ''] = DURATION.exec(text) ?? []
  if (number === undefined) {
    const bare = /^\d+(\.\d+)?$/.test(text)
    return {
      wrong: bare
        ? `has no unit; write ${text}s, ${text}m or ${text}h`
        : `must be a duration such as ${DURATION_EXAMPLES}`,
    }
  }
  const value = Math.round(Number(number) * (UNITS.get(unit) ?? NaN))
  return value > DURATION_MAX ? { wrong: 'is longer than ten years' } : { value }
}

/** Null for what is no address, and for one with a zone. */
const numberOf = (address: string): AddressNumber | null =>
  isIP(address) === 0 ? null : addressNumber(address)

/**
 * `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `2001:db8::/32`. Host bits of a CIDR are ignored, as routers
 * do.
 */
export function addressRange(text: string): Read<AddressRange> {
  if (text.includes('/')) return network(text)
  const [from = '', to = from, ...rest] = text.split('-').map((part) => part.trim())
  const [first, last] = [numberOf(from), numberOf(to)]
  if (first === null || last === null || rest.length > 0) return { wrong: whyNoAddress(text) }
  if (first.version !== last.version) return { wrong: 'is a range from one address family into the other' }
  return first.value > last.value
    ? { wrong: 'is a range that ends before it begins' }
    : { value: { text, version: first.version, first: first.value, last: last.value } }
}

function network(text: string): Read<AddressRange> {
  const [address = '', prefix = '', ...rest] = text.split('/')
  const number = numberOf(address)
  if (number === null || rest.length > 0) return { wrong: whyNoAddress(text) }
  const { version, value } = number
  const bits = version === 4 ? 32 : 128
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return { wrong: `must have a prefix length of 0 to ${bits}` }
  const hostBits = BigInt(bits - Number(prefix))
  const first = (value >> hostBits) << hostBits
  return { value: { text, version, first, last: first + (1n << hostBits) - 1n } }
}

function whyNoAddress(text: string): string {
  if (text.includes('%')) return 'has a zone; addresses are written without one'
  return 'must be an address, a CIDR or a range, such as 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9'
}

const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/

/** `127.0.0.1:57012`, `sensor.example.com:57012`, `[::1]:57012`. */
export function hostAndPort(text: string): Read<{ readonly host: string; readonly port: number }> {
  const [, six, other, digits = ''] = HOST_AND_PORT.exec(text) ?? []
  const host = six ?? other
  const port = Number(digits)
  if (host === undefined || port > 65_535 || (six !== undefined && isIP(six) !== 6))
    return { wrong: 'is no address; write HOST:PORT, as in 127.0.0.1:57012 or [::1]:57012' }
  return { value: { host, port } }
}

/** `0.0.0.0:2055`, which is UDP, as `udp:0.0.0.0:2055`; `tcp:0.0.0.0:4739`. */
export function flowAddress(text: string): Read<{
  readonly transport: 'udp' | 'tcp'
  readonly host: string
  readonly port: number
}> {
  const [, transport = 'udp', place = ''] = /^(?:(udp|tcp):)?(.*)$/s.exec(text) ?? []
  const read = hostAndPort(place)
  if ('wrong' in read)
    return { wrong: 'is no address; write HOST:PORT, as in 0.0.0.0:2055 or [::]:2055, or tcp:HOST:PORT' }
  return { value: { transport: transport as 'udp' | 'tcp', ...read.value } }
}
