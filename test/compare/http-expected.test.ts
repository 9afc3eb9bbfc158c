/**
 * What Zeek, Arkime and Suricata say of HTTP in the public captures, as their own tests expect it, against
 * what Holdfast says. Where they differ, the reason stands here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerValue } from '../../src/model/http.ts'
import type { Observation, ObservationOf } from '../../src/model/observation.ts'
import { SHARED } from './captures.ts'
import { observationsOf } from './observations.ts'

const EXPECTED = `${SHARED}public/expected/`
const expected = existsSync(EXPECTED) ? readdirSync(EXPECTED) : []

const KINDS = ['connection-closed', 'http-request', 'http-transaction', 'http-body'] as const
const all = (capture: string): Promise<readonly Observation[]> =>
  observationsOf({ path: `${SHARED}public/pcap/${capture}`, keys: null }, ...KINDS)
const of = <K extends Observation['kind']>(kind: K, among: readonly Observation[]): ObservationOf<K>[] =>
  among.filter((o): o is ObservationOf<K> => o.kind === kind)

/** Rows of a log of Zeek, by column. */
function zeekRows(file: string): Record<string, string>[] {
  const lines = readFileSync(EXPECTED + file, 'latin1').split('\n')
  const names =
    lines
      .find((line) => line.startsWith('#fields'))
      ?.split('\t')
      .slice(1) ?? []
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])))
}

const zeek = expected.filter(
  (file) => /^zeek__.*\.http\.log$/.test(file) && 'status_code' in (zeekRows(file)[0] ?? {}),
)
/** Where one of the two reads what the other does not: the capture and the connection's port, and why. */
const READ_BY_ONE: Readonly<Record<string, string>> = {
  'zeek__mixed-vlan-mpls.pcap 50343': 'HTTP/0.9, without version and status: Zeek alone reads it',
  'zeek__wikipedia.pcap 35634': 'the connection was open before the capture began: Zeek leaves it alone',
}

describe.skipIf(zeek.length === 0)('Zeek (skipped without ../shared)', () => {
  test.each(zeek)('%s', async (file) => {
    const capture = /^.*?\.pcap(ng)?/.exec(file)![0]
    const observations = await all(capture)
    const ports = new Map(
      of('connection-closed', observations).map(({ summary }) => [
        summary.connection,
        summary.originator.port,
      ]),
    )
    const isRead = (port: unknown): boolean => !(`${capture} ${String(port)}` in READ_BY_ONE)
    const transactions = of('http-transaction', observations).filter((o) => isRead(ports.get(o.connection)))
    const ours = transactions.map((o) =>
      [
        ports.get(o.connection),
        o.request?.method ?? '-',
        o.request === null ? '-' : (headerValue(o.request, 'host') ?? '-'),
        // Zeek undoes percent-encoding.
        decodeURIComponent(o.request?.target ?? '-'),
        o.response?.status ?? '-',
      ].join(' '),
    )
    const theirs = zeekRows(file)
      .filter((row) => isRead(row['id.orig_p']))
      .map((row) => [row['id.orig_p'], row['method'], row['host'], row['uri'], row['status_code']].join(' '))
    expect(ours.toSorted()).toEqual(theirs.toSorted())
  })

  test('lengths of bodies that are not coded', async () => {
    const observations = await all('zeek__http-pipelined-requests.pcap')
    const theirs = zeekRows(zeek.find((file) => file.includes('pipelining'))!)
    const bodies = of('http-body', observations).filter(
      ({ body }) => body.complete && body.codings.length === 0,
    )
    for (const { index, body } of bodies)
      expect([index, String(body.bytes)]).toEqual([index, theirs[index]!['response_body_len']])
    expect(bodies.length).toBeGreaterThan(0)
  })
})

interface Arkime {
  readonly sessions3: readonly {
    readonly body: { readonly http?: Readonly<Record<string, readonly unknown[]>> }
  }[]
}
const arkime = expected.filter(
  (file) =>
    file.endsWith('.arkime.test.json') && readFileSync(EXPECTED + file, 'utf8').includes('"http" : {'),
)

describe.skipIf(arkime.length === 0)('Arkime (skipped without ../shared)', () => {
  test.each(arkime)('%s', async (file) => {
    const { sessions3 } = JSON.parse(readFileSync(EXPECTED + file, 'utf8')) as Arkime
    const stated = (name: string): string[] => [
      ...new Set(sessions3.flatMap(({ body }) => (body.http?.[name] ?? []).map(String))),
    ]
    const observations = await all(file.replace('.arkime.test.json', ''))
    const transactions = of('http-transaction', observations)
    const requests = transactions.flatMap(({ request }) => request ?? [])
    const statuses = transactions.flatMap(({ response }) => response?.status ?? [])
    const hashes = of('http-body', observations).flatMap(({ body }) => body.sha256 ?? [])
    const sorted = (values: Iterable<unknown>): string[] => [...new Set([...values].map(String))].toSorted()
    // The preface of HTTP/2 has the form of a request, and is none; `*` is its target.
    const methods = stated('method').filter((method) => method !== 'PRI')
    const paths = stated('path').filter((path) => path !== '*')
    const wanted = { methods, paths, statuses: stated('statuscode'), hashes: stated('sha256') }
    const said = {
      methods: requests.map(({ method }) => method),
      paths: requests.map(({ target }) => target.split('?')[0]),
      statuses,
      hashes,
    }
    for (const [name, values] of Object.entries(wanted))
      if (values.length > 0) expect(sorted(said[name as keyof typeof said]), name).toEqual(sorted(values))
    expect(Object.values(wanted).flat().length).toBeGreaterThan(0)
  })
})

describe.skipIf(expected.length === 0)('Suricata (skipped without ../shared)', () => {
  test('http-evader-123: the file under layers of deflate', async () => {
    const observations = await all('suriv__http-evader-123__input.pcap')
    const [asked] = of('http-request', observations)
    expect([asked!.request.method, headerValue(asked!.request, 'host')]).toEqual([
      'GET',
      'evader.example.com',
    ])
    const [told] = of('http-body', observations)
    expect(told!.body.excerpt).toContain('EICAR-STANDARD-ANTIVIRUS-TEST-FILE')
  })

  test('decode-chdlc-01: host, status and length', async () => {
    const observations = await all('suriv__decode-chdlc-01__hdlc-http_1tx.pcap')
    const [{ request, response }] = of('http-transaction', observations) as [
      ObservationOf<'http-transaction'>,
    ]
    const [{ body }] = of('http-body', observations) as [ObservationOf<'http-body'>]
    expect([headerValue(request!, 'host'), response!.status, body.bytes]).toEqual([
      'view.atdmt.com',
      200,
      8079,
    ])
  })
})
