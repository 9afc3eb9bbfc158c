/**
 * Holdfast against tshark, connection by connection and fact by fact, over all captures that hold TLS: at
 * least 0.99 equal, and every difference has its reason in tls-differences.data.ts.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { captureFiles } from './captures.ts'
import { DIFFERENCES } from './tls-differences.data.ts'
import { holdfastTls, tsharkTls, type Fact } from './tls-facts.ts'

const EQUAL_MIN = 0.99
/** tshark takes half a second to start. */
const PATIENCE_MS = 60_000

/** A record that begins a hello, of TLS or of SSL 2.0, stands somewhere in the file: no frames
 * are known here. */
function mayHoldTls(path: string): boolean {
  const stored = readFileSync(path)
  const octets = path.endsWith('.gz') ? gunzipSync(stored) : stored
  const isHello = (at: number): boolean =>
    octets[at + 1] === 3 && octets[at + 2]! <= 4 && (octets[at + 5] === 1 || octets[at + 5] === 2)
  const isOldHello = (at: number): boolean =>
    octets[at + 2] === 1 && octets[at + 3] === 3 && octets[at + 4]! <= 3 && octets[at + 5] === 0
  return someAt(octets, 0x16, isHello) || someAt(octets, 0x80, isOldHello)
}

function someAt(octets: Buffer, first: number, test: (at: number) => boolean): boolean {
  for (let at = octets.indexOf(first); at >= 0; at = octets.indexOf(first, at + 1)) if (test(at)) return true
  return false
}

const files = missing('tshark') ? [] : captureFiles('public', 'lab').filter(({ path }) => mayHoldTls(path))
const counts = { facts: 0, equal: 0 }

const explained = (capture: string, stream: number, fact: Fact): boolean =>
  DIFFERENCES.some((one) => one.capture === capture && one.stream === stream && one.facts.includes(fact))

describe.skipIf(files.length === 0)('TLS as tshark reads it (skipped without tshark and ../shared)', () => {
  test.each(files)('$name', { timeout: PATIENCE_MS }, async (file) => {
    const theirs = tsharkTls(file)
    const ours = await holdfastTls(file)
    const differences: unknown[] = []
    for (const [stream, facts] of theirs) {
      for (const [fact, value] of Object.entries(facts) as [Fact, unknown][]) {
        const own = ours.get(stream)?.[fact]
        const isEqual = JSON.stringify(value) === JSON.stringify(own)
        counts.facts++
        if (isEqual) counts.equal++
        if (isEqual === explained(file.name, stream, fact)) differences.push([stream, fact, value, own])
      }
    }
    expect(differences).toEqual([])
    expect([...ours.keys()].filter((stream) => !theirs.has(stream))).toEqual([])
  })

  test('nearly all facts are equal', () => {
    expect(counts.facts).toBeGreaterThan(5_000)
    expect(counts.equal / counts.facts).toBeGreaterThanOrEqual(EQUAL_MIN)
  })
})
