/** The cookies of one response among themselves, and against what the server behind a relay sent. */
import type { SetCookie } from './cookie.ts'

/**
 * Two lines of one name: the same line twice; the last replaces the first (same path and domain); both live
 * (another path or domain, RFC 6265 §5.3); deleted and set anew, a common idiom; or names that differ in case
 * only, which are two cookies.
 */
export type SameNameKind = 'identical-line' | 'last-wins' | 'both-live' | 'delete-then-set' | 'case-pair'

export interface SameName {
  readonly kind: SameNameKind
  readonly first: SetCookie
  readonly second: SetCookie
}

/**
 * Every line that shares its name with an earlier one, in order, with the one that it stands against: the last
 * that it replaces, or else the last of its name, or of its name in another case.
 */
export function sameNames(cookies: readonly SetCookie[]): SameName[] {
  const pairs: SameName[] = []
  for (const [i, second] of cookies.entries()) {
    const earlier = cookies.slice(0, i)
    const first =
      earlier.findLast((c) => isReplaced(c, second)) ??
      earlier.findLast((c) => c.name === second.name) ??
      earlier.findLast((c) => c.name.toLowerCase() === second.name.toLowerCase())
    if (first !== undefined) pairs.push({ kind: kindOf(first, second), first, second })
  }
  return pairs
}

/** Name, domain and path are what tells cookies apart (RFC 6265 §5.3, step 11). */
const isReplaced = (first: SetCookie, second: SetCookie): boolean =>
  first.name === second.name && first.path === second.path && first.domain === second.domain

function kindOf(first: SetCookie, second: SetCookie): SameNameKind {
  if (first.name !== second.name) return 'case-pair'
  if (first.line === second.line) return 'identical-line'
  if (!isReplaced(first, second)) return 'both-live'
  return first.expired && !second.expired ? 'delete-then-set' : 'last-wins'
}

export interface Injection {
  /** Lines that the client received and the server did not send. */
  readonly injected: readonly SetCookie[]
  /** Lines of the server that arrived with another value. */
  readonly rewritten: readonly { readonly sent: SetCookie; readonly received: SetCookie }[]
  /** Lines of the server that did not arrive. */
  readonly removed: readonly SetCookie[]
}

/** What a relay did to the cookies of a response: equal lines belong together, then equal values, then names. */
export function injectedByComparison(client: readonly SetCookie[], server: readonly SetCookie[]): Injection {
  const received = [...client]
  const take = (isSame: (c: SetCookie) => boolean): SetCookie | null => {
    const at = received.findIndex(isSame)
    const [taken = null] = at < 0 ? [] : received.splice(at, 1)
    return taken
  }
  const changed = server
    .filter((sent) => take((c) => c.line === sent.line) === null)
    .filter((sent) => take((c) => c.name === sent.name && c.valueHash === sent.valueHash) === null)
  const rewritten: { sent: SetCookie; received: SetCookie }[] = []
  const removed: SetCookie[] = []
  for (const sent of changed) {
    const arrived = take((c) => c.name === sent.name)
    if (arrived === null) removed.push(sent)
    else rewritten.push({ sent, received: arrived })
  }
  return { injected: received, rewritten, removed }
}
