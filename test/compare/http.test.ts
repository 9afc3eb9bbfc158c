/**
 * Holdfast against tshark, connection by connection, over all captures that hold HTTP, inside TLS too where
 * there are keys: at least 0.99 of methods, targets, hosts, statuses and Set-Cookie lines equal, and every
 * difference has its reason in http-differences.data.ts.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { captureFiles } from './captures.ts'
import { DIFFERENCES } from './http-differences.data.ts'
import { type ByStream, type Fact, holdfastHttp, observationsOf, tsharkHttp } from './http-facts.ts'

const EQUAL_MIN = 0.99
/** tshark takes half a second to start. */
const PATIENCE_MS = 60_000
const FACTS: readonly Fact[] = ['methods', 'targets', 'hosts', 'statuses', 'setCookies']

/** Words of HTTP in the clear, or keys: a sieve that knows nothing of frames. */
const WORDS = /HTTP\/1\.|PRI \* HTTP\/2|CLIENT_RANDOM|CLIENT_TRAFFIC_SECRET/

function mayHoldHttp(path: string): boolean {
  const stored = readFileSync(path)
  return WORDS.test((path.endsWith('.gz') ? gunzipSync(stored) : stored).toString('latin1'))
}

const files = missing('tshark')
  ? []
  : captureFiles('public', 'lab').filter(({ path, keys }) => keys !== null || mayHoldHttp(path))
const counts = { facts: 0, equal: 0 }
const needed = new Set<unknown>()

function isExplained(capture: string, stream: number, fact: Fact): boolean {
  const reason = DIFFERENCES.find(
    (one) => one.capture === capture && one.streams.includes(stream) && one.facts.includes(fact),
  )
  if (reason !== undefined) needed.add(reason)
  return reason !== undefined
}

const valuesOf = (facts: ByStream, stream: number, fact: Fact): readonly string[] =>
  facts.get(stream)?.[fact] ?? []
const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

describe.skipIf(files.length === 0)('HTTP as tshark reads it (skipped without tshark and ../shared)', () => {
  test.each(files)('$name', { timeout: PATIENCE_MS }, async (file) => {
    const ours = holdfastHttp(await observationsOf(file))
    const theirs = tsharkHttp(file, false)
    let atHeads: ByStream | null = null
    const differences: unknown[] = []
    for (const stream of new Set([...theirs.keys(), ...ours.keys()])) {
      for (const fact of FACTS) {
        const [own, other] = [valuesOf(ours, stream, fact), valuesOf(theirs, stream, fact)]
        counts.facts += Math.max(own.length, other.length)
        if (isSame(own, other)) counts.equal += own.length
        else if (isSame(own, valuesOf((atHeads ??= tsharkHttp(file, true)), stream, fact)))
          counts.equal += own.length
        else if (!isExplained(file.name, stream, fact)) differences.push([stream, fact, own, other])
      }
    }
    expect(differences).toEqual([])
  })

  test('nearly all facts are equal, and no explanation is left over', () => {
    expect(counts.facts).toBeGreaterThan(50_000)
    expect(counts.equal / counts.facts).toBeGreaterThanOrEqual(EQUAL_MIN)
    expect(DIFFERENCES.filter((one) => !needed.has(one))).toEqual([])
  })
})
