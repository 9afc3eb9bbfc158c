import { describe, expect, test } from 'vitest'
import { deleteAnalysis, endAnalysis } from '../../src/store/analyses.ts'
import { forgetCapture } from '../../src/store/captures.ts'
import {
  evidencePackets,
  evidenceWanted,
  inputByTap,
  keepPackets,
  PACKET_BYTES_MAX,
  PROVED_OCCURRENCES_MAX,
  type ProvingPacket,
} from '../../src/store/evidence.ts'
import type { Store } from '../../src/store/store.ts'
import { cut } from '../cli/output/story.ts'
import { all, analysed, database, found, NOW, one, running, written } from './database.ts'

const packet = (number: number, changes: Partial<ProvingPacket> = {}): ProvingPacket => ({
  number,
  time: NOW + number,
  nanoseconds: 7,
  linkType: 1,
  wireLength: 60,
  segment: null,
  bytes: new Uint8Array(4).fill(number % 256),
  ...changes,
})

const proven = (store: Store, names: readonly string[], findings = [cut()]): number => {
  const id = running(store, names)
  written(store, id, found(findings))
  return id
}

test('the packets of all taps are wanted, kept, and handed out with what they prove', () => {
  const store = database()
  const id = proven(store, ['a', 'b'])
  expect(evidenceWanted(store, id)).toEqual([
    { capture: 1, numbers: [1310, 1311] },
    { capture: 2, numbers: [1290] },
  ])
  const segment = {
    source: { address: '10.10.2.10', port: 8000 },
    destination: { address: '10.10.1.101', port: 40747 },
    flags: ['FIN', 'ACK'],
    payloadBytes: 0,
    hopLimit: 64,
    sequence: 5,
    acknowledgment: 6,
    window: 7,
    wireBytes: 60,
  }
  keepPackets(store, id, 1, [packet(1309), packet(1310), packet(1311, { segment, time: NOW })])
  expect(evidenceWanted(store, id)).toEqual([{ capture: 2, numbers: [1290] }])
  keepPackets(store, id, 2, [packet(1290)])
  expect(evidenceWanted(store, id)).toEqual([])
  const from = (capture: number, tap: string, { number, time, bytes }: ProvingPacket, note: string) => ({
    capture,
    tap,
    number,
    time,
    nanoseconds: 7,
    linkType: 1,
    wireLength: 60,
    notes: [note],
    bytes: Buffer.from(bytes),
  })
  const expected = [
    from(1, 'client', packet(1311, { time: NOW }), 'FIN from 10.10.2.10, hop limit 64 as always'),
    from(2, 'server', packet(1290), 'FIN to dlp1 0.1 ms before, from 10.10.3.1'),
    from(1, 'client', packet(1310), 'the last packet before 15.00 s of silence'),
  ]
  expect(evidencePackets(store, { incident: 1 })).toEqual(expected)
  expect(evidencePackets(store, { occurrence: 1 })).toEqual(expected)
  expect(evidencePackets(store, { incident: 2 })).toEqual([])
  expect(JSON.parse(one(store, 'SELECT segment FROM packet WHERE number = 1311') as string)).toEqual(segment)
  // A packet that nobody wants is not kept.
  expect(one(store, 'SELECT count(*) FROM packet')).toBe(3)
})

test('a packet that proves two things is kept once', () => {
  const store = database()
  const [first, ...rest] = cut().evidence
  const again = cut({ at: cut().at + 1, evidence: [{ ...first, note: 'another' }, ...rest] })
  const id = proven(store, ['a', 'b'], [cut(), again])
  keepPackets(store, id, 1, [packet(1310)])
  expect(evidencePackets(store, { incident: 1 }).map((row) => row.notes)).toEqual([
    ['another', 'the last packet before 15.00 s of silence'],
  ])
})

describe('kept packets', () => {
  test('outlive their capture, and go with the last finding that needs them', () => {
    const store = database()
    const id = proven(store, ['a', 'b'])
    keepPackets(store, id, 1, [packet(1310)])
    endAnalysis(store, id, { state: 'done', error: null, summary: null, at: NOW })
    forgetCapture(store, 1, NOW)
    forgetCapture(store, 2, NOW)
    expect(evidencePackets(store, { incident: 1 })).toHaveLength(1)
    deleteAnalysis(store, id)
    expect([one(store, 'SELECT count(*) FROM packet'), one(store, 'SELECT count(*) FROM capture')]).toEqual([
      0, 0,
    ])
  })

  test('are not fetched again for another analysis of the same capture', () => {
    const store = database()
    const id = proven(store, ['a', 'b'])
    keepPackets(store, id, 1, [packet(1310), packet(1311)])
    endAnalysis(store, id, { state: 'done', error: null, summary: null, at: NOW })
    const again = proven(store, ['a', 'b'])
    expect(evidenceWanted(store, again)).toEqual([{ capture: 2, numbers: [1290] }])
    endAnalysis(store, again, { state: 'done', error: null, summary: null, at: NOW })
    expect(evidencePackets(store, { incident: 1 })).toHaveLength(2)
  })

  test('are cut, and their secrets hashed unless somebody wants them plain', () => {
    const store = database()
    const id = proven(store, ['a', 'b'])
    const text = 'HTTP/1.1 200 OK\r\nSet-Cookie: ovidCookie=topsecretvalue; Path=/\r\n\r\n'
    const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(PACKET_BYTES_MAX)])
    keepPackets(store, id, 1, [packet(1310, { bytes })])
    keepPackets(store, id, 1, [packet(1311, { bytes })], { plain: true })
    const kept = all<{ bytes: Buffer }>(store, 'SELECT bytes FROM packet ORDER BY number').map(
      (row) => row.bytes,
    )
    expect(kept.map((row) => row.length)).toEqual([PACKET_BYTES_MAX, PACKET_BYTES_MAX])
    expect(kept[1]?.equals(bytes.subarray(0, PACKET_BYTES_MAX))).toBe(true)
    expect(kept[0]?.toString('latin1')).toMatch(/\r\nSet-Cookie: ovidCookie=[0-9a-f]{14}; Path=\/\r\n\r\n/)
  })
})

test('of an incident with very many occurrences, the first and the last are proven', () => {
  const store = database()
  const findings = Array.from({ length: PROVED_OCCURRENCES_MAX + 10 }, (_, i) => {
    const evidence = [{ tap: '', packet: i + 1, at: i, ends: null, note: 'it' }] as const
    return cut({ at: cut().at + i, evidence })
  })
  const id = running(store, ['a'])
  written(store, id, found(findings))
  const half = PROVED_OCCURRENCES_MAX / 2
  const numbers = findings.map((_, i) => i + 1).filter((n) => n <= half || n > half + 10)
  expect(evidenceWanted(store, id)).toEqual([{ capture: 1, numbers }])
  expect(one(store, 'SELECT count(*) FROM evidence')).toBe(findings.length)
})

test('a tap belongs to the capture of its name, or of its first part', () => {
  const place = inputByTap(['client', 'server', 'server/dmz'])
  expect(['client', 'server', 'server/eth0', 'server/dmz', 'clientele', ''].map(place)).toEqual([
    0, 1, 1, 2, -1, -1,
  ])
  expect(['', 'eth0', 'any'].map(inputByTap(['']))).toEqual([0, 0, 0])
})

test('evidence of a tap that no input has is kept without its packets', () => {
  const store = database()
  analysed(
    store,
    ['a', 'b'],
    found([cut({ evidence: [{ tap: 'elsewhere', packet: 1, at: 1, ends: null, note: 'it' }] })]),
  )
  expect(all(store, 'SELECT tap, packet, kept FROM evidence')).toEqual([
    { tap: 'elsewhere', packet: 1, kept: null },
  ])
  expect(one(store, 'SELECT count(*) FROM evidence_wanted')).toBe(0)
})
