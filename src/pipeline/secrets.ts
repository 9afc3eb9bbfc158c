/**
 * The TLS secrets of an analysis: those that an analyst gave, and those that its captures hold. Those of one
 * capture open the connections of all. Nothing here is logged or stored.
 */
import type { TlsSecrets } from '../model/stream.ts'
import { keyLog } from '../protocols/tls/key-log.ts'
import type { TapInput } from './run.ts'

/** Answers the secrets that are known by now, null as long as there are none: then TLS costs less to read. */
export function secretsOfAll(
  given: TlsSecrets | null,
  inputs: readonly Pick<TapInput, 'secrets' | 'reader'>[],
): () => TlsSecrets | null {
  const embedded = keyLog(...inputs.flatMap(({ secrets }) => secrets ?? []))
  const taken = inputs.map(() => 0)
  let both: TlsSecrets | null = null
  const takeNew = (): void => {
    for (const [i, { reader }] of inputs.entries())
      while (taken[i]! < reader.secrets.length) embedded.add(reader.secrets[taken[i]!++]!)
  }
  return () => {
    if (both !== null) return both
    takeNew()
    if (given === null && !embedded.hasAny) return null
    return (both = joined(given, embedded, takeNew))
  }
}

/** Both, those given first. Captures may bring more while they are read: `takeNew` is called before. */
function joined(given: TlsSecrets | null, embedded: TlsSecrets, takeNew: () => void): TlsSecrets {
  const all = given === null ? [embedded] : [given, embedded]
  const keeper = given ?? embedded
  return {
    secretOf(label, key) {
      takeNew()
      for (const one of all) {
        const secret = one.secretOf(label, key)
        if (secret !== undefined) return secret
      }
      return undefined
    },
    get hasPremasters() {
      return all.some((one) => one.hasPremasters)
    },
    premasterOf: (publicKeyHash, encrypted) => given?.premasterOf(publicKeyHash, encrypted),
    sessionOf: (id) => all.map((one) => one.sessionOf(id)).find((secret) => secret !== undefined),
    keepSession: (id, master) => keeper.keepSession(id, master),
  }
}
