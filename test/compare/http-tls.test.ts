/**
 * Holdfast against tshark, connection by connection, over all captures that hold HTTP or TLS, inside TLS too
 * where there are keys: at least 0.99 of methods, targets, hosts, statuses and Set-Cookie lines equal, and as
 * many of the facts of handshakes. Every difference has its reason in http-differences.data.ts or
 * tls-differences.data.ts. Both in one file, because tshark takes longer to start than to read a capture: it
 * is asked once for both.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { captureFiles, type CaptureFile } from './captures.ts'
import * as http from './http-facts.ts'
import { DIFFERENCES as OF_HTTP } from './http-differences.data.ts'
import { DIFFERENCES as OF_TLS } from './tls-differences.data.ts'
import * as tls from './tls-facts.ts'
import { rowsOf } from './tshark.ts'

const EQUAL_MIN = 0.99
const HTTP_FACTS: readonly http.Fact[] = ['methods', 'targets', 'hosts', 'statuses', 'setCookies']

/** Words of HTTP in the clear, or keys: a sieve that knows nothing of frames. */
const WORDS = ['HTTP/1.', 'PRI * HTTP/2', 'CLIENT_RANDOM', 'CLIENT_TRAFFIC_SECRET']

interface Held extends CaptureFile {
  readonly http: boolean
  readonly tls: boolean
}

function held(file: CaptureFile): Held {
  const stored = readFileSync(file.path)
  const octets = file.path.endsWith('.gz') ? gunzipSync(stored) : stored
  return {
    ...file,
    http: file.keys !== null || WORDS.some((word) => octets.includes(word)),
    tls: mayHoldTls(octets),
  }
}

/** A record that begins a hello, of TLS or of SSL 2.0, stands somewhere in the file: no frames are known
 * here. */
function mayHoldTls(octets: Buffer): boolean {
  const isHello = (at: number): boolean =>
    octets[at + 1] === 3 && octets[at + 2]! <= 4 && (octets[at + 5] === 1 || octets[at + 5] === 2)
  const isOldHello = (at: number): boolean =>
    octets[at + 2] === 1 && octets[at + 3] === 3 && octets[at + 4]! <= 3 && octets[at + 5] === 0
  return someAt(octets, 0x16, isHello) || someAt(octets, 0x80, isOldHello)
}

function someAt(octets: Buffer, first: number, is: (at: number) => boolean): boolean {
  for (let at = octets.indexOf(first); at >= 0; at = octets.indexOf(first, at + 1)) if (is(at)) return true
  return false
}

const FIELDS = [...new Set([...http.HTTP_FIELDS, ...tls.TLS_FIELDS])]
type Rows = readonly (http.HttpRow & tls.TlsRow)[]

const rowsOfBoth = (file: Held): Rows => {
  const filter = [
    ...(file.http ? [`(${http.HTTP_FILTER})`] : []),
    ...(file.tls ? [`(${tls.TLS_FILTER})`] : []),
  ]
  return rowsOf(file.path, filter.join(' || '), FIELDS, file.keys)
}

const files = missing('tshark')
  ? []
  : captureFiles('public', 'lab')
      .map(held)
      .filter((file) => file.http || file.tls)
const counts = { http: { facts: 0, equal: 0 }, tls: { facts: 0, equal: 0 } }
const needed = new Set<unknown>()

function isExplainedHttp(capture: string, stream: number, fact: http.Fact): boolean {
  const reason = OF_HTTP.find(
    (one) => one.capture === capture && one.streams.includes(stream) && one.facts.includes(fact),
  )
  if (reason !== undefined) needed.add(reason)
  return reason !== undefined
}

const isExplainedTls = (capture: string, stream: number, fact: tls.Fact): boolean =>
  OF_TLS.some((one) => one.capture === capture && one.stream === stream && one.facts.includes(fact))

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

async function httpDifferences(file: Held, rows: Rows): Promise<unknown[]> {
  const valuesOf = (facts: http.ByStream, stream: number, fact: http.Fact): readonly string[] =>
    facts.get(stream)?.[fact] ?? []
  const ours = await http.holdfastHttp(file)
  const theirs = http.tsharkHttp(rows)
  let atHeads: http.ByStream | null = null
  const differences: unknown[] = []
  for (const stream of new Set([...theirs.keys(), ...ours.keys()])) {
    for (const fact of HTTP_FACTS) {
      const [own, other] = [valuesOf(ours, stream, fact), valuesOf(theirs, stream, fact)]
      counts.http.facts += Math.max(own.length, other.length)
      if (isSame(own, other)) counts.http.equal += own.length
      else if (isSame(own, valuesOf((atHeads ??= http.tsharkHttpAtHeads(file)), stream, fact)))
        counts.http.equal += own.length
      else if (!isExplainedHttp(file.name, stream, fact)) differences.push([stream, fact, own, other])
    }
  }
  return differences
}

async function tlsDifferences(file: Held, rows: Rows): Promise<unknown[]> {
  const theirs = tls.tsharkTls(file, rows)
  const ours = await tls.holdfastTls(file)
  const differences: unknown[] = [...ours.keys()].filter((stream) => !theirs.has(stream))
  for (const [stream, facts] of theirs) {
    for (const [fact, value] of Object.entries(facts) as [tls.Fact, unknown][]) {
      const own = ours.get(stream)?.[fact]
      const isEqual = isSame(value, own)
      counts.tls.facts++
      if (isEqual) counts.tls.equal++
      if (isEqual === isExplainedTls(file.name, stream, fact)) differences.push([stream, fact, value, own])
    }
  }
  return differences
}

describe.skipIf(files.length === 0)(
  'HTTP and TLS as tshark reads them (skipped without tshark and ../shared)',
  () => {
    test.each(files)('$name', async (file) => {
      const rows = rowsOfBoth(file)
      if (file.http) expect(await httpDifferences(file, rows)).toEqual([])
      if (file.tls) expect(await tlsDifferences(file, rows)).toEqual([])
    })

    test('nearly all facts are equal, and no explanation is left over', () => {
      expect(counts.http.facts).toBeGreaterThan(50_000)
      expect(counts.http.equal / counts.http.facts).toBeGreaterThanOrEqual(EQUAL_MIN)
      expect(counts.tls.facts).toBeGreaterThan(5_000)
      expect(counts.tls.equal / counts.tls.facts).toBeGreaterThanOrEqual(EQUAL_MIN)
      expect(OF_HTTP.filter((one) => !needed.has(one))).toEqual([])
    })
  },
)
