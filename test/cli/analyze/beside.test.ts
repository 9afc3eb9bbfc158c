/** Zeek's logs of names beside conn.log: found in its folder, given, as one tap; kept and uploaded so. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { givenBeside } from '../../../src/cli/analyze/beside.ts'
import { ROOT } from '../../source-tree.ts'
import { holdfast, kept } from '../kept.ts'

const sample = (name: string): string => join(ROOT, 'test/collectors/logs/samples/zeek', `${name}.txt`)

const object = (fields: object): string => `${JSON.stringify(fields)}\n`
const endpoints = { 'id.orig_h': '10.0.0.1', 'id.orig_p': 40_000, 'id.resp_h': '10.0.0.2', 'id.resp_p': 443 }
const JSON_CONN = object({ ts: 1.5, uid: 'C1', ...endpoints, proto: 'tcp', conn_state: 'SF', orig_pkts: 3 })
const JSON_SSL = object({ ts: 1.6, uid: 'C1', ...endpoints, server_name: 'a.example', established: true })

interface Told {
  readonly kind: string
  readonly tap: string | null
  readonly resolvedName?: string | null
  readonly flows?: { readonly beside: readonly string[] }
}

async function told(...words: string[]) {
  const { out, error, exitCode } = await holdfast('analyze', '--format', 'ndjson', ...words)
  const lines = out.split('\n').filter((line) => line !== '')
  const records = lines.map((line) => JSON.parse(line) as Told)
  const captures = records.filter(({ kind }) => kind === 'capture')
  return {
    exitCode,
    error,
    captures: captures.map(({ tap, flows }) => [tap, flows?.beside]),
    names: records.filter(({ kind }) => kind === 'connection').map(({ resolvedName }) => resolvedName),
  }
}

/** A folder with logs under these names. */
function folder(...logs: readonly (readonly [name: string, of: string])[]) {
  const { place } = kept()
  for (const [name, of] of logs) copyFileSync(sample(of), join(place, name))
  return (...names: string[]): string[] => names.map((name) => join(place, name))
}

/** The connection over TLS was never answered: it has none. */
const NAMES = ['testmyids.com', null]

describe('a name that was resolved before', () => {
  const conn = (start: number, port: number, server = '10.0.0.2'): object => ({
    ts: start,
    uid: `C${port}`,
    ...endpoints,
    'id.orig_p': port,
    'id.resp_h': server,
    proto: 'tcp',
    conn_state: 'SF',
    orig_pkts: 3,
    resp_pkts: 3,
    duration: 1,
  })
  // A name that another one stands for; within its life, after it, of another address.
  const CONNECTIONS = [conn(1000, 1), conn(1100, 2), conn(5000, 3), conn(1001, 4, '10.0.0.9'), conn(990, 5)]
  const asked = { ts: 999, uid: 'D1', ...endpoints, 'id.resp_p': 53, proto: 'udp', trans_id: 7, rcode: 0 }
  const answered = {
    query: 'A.example',
    qtype: 1,
    rtt: 0.01,
    answers: ['b.example', '10.0.0.2'],
    TTLs: [90, 60],
  }
  const NAMED = ['a.example', 'a.example']
  const header = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tdns',
  ]
  const columns = 'ts uid id.orig_h id.resp_h query rtt answers TTLs'.replaceAll(' ', '\t')
  const row = ['999', 'D1', '10.0.0.1', '10.0.0.2', 'A.example', '0.01', 'b.example,10.0.0.2', '90.0,60.0']

  test.each([
    ['JSON', object({ ...asked, ...answered })],
    ['TSV', [...header, `#fields\t${columns}`, row.join('\t'), ''].join('\n')],
  ])('%s', async (_what, dns) => {
    const { place } = kept()
    writeFileSync(join(place, 'conn.log'), CONNECTIONS.map(object).join(''))
    writeFileSync(join(place, 'dns.log'), dns)
    const { names, captures } = await told(join(place, 'conn.log'))
    expect(captures).toEqual([[null, [join(place, 'dns.log')]]])
    expect(names.filter((name) => name !== null)).toEqual(NAMED)
    expect(names).toHaveLength(CONNECTIONS.length)
  })

  test('what is no answer names nothing', async () => {
    const { place } = kept()
    const none = [
      { answers: [] },
      { answers: ['b.example'], TTLs: [60] },
      { answers: ['10.0.0.2'], ts: '-' },
      {},
    ]
    writeFileSync(join(place, 'conn.log'), CONNECTIONS.map(object).join(''))
    const lines = none.map((each) => object({ ...asked, query: 'a.example', ...each }))
    writeFileSync(
      join(place, 'dns.log'),
      [...lines, '{"uid":"D2","id.orig_h":"10.0.0.1","answers":["10.0'].join(''),
    )
    expect((await told(join(place, 'conn.log'))).names).toEqual(CONNECTIONS.map(() => null))
  })
})

describe('found in the folder', () => {
  test('of a conn.log', async () => {
    const at = folder(['conn.log', 'conn'], ['ssl.log', 'ssl'], ['http.log', 'http'])
    const [conn] = at('conn.log')
    expect(await told(conn!)).toEqual({
      exitCode: 0,
      error: '',
      captures: [[null, at('ssl.log', 'http.log')]],
      names: NAMES,
    })
    const { out } = await holdfast('analyze', conn!)
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      `Names of connections are from ${at('ssl.log')[0]} and ${at('http.log')[0]}.`,
    )
  })

  test('rotated and packed, JSON', async () => {
    const { place } = kept()
    const name = (kind: string): string => join(place, `${kind}.00:00:00-01:00:00.log.gz`)
    writeFileSync(name('conn'), gzipSync(JSON_CONN))
    writeFileSync(name('ssl'), gzipSync(JSON_SSL))
    expect(await told(name('conn'))).toMatchObject({
      captures: [[null, [name('ssl')]]],
      names: ['a.example'],
    })
  })

  test('what is no such log is not used, whatever its name; what cannot be read is told', async () => {
    const at = folder(['conn.log', 'conn'], ['ssl.log', 'conn'])
    const [conn, ssl] = at('conn.log', 'ssl.log')
    expect(await told(conn!)).toMatchObject({ captures: [[null, []]], names: [null, null] })
    mkdirSync(at('http.log')[0]!)
    writeFileSync(ssl!, gzipSync(gzipSync(gzipSync('x'))))
    const { exitCode, captures } = await told(conn!)
    expect([exitCode, captures]).toEqual([
      0,
      [[null, [expect.stringContaining('(not read: '), expect.stringContaining('(not read: ')]]],
    ])
  })
})

describe('given', () => {
  test('with a conn.log: one tap, without a name', async () => {
    const at = folder(['a', 'conn'], ['b', 'ssl'], ['c', 'http'])
    expect(await told(...at('b', 'a', 'c'))).toEqual({
      exitCode: 0,
      error: '',
      captures: [[null, at('b', 'c')]],
      names: NAMES,
    })
  })

  test('for a tap', async () => {
    const [a, b] = folder()('a', 'b')
    writeFileSync(a!, JSON_CONN)
    writeFileSync(b!, JSON_SSL)
    expect(await told(`edge=${a}`, `edge=${b}`)).toMatchObject({
      captures: [['edge', [b]]],
      names: ['a.example'],
    })
    expect(await told(`edge=${a}`, `core=${b}`)).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining(`${b} is a log of Zeek that only adds names to connections`),
    })
  })

  test('alone: an error that says what is missing', async () => {
    const [ssl, http] = folder(['ssl.log', 'ssl'], ['http.log', 'http'])('ssl.log', 'http.log')
    const missing =
      'is a log of Zeek that only adds names to connections: give it together with their conn.log'
    expect(await told(ssl!)).toMatchObject({ exitCode: 1, error: expect.stringContaining(missing) })
    expect(await told(ssl!, http!)).toMatchObject({ exitCode: 1, error: expect.stringContaining(missing) })
    const pcap = join(ROOT, 'fixtures/severed-by-load-balancer/client.pcap.gz')
    expect(await told(pcap, http!)).toMatchObject({ exitCode: 1, error: expect.stringContaining(missing) })
  })

  test('is not overwritten', async () => {
    const [conn, other] = folder(['conn.log', 'conn'], ['b', 'ssl'])('conn.log', 'b')
    const { exitCode, error } = await told('--output', other!, conn!, other!)
    expect([exitCode, error]).toEqual([2, expect.stringContaining(`would replace ${other}`)])
  })

  test.each([
    ['the one of its name', ['d/conn.1.log', 'd/conn.2.log', 'conn.log'], 'd/ssl.2.log', ['d/conn.2.log']],
    ['those of its folder', ['d/a', 'd/b', 'c'], 'd/x', ['d/a', 'd/b']],
    ['all, if it stands elsewhere', ['d/a', 'c'], 'e/x', ['d/a', 'c']],
  ])('names connections of %s', (_which, conns, path, expected) => {
    const all = conns.map((conn) => ({ tap: conn, path: conn }))
    const of = all.filter((one) => givenBeside(one, all, [{ tap: null, path }]).length === 1)
    expect(of.map((one) => one.path)).toEqual(expected)
  })
})
