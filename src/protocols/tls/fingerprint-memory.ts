/**
 * Fingerprints, computed once for each kind of client or server: an estate has few TLS stacks and many
 * handshakes, and three hashes for each of these cost more than all the rest of its account.
 *
 * Contract: answers as the functions of fingerprints.ts do; hellos that differ in GREASE alone are one kind.
 */
import { FNV_BASIS, fnv } from '../../bytes/fnv.ts'
import type { ClientHelloFields } from './client-hello.ts'
import { ja3, ja3s, ja4 } from './fingerprints.ts'
import { GREASE, isGrease } from './grease.ts'
import type { ServerHelloFields } from './server-hello.ts'

export interface ClientFingerprints {
  readonly ja3: string
  readonly ja4: string
}

/** Kinds that are remembered; at the next one all are forgotten. Browsers that shuffle extensions make
 * many. */
const KINDS_MAX = 4_096

/** What a fingerprint is made of: lists of numbers, and one text. */
type Parts = readonly [text: string, ...lists: (readonly number[])[]]

const clientParts = (hello: ClientHelloFields): Parts => [
  hello.alpn[0] ?? '',
  [hello.legacyVersion],
  hello.cipherSuites,
  hello.extensions,
  hello.supportedVersions,
  hello.groups,
  hello.pointFormats,
  hello.signatureAlgorithms,
]
const serverParts = ({ legacyVersion, cipherSuite, extensions }: ServerHelloFields): Parts => [
  '',
  [legacyVersion, cipherSuite],
  extensions,
]

/** JA3 and JA4 of a ClientHello. */
export const clientFingerprints: (hello: ClientHelloFields) => ClientFingerprints = remembering(
  clientParts,
  (hello) => ({ ja3: ja3(hello), ja4: ja4(hello) }),
)

/** JA3S of a ServerHello. */
export const serverFingerprint: (hello: ServerHelloFields) => string = remembering(serverParts, ja3s)

function remembering<Hello, Result>(
  partsOf: (hello: Hello) => Parts,
  make: (hello: Hello) => Result,
): (hello: Hello) => Result {
  const known = new Map<number, { readonly parts: Parts; readonly result: Result }>()
  return (hello) => {
    const parts = partsOf(hello)
    const key = hashOf(parts)
    const same = known.get(key)
    if (same !== undefined && areEqual(same.parts, parts)) return same.result
    if (known.size >= KINDS_MAX) known.clear()
    const result = make(hello)
    known.set(key, { parts, result })
    return result
  }
}

const plain = (value: number): number => (isGrease(value) ? GREASE : value)

function hashOf([, ...lists]: Parts): number {
  let hash = FNV_BASIS
  for (const list of lists) {
    for (const value of list) hash = fnv(hash, plain(value))
    hash = fnv(hash, list.length)
  }
  return hash
}

function areEqual([text, ...lists]: Parts, [otherText, ...others]: Parts): boolean {
  return text === otherText && lists.every((list, i) => isSame(list, others[i]!))
}

const isSame = (list: readonly number[], other: readonly number[]): boolean =>
  list.length === other.length && list.every((value, i) => plain(value) === plain(other[i]!))
