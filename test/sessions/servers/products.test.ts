import { expect, test } from 'vitest'
import { productOf } from '../../../src/sessions/servers/products.ts'

test.each<[string, Record<string, string>, string | null]>([
  ['/secars/secars.dll?h=1', {}, 'symantec-sepm'],
  ['/SECREG/x', {}, 'symantec-sepm'],
  ['/x/secars/', {}, null],
  ['/', { 'user-agent': 'Smc' }, 'symantec-sepm'],
  ['/', { 'User-Agent': 'Smc/2' }, null],
  ['/spipe/pkg', {}, 'mcafee-epo'],
  ['/', { 'User-Agent': 'Mozilla/4.0 (compatible; SPIPE/3.0; Windows)' }, 'mcafee-epo'],
  ['/', { 'User-Agent': 'spipe/3.0' }, null],
  ['/', {}, null],
])('%s %j: %s', (target, headers, name) => {
  const lines = Object.entries(headers).map(([header, value]) => ({ name: header, value }))
  const asked = { method: 'GET', target, version: '1.1', headers: lines, time: 0, packet: 1, bodyBytes: 0 }
  expect(productOf(asked)?.name ?? null).toBe(name)
})
