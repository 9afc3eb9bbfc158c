import { describe, expect, test } from 'vitest'
import type { TailOptions } from '../../../src/cli/tail/options.ts'
import { tailPlan } from '../../../src/cli/tail/plan.ts'

const NOW = Date.UTC(2026, 10, 21, 3) * 1000
const plan = (options: TailOptions = {}, token?: string) => tailPlan(options, { now: NOW, token })

describe('what is asked', () => {
  test('nothing: all of the server here', () => {
    expect(plan()).toEqual({
      source: { server: new URL('http://127.0.0.1:8480/') },
      token: null,
      follow: false,
      format: 'text',
      wanted: { severities: null, types: null, agent: null, service: null, since: null, latest: null },
    })
  })

  test('everything', () => {
    const options = {
      server: 'https://holdfast.example.com/here',
      since: '1h',
      severity: 'warning',
      type: 'severed-idle, server-hop,severed-idle',
      agent: 'EPA-0017',
      service: 'dlp-endpoint',
      follow: true,
      format: 'ndjson',
      token: 'hf_abc',
    }
    expect(plan(options, 'hf_other')).toEqual({
      source: { server: new URL('https://holdfast.example.com/here/') },
      token: 'hf_abc',
      follow: true,
      format: 'ndjson',
      wanted: {
        severities: ['critical', 'warning'],
        types: ['severed-idle', 'server-hop'],
        agent: 'EPA-0017',
        service: 'dlp-endpoint',
        since: NOW - 3600e6,
        latest: null,
      },
    })
  })

  test('a file, followed: the latest ones first', () => {
    const { source, wanted } = plan({ db: 'holdfast.db', follow: true })
    expect(source).toEqual({ db: 'holdfast.db' })
    expect(wanted.latest).toBe(10)
  })

  test('the token of the environment, unless it is empty', () => {
    expect(plan({}, ' hf_env\n').token).toBe('hf_env')
    expect(plan({}, ' ').token).toBeNull()
  })

  test.each([
    ['90s', NOW - 90e6],
    ['7d', NOW - 7 * 86_400e6],
    ['2026-11-20T22:25:12Z', Date.UTC(2026, 10, 20, 22, 25, 12) * 1000],
    ['1795000000', 1_795_000_000e6],
  ])('since %s', (since, at) => {
    expect(plan({ since }).wanted.since).toBe(at)
  })

  test('info is as bad as anything', () => {
    expect(plan({ severity: 'info' }).wanted.severities).toBeNull()
    expect(plan({ severity: 'critical' }).wanted.severities).toEqual(['critical'])
  })
})

describe('what cannot be meant', () => {
  test.each<[TailOptions, string]>([
    [{ server: 'http://a', db: 'b' }, '--server and --db exclude each other'],
    [{ db: 'b', token: 't' }, '--token is for a server'],
    [{ server: 'localhost:8480' }, '--server localhost:8480 is no address of a server'],
    [{ server: 'ftp://a' }, '--server ftp://a is no address of a server'],
    [{ server: 'http://me:secret@a' }, '--server takes no user or password'],
    [{ since: '5' }, '--since 5 is neither a time back'],
    [{ since: 'yesterday' }, '--since yesterday is neither a time back'],
    [{ severity: 'warn' }, '--severity warn is not known; it is one of critical, warning, info'],
    [{ type: 'severed-idel' }, 'did you mean severed-idle?'],
    [{ format: 'json' }, '--format json is not known; it is one of text, ndjson; did you mean ndjson?'],
    [{ token: 'a b' }, 'the token has characters that no token has'],
  ])('%j', (options, sentence) => {
    expect(() => plan(options)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(sentence) }),
    )
  })
})
