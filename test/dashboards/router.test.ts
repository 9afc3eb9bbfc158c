import fc from 'fast-check'
import { expect, test } from 'vitest'
import { href, parsePath, patched } from '../../dashboards/router.ts'

test.each([
  ['/', { page: 'overview' }],
  ['/incidents', { page: 'incidents' }],
  ['/incidents/', { page: 'incidents' }],
  ['/incidents/HF-2041', { page: 'incident', id: 'HF-2041' }],
  ['/agents/EPA%2F17', { page: 'agent', id: 'EPA/17' }],
  ['/conformance', { page: 'conformance' }],
  ['/deliveries', { page: 'deliveries' }],
  ['/live/x', { page: 'missing', path: '/live/x' }],
  ['/incidents/a/b', { page: 'missing', path: '/incidents/a/b' }],
  ['/toString', { page: 'missing', path: '/toString' }],
  ['/agents/%E0%A4%A', { page: 'missing', path: '/agents/%E0%A4%A' }],
])('%s', (path, route) => {
  expect(parsePath(path)).toEqual(route)
})

test('every id survives its address', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((one) => one.isWellFormed())
  const id = fc.oneof(text, fc.constantFrom('.', '..', '~.', '~..', '~~.', '~', '~a', '...'))
  const page = fc.constantFrom('incident', 'agent', 'service', 'connection')
  fc.assert(
    fc.property(page, id, (to, of) => {
      const { pathname } = new URL(href({ page: to, id: of }), 'http://holdfast')
      expect(parsePath(pathname)).toEqual({ page: to, id: of })
    }),
  )
})

test('filters are in the address', () => {
  expect(href({ page: 'incidents' }, { severity: ['critical', 'warning'], text: 'a b', state: null })).toBe(
    '/incidents?severity=critical&severity=warning&text=a+b',
  )
})

test('a patch sets, replaces and removes, and leaves the rest', () => {
  const query = new URLSearchParams('state=open&state=resolved&text=x&cursor=1')
  expect(patched(query, { state: ['all'], text: '', since: '7d' }).toString()).toBe(
    'cursor=1&state=all&since=7d',
  )
  expect(query.toString()).toBe('state=open&state=resolved&text=x&cursor=1')
})
