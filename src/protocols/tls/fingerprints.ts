/**
 * Fingerprints of TLS stacks: JA3 and JA3S (salesforce/ja3) and JA4 (FoxIO ja4, technical_details/JA4.md;
 * BSD-3). Pure functions of a parsed hello. The rest of the JA4 family has another licence and is
 * deliberately absent.
 */
import { hash } from 'node:crypto'
import type { ClientHelloFields } from './client-hello.ts'
import * as is from './constants.data.ts'
import { withoutGrease } from './grease.ts'
import type { ServerHelloFields } from './server-hello.ts'

const md5 = (text: string): string => hash('md5', Buffer.from(text, 'latin1'), 'hex')

/** `version,suites,extensions,groups,point formats` in decimal and without GREASE: what JA3 hashes. */
export const ja3Text = (hello: ClientHelloFields): string =>
  [
    hello.legacyVersion,
    withoutGrease(hello.cipherSuites).join('-'),
    withoutGrease(hello.extensions).join('-'),
    withoutGrease(hello.groups).join('-'),
    hello.pointFormats.join('-'),
  ].join(',')

/** 32 hex digits. */
export const ja3 = (hello: ClientHelloFields): string => md5(ja3Text(hello))

/** `version,suite,extensions` of a ServerHello, hashed: 32 hex digits. */
export const ja3s = (hello: ServerHelloFields): string =>
  md5([hello.legacyVersion, hello.cipherSuite, withoutGrease(hello.extensions).join('-')].join(','))

/** JA4 of a hello over TCP, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
export function ja4(hello: ClientHelloFields): string {
  const suites = withoutGrease(hello.cipherSuites)
  const extensions = withoutGrease(hello.extensions)
  const shape = [
    't',
    VERSION_CODE.get(highestVersion(hello)) ?? '00',
    hello.extensions.includes(is.SERVER_NAME) ? 'd' : 'i',
    twoDigits(suites.length),
    twoDigits(extensions.length),
    alpnCode(hello.alpn[0] ?? ''),
  ].join('')
  return [shape, shortHash(sortedHex(suites)), shortHash(extensionText(hello, extensions))].join('_')
}

const VERSION_CODE: ReadonlyMap<number, string> = new Map([
  [is.TLS_1_3, '13'],
  [is.TLS_1_2, '12'],
  [is.TLS_1_1, '11'],
  [is.TLS_1_0, '10'],
  [is.SSL_3, 's3'],
  [is.SSL_2, 's2'],
])

function highestVersion(hello: ClientHelloFields): number {
  const versions = withoutGrease(hello.supportedVersions)
  return versions.length > 0 ? Math.max(...versions) : hello.legacyVersion
}

const twoDigits = (count: number): string => String(Math.min(count, 99)).padStart(2, '0')
const fourHex = (value: number): string => value.toString(16).padStart(4, '0')
const sortedHex = (values: readonly number[]): string => values.map(fourHex).toSorted().join(',')

/** 12 hex digits of SHA-256; zeros for an empty list, so that it shows. */
const shortHash = (text: string): string =>
  text === '' ? '000000000000' : hash('sha256', Buffer.from(text, 'latin1'), 'hex').slice(0, 12)

function extensionText(hello: ClientHelloFields, extensions: readonly number[]): string {
  const sorted = sortedHex(extensions.filter((type) => type !== is.SERVER_NAME && type !== is.ALPN))
  const algorithms = withoutGrease(hello.signatureAlgorithms).map(fourHex).join(',')
  return algorithms === '' ? sorted : `${sorted}_${algorithms}`
}

/** First and last character of a protocol name; of its hex form if either is not alphanumeric. */
function alpnCode(name: string): string {
  if (name === '') return '00'
  const ends = name[0]! + name.at(-1)!
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends
  const octets = Buffer.from(name, 'latin1').toString('hex')
  return octets[0]! + octets.at(-1)!
}
