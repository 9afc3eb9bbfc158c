import { describe, expect, test } from 'vitest'
import { servePlan } from '../../../src/cli/serve/plan.ts'

test('without options', () => {
  expect(servePlan({})).toEqual({
    host: '127.0.0.1',
    port: 8480,
    isPrivate: true,
    isHttps: false,
    database: './holdfast.db',
    plainSecrets: false,
    config: null,
    uploadMax: 20e9,
    captures: { maxAgeSeconds: 30 * 86_400, maxBytes: 100e9 },
    rows: { maxAgeSeconds: 365 * 86_400, maxBytes: 50e9 },
  })
})

describe('--listen', () => {
  test.each([
    ['localhost:80', 'localhost', 80, true],
    ['127.1.2.3:0', '127.1.2.3', 0, true],
    ['[::1]:8480', '::1', 8480, true],
    ['0.0.0.0:8480', '0.0.0.0', 8480, false],
    ['[::]:8480', '::', 8480, false],
    ['monitor.example.com:443', 'monitor.example.com', 443, false],
    ['127.0.0.1.example.com:443', '127.0.0.1.example.com', 443, false],
  ])('%s', (listen, host, port, isPrivate) => {
    expect(servePlan({ listen })).toMatchObject({ host, port, isPrivate })
    // A proxy brings others.
    expect(servePlan({ listen, https: true })).toMatchObject({ isPrivate: false, isHttps: true })
  })

  test.each(['', '8480', ':8480', '::1:8480', '[127.0.0.1]:1', 'a:70000', 'a b:1', 'http://a:1'])(
    'not %j',
    (listen) => {
      expect(() => servePlan({ listen })).toThrow(/is no address; write HOST:PORT/)
    },
  )
})

test.each([
  [{ maxUpload: 'lots' }, '--max-upload lots must be a size such as 500M, 20G or 1.5T'],
  [{ keepCaptures: '30' }, '--keep-captures 30 has no unit; write 30s, 30m or 30h, or never'],
  [{ keepRowsSize: '0' }, '--keep-rows-size 0 must be more than nothing'],
])('%j is explained', (options, message) => {
  expect(() => servePlan(options)).toThrow(message)
})
