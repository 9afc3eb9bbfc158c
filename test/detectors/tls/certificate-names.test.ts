import { expect, test } from 'vitest'
import { covers, tooShallow } from '../../../src/detectors/tls/certificate-names.ts'
import type { Certificate } from '../../../src/model/tls.ts'

const of = (...names: string[]): Certificate => ({ names }) as unknown as Certificate

test.each([
  ['keys.example.com', 'keys.example.com', true],
  ['KEYS.example.COM', 'keys.example.com', true],
  ['keys.example.com.', 'keys.example.com', true],
  ['*.example.com', 'keys.example.com', true],
  ['*.example.com', 'xn--bcher-kva.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'a.keys.example.com', false],
  ['*.example.com', '.example.com', false],
  ['k*.example.com', 'keys.example.com', false], // RFC 9525 §6.3: the whole label, or none of it
  ['keys.*.com', 'keys.example.com', false],
  ['*', 'keys', false],
  ['*.', 'keys.', false],
  ['10.0.0.1', '10.0.0.1', true],
  ['keys', 'keys.example.com', false],
])('%s covers %s: %s', (presented, name, isCovered) => {
  expect(covers(of('other.example.org', presented), name)).toBe(isCovered)
})

test('a wildcard that would have to stand for more than one label', () => {
  expect(tooShallow(of('a.example.org', '*.example.com'), 'a.keys.example.com')).toBe('*.example.com')
  expect(tooShallow(of('*.example.com'), 'keys.example.com')).toBeNull()
  expect(tooShallow(of('*.example.com'), 'keys.example.org')).toBeNull()
})
