/** The cookies of one response among themselves, and against what the server behind a relay sent. */
import type { SetCookie } from './cookie.ts'

/**
 * Two lines of one name: the same line twice; the last replaces the first (same path and domain); both live (another path or
 * domain, RFC 6265 §5.3); deleted and set anew, a common idiom; or names that differ in case only, which are two cookies.
 */
export type SameNameKind = 'identical-line' | 'last-wins' | 'both-live' | 'delete-then-set' | 'case-pair'

export interface SameName {
  readonly kind: SameNameKind
  readonly first: SetCookie
  readonly second: SetCookie
}

/** Every pair of neighbours in the list of one name, in order. */
export function sameNames(cookies: readonly SetCookie[]): SameName[] {
  const pairs: SameName[] = []
  for (const [i, second] of cookies.entries()) {
    const first = cookies.slice(0, i).findLast((c) => c.name.toLowerCase() === second.name.toLowerCase())
    if (first !== undefined) pairs.push({ kind: kindOf(first, second), first, second })
  }
  return pairs
}

function kindOf(first: SetCookie, second: SetCookie): SameNameKind {
  if (first.name !== second.name) return 'case-pair'
  if (first.line === second.line) return 'identical-line'
  if (first.path !== second.path || first.domain !== second.domain) return 'both-live'
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

/** What a relay did to the cookies of a response, line by line: equal lines first, then equal names. */
export function injectedByComparison(client: readonly SetCookie[], server: readonly SetCookie[]): Injection {
  const received = [...client]
  const unmatched: SetCookie[] = []
  for (const sent of server) {
    const at = received.findIndex((c) => c.name === sent.name && c.valueHash === sent.valueHash)
    if (at >= 0) received.splice(at, 1)
    else unmatched.push(sent)
  }
  const rewritten: { sent: SetCookie; received: SetCookie }[] = []
  const removed: SetCookie[] = []
  for (const sent of unmatched) {
    const at = received.findIndex((c) => c.name === sent.name)
    if (at >= 0) rewritten.push({ sent, received: received.splice(at, 1)[0]! })
    else removed.push(sent)
  }
  return { injected: received, rewritten, removed }
}
