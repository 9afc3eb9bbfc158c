/** X.509 certificates made by hand (RFC 5280), with any names and dates: nothing in Node makes them. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface CertificateWish {
  /** The subject's common name. */
  readonly name: string
  /** Subject alternative names; absent: none. */
  readonly names?: readonly string[]
  readonly issuer?: string
  /** `2026-11-01`. */
  readonly from?: string
  readonly to?: string
  readonly key?: 'ec' | 'rsa'
  /** Below 128; what else is equal is another certificate by it. */
  readonly serial?: number
}

const KEYS: Readonly<Record<'ec' | 'rsa', KeyObject>> = {
  ec: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  rsa: createPrivateKey(readFileSync(new URL('../protocols/tls/rsa.pem', import.meta.url), 'utf8')),
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts)
const oid = (hex: string): Buffer => tlv(6, Buffer.from(hex, 'hex'))
const COMMON_NAME = oid('550403')
const ALTERNATIVE_NAME = oid('551d11')
const SIGNED_BY: Readonly<Record<'ec' | 'rsa', Buffer>> = {
  ec: sequence(oid('2a8648ce3d040302')),
  rsa: sequence(oid('2a864886f70d01010b'), tlv(5)),
}

const nameOf = (name: string): Buffer =>
  sequence(tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, Buffer.from(name)))))
const utcTime = (date: string): Buffer =>
  tlv(0x17, Buffer.from(`${date.slice(2).replaceAll('-', '')}000000Z`))

const made = new Map<string, Uint8Array>()

/** The certificate in DER; the same wish gives the same one. */
export function certificate(wish: CertificateWish): Uint8Array {
  const key = JSON.stringify(wish)
  const known = made.get(key) ?? issue(wish)
  made.set(key, known)
  return known
}

function issue(wish: CertificateWish): Uint8Array {
  const { name, names = [], issuer = 'Lab Root', from = '2026-01-01', to = '2028-01-01', key = 'ec' } = wish
  const secret = KEYS[key]
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' })
  const san = tlv(4, sequence(...names.map((one) => tlv(0x82, Buffer.from(one)))))
  const extensions = names.length === 0 ? [] : [tlv(0xa3, sequence(sequence(ALTERNATIVE_NAME, san)))]
  const body = sequence(
    tlv(0xa0, tlv(2, Buffer.from([2]))),
    tlv(2, Buffer.from([1, wish.serial ?? 1])),
    SIGNED_BY[key],
    nameOf(issuer),
    sequence(utcTime(from), utcTime(to)),
    nameOf(name),
    spki,
    ...extensions,
  )
  const signature = sign('sha256', body, secret)
  return sequence(body, SIGNED_BY[key], tlv(3, Buffer.concat([Buffer.from([0]), signature])))
}
