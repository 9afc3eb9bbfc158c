/**
 * The cookies of one response among themselves (RFC 6265 §5.3), and against what the server behind a relay
 * sent.
 */
import type { SetCookie } from './cookie.ts'
import { requestPath } from './request-path.ts'

/**
 * Two lines of one name: the same line twice; the last replaces the first (same path and domain); both live
 * (another path or domain, RFC 6265 §5.3 step 11); one of them deletes, and nothing that was set is lost by
 * it: deleted and set anew, a common idiom; or names that differ in case only, which are two cookies.
 */
export type SameNameKind = 'identical-line' | 'last-wins' | 'both-live' | 'delete-then-set' | 'case-pair'

export interface SameName {
  readonly kind: SameNameKind
  readonly first: SetCookie
  readonly second: SetCookie
}

/**
 * Every line that a line of its name precedes, in order, with that one: the last with the same path and
 * domain, else the last with the same name, else the last whose name differs in case only. `target` is the
 * request's, which names the path of cookies without one; where it is not known, they have a path of their
 * own.
 */
export function sameNames(cookies: readonly SetCookie[], target: string | null = null): SameName[] {
  const seen = { sameKey: new Map<string, SetCookie>(), sameName: new Map<string, SetCookie>() }
  const anyCase = new Map<string, SetCookie>()
  const pairs: SameName[] = []
  for (const second of cookies) {
    const key = storeKey(second, target)
    const lower = second.name.toLowerCase()
    const same = seen.sameKey.get(key)
    const first = same ?? seen.sameName.get(second.name) ?? anyCase.get(lower)
    if (first !== undefined) pairs.push({ kind: kindOf(first, second, same !== undefined), first, second })
    seen.sameKey.set(key, second)
    seen.sameName.set(second.name, second)
    anyCase.set(lower, second)
  }
  return pairs
}

function kindOf(first: SetCookie, second: SetCookie, sameKey: boolean): SameNameKind {
  if (first.name !== second.name) return 'case-pair'
  if (first.line === second.line) return 'identical-line'
  if (sameKey) return first.expired ? 'delete-then-set' : 'last-wins'
  return first.expired || second.expired ? 'delete-then-set' : 'both-live'
}

/** What a user agent keeps a cookie under; a NUL, which no header line holds, stands between. */
const storeKey = ({ name, domain, path }: SetCookie, target: string | null): string =>
  [name, domain ?? '', path ?? (target === null ? '' : defaultPath(target))].join('\0')

/** The path of a cookie that names none (RFC 6265 §5.1.4): the request's, up to its last slash. */
export function defaultPath(target: string): string {
  const path = requestPath(target)
  const last = path.lastIndexOf('/')
  return path.startsWith('/') && last > 0 ? path.slice(0, last) : '/'
}

export interface RewrittenCookie {
  readonly sent: SetCookie
  readonly received: SetCookie
  /** What is other: the value; the value, by a prefix before it; or the attributes alone. */
  readonly manner: 'value' | 'prefix' | 'attributes'
  /** The prefix without its `~`: the relay's name for the server. Null in other manners. */
  readonly label: string | null
}

export interface Injection {
  /** Lines that the client received and the server did not send. */
  readonly injected: readonly SetCookie[]
  /** Lines of the server that arrived under their name, and not as they were sent. */
  readonly rewritten: readonly RewrittenCookie[]
  /** Lines of the server that did not arrive. */
  readonly removed: readonly SetCookie[]
  /** Lines that the client received in which several were folded, while the server had folded none. */
  readonly folded: readonly SetCookie[]
}

/**
 * What a relay did to the cookies of one response. Lines that mean the same are matched first, then within a
 * name those with a prefix added, those with the same value, and the rest in order; folded lines count as
 * what they hold.
 */
export function injectedByComparison(client: readonly SetCookie[], server: readonly SetCookie[]): Injection {
  const received = client.flatMap(unfolded)
  const meaning = takeMatches(server.flatMap(unfolded), received, isSame)
  const prefixed = takeMatches(meaning.left, received, isPrefixed)
  const valued = takeMatches(prefixed.left, received, isSameValue)
  const named = takeMatches(valued.left, received, isSameName)
  return {
    injected: received,
    rewritten: [
      ...prefixed.matches.map((m) => rewritten(m, 'prefix')),
      ...valued.matches.map((m) => rewritten(m, 'attributes')),
      ...named.matches.map((m) => rewritten(m, 'value')),
    ],
    removed: named.left,
    folded: server.some((c) => c.folded) ? [] : client.filter((c) => c.folded),
  }
}

interface Match {
  readonly sent: SetCookie
  readonly received: SetCookie
}

/** Takes out of `received`, for each line sent, the first that matches; `left` are the lines without one. */
function takeMatches(
  server: readonly SetCookie[],
  received: SetCookie[],
  isMatch: (sent: SetCookie, received: SetCookie) => boolean,
): { matches: Match[]; left: SetCookie[] } {
  const matches: Match[] = []
  const left: SetCookie[] = []
  for (const sent of server) {
    const at = received.findIndex((candidate) => isMatch(sent, candidate))
    const match = at < 0 ? undefined : received.splice(at, 1)[0]
    if (match === undefined) left.push(sent)
    else matches.push({ sent, received: match })
  }
  return { matches, left }
}

const rewritten = (match: Match, manner: RewrittenCookie['manner']): RewrittenCookie => ({
  ...match,
  manner,
  label: manner === 'prefix' ? (match.received.prefix?.label ?? null) : null,
})

const unfolded = (cookie: SetCookie): readonly SetCookie[] => (cookie.folded ? cookie.parts : [cookie])

const isSameName = (a: SetCookie, b: SetCookie): boolean => a.name === b.name
const isSameValue = (a: SetCookie, b: SetCookie): boolean => isSameName(a, b) && a.valueHash === b.valueHash
const isPrefixed = (sent: SetCookie, received: SetCookie): boolean =>
  isSameName(sent, received) && received.prefix?.restHash === sent.valueHash
const isSame = (a: SetCookie, b: SetCookie): boolean =>
  isSameValue(a, b) &&
  a.path === b.path &&
  a.domain === b.domain &&
  a.secure === b.secure &&
  a.httpOnly === b.httpOnly &&
  a.sameSite === b.sameSite &&
  a.maxAge === b.maxAge &&
  a.expires === b.expires
