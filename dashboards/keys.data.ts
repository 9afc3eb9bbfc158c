/** Every key, as the help dialog lists them. The pages bind them by the same names. */
import type { Route } from './router.ts'

/** The second key after `g`, and the page that it opens. */
export const GO_TO: Readonly<Record<string, { readonly route: Route; readonly title: string }>> = {
  o: { route: { page: 'overview' }, title: 'Overview' },
  i: { route: { page: 'incidents' }, title: 'Incidents' },
  l: { route: { page: 'live' }, title: 'Live' },
  a: { route: { page: 'agents' }, title: 'Agents' },
  s: { route: { page: 'services' }, title: 'Services' },
  c: { route: { page: 'captures' }, title: 'Captures' },
  r: { route: { page: 'conformance' }, title: 'Conformance' },
  n: { route: { page: 'connections' }, title: 'Connections' },
  d: { route: { page: 'deliveries' }, title: 'Deliveries' },
}

/** Keys besides those that go to a page. */
export const KEY_WORDS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['/'], 'search'],
  [['j', 'k'], 'next and previous row'],
  [['Enter'], 'open the row'],
  [['a'], 'acknowledge'],
  [['r'], 'resolve with a note'],
  [['c'], 'copy the filter'],
  [['p'], 'carve the packets'],
  [['[', ']'], 'previous and next occurrence'],
  [['space'], 'pause the tail'],
  [['t'], 'light or dark'],
  [['z'], 'UTC or local time'],
  [['?'], 'this list'],
  [['Esc'], 'back'],
]
