import type { PacketReference } from '../../../src/model/packet.ts'
import { expect, test } from 'vitest'
import { Proofs } from '../../../src/sessions/servers/proofs.ts'
import { Parties } from '../parties.ts'

const parties = new Parties()
const server = parties.sighting().server!
const other = parties.sighting({ to: { address: '192.0.2.11', port: 443 } }).server!

/** The packet of a span passed a little before its end. */
const shown = (n: number): PacketReference => ({
  tap: n % 3 === 0 ? 'a' : 'b',
  packet: n,
  at: n + 9,
  ends: [
    { address: '192.0.2.1', port: n },
    { address: '192.0.2.10', port: 443 },
  ],
})

/** Spans of ten each second. */
function proofs(many: number): Proofs {
  const all = new Proofs()
  for (let n = 0; n < many; n++) all.add(server, n, n + 10, n % 2 === 0 ? 1 : 100, shown(n))
  return all
}

test('the newest within, and the oldest around, before and after old ones gave way', () => {
  for (const many of [1, 5, 256, 257, 1000]) {
    const all = proofs(many)
    const newest = many - 1
    expect(all.lastOf(server)).toBe(newest + 10)
    expect(all.newestWithin(server, 0, Infinity)).toEqual(shown(newest))
    const oldest = Math.max(0, many - 256)
    expect(all.newestWithin(server, 0, oldest + 10)?.packet).toBe(oldest)
    expect(all.newestWithin(server, 0, oldest + 9)).toBeNull()
    // Only the even ones paused for less.
    const even = oldest + (oldest % 2)
    expect(all.oldestAround(server, even, even + 10)).toEqual(shown(even))
    expect(all.oldestAround(server, newest + 5, newest + 20)).toBeNull()
  }
})

test("are the server's own", () => {
  const all = proofs(9)
  expect([all.lastOf(other), all.newestWithin(other, 0, 99), all.oldestAround(other, 3, 4)]).toEqual([
    -Infinity,
    null,
    null,
  ])
})

test('know no ends where nobody does', () => {
  const all = new Proofs()
  const unknown = { ...shown(1), ends: null }
  all.add(server, 1, 11, 1, unknown)
  expect(all.newestWithin(server, 0, 99)).toEqual(unknown)
})
