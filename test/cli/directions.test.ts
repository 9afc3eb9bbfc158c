/** A tap hands each direction of its cable to a card of its own: two captures, or two interfaces of one. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clockWords, joinedWords } from '../../src/model/quality.ts'
import type { AnalysisRecord } from '../../src/model/record.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'
import { ahead, analysed, only, type Recorded, recordsOf } from '../detectors/analysis.ts'
import { attach, balancer, DLP } from '../detectors/stories.ts'
import { netflow5, SECONDS } from '../scenario/exports.ts'
import { scenario, type Scenario } from '../scenario/scenario.ts'
import { inUdp } from '../wire/wrap.ts'
import {
  clockOf,
  type File,
  file,
  findingsOf,
  ofInterfaces,
  records,
  severed,
  shown,
  told,
} from './tap-files.ts'

const SOURCE_AT = 14 + 12
/** By the last octet but one of the source: agents are in 10.10.1, servers in 10.10.3. */
const isFromAgent = (frame: Buffer): boolean => frame[SOURCE_AT + 2] === 1

/** A file for each direction of the story's tap: `client-rx` and `client-tx`. */
function halves(story: Scenario, tap: string): [rx: File, tx: File] {
  const capture = story.captures().get(tap)!
  return [
    file(`${tap}-rx`, only(capture, isFromAgent)),
    file(
      `${tap}-tx`,
      only(capture, (frame) => !isFromAgent(frame)),
    ),
  ]
}

describe('that two captures show a direction each is told', () => {
  test('by connections of which each shows one', async () => {
    const taps = ['client-rx', 'client-tx']
    expect(await shown(halves(severed(), 'client'))).toEqual({
      'client-rx': { joint: { joining: 'directions', taps, place: 0 } },
      'client-tx': { joint: { joining: 'directions', taps, place: 1 } },
    })
  })

  test('of two cables that the same connections pass: by the hardware addresses of their ends', async () => {
    const s = severed()
    const [rx, tx] = halves(s, 'client')
    const [serverRx, serverTx] = halves(s, 'server')
    const found = await shown([rx, serverTx, tx, serverRx])
    expect(found['client-rx']?.joint?.taps).toEqual(['client-rx', 'client-tx'])
    expect(found['server-rx']?.joint?.taps).toEqual(['server-tx', 'server-rx'])
  })

  test('of two interfaces of one capture', async () => {
    const capture = severed().captures().get('client')!
    const one = ofInterfaces('client', recordsOf(Buffer.from(capture)), ['rx', 'tx'], (frame) =>
      isFromAgent(frame) ? 0 : 1,
    )
    expect(await shown([one])).toEqual({ client: { pairs: [[0, 1]] } })
  })
})

describe('where two captures have two clocks, the second is read by the first one’s', () => {
  test.each([0, 20, 20_000, -20_000, 40 * SECOND, -3_600 * SECOND])('%d µs ahead', async (by) => {
    const [rx, tx] = halves(severed(), 'client')
    writeFileSync(tx.path, ahead(readFileSync(tx.path), by))
    for (const [files, sign] of [
      [[rx, tx], 1],
      [[tx, rx], -1],
    ] as const) {
      const found = (await shown(files))[files[1].tap]?.clockAhead ?? 0
      // Handshakes take some milliseconds on either side: within that nothing shows it.
      expect(Math.abs(found - sign * by)).toBeLessThan(10_000)
      if (Math.abs(by) < 100) expect(found).toBe(0)
      else expect(Math.sign(found)).toBe(Math.sign(sign * by))
    }
  })
})

describe('nothing is told', () => {
  test('of taps that show both directions', async () => {
    const files = [...severed().captures()].map(([tap, bytes]) => file(tap, bytes))
    expect(await shown(files)).toEqual({})
  })

  test('of taps that show the same direction', async () => {
    const s = severed()
    expect(await shown([halves(s, 'client')[0], halves(s, 'server')[0]])).toEqual({})
  })

  test('of a direction of other connections', async () => {
    const s = scenario().behind(balancer('fin'))
    attach(s, 'A1')
    expect(await shown([halves(severed(), 'client')[0], halves(s, 'server')[1]])).toEqual({})
  })

  test('where one of the interfaces shows both directions', async () => {
    const capture = severed().captures().get('client')!
    let n = 0
    const one = ofInterfaces('client', recordsOf(Buffer.from(capture)), ['a', 'b'], (frame) =>
      n++ < 4 || isFromAgent(frame) ? 0 : 1,
    )
    expect(await shown([one])).toEqual({})
  })
})

describe('both directions are one tap', () => {
  test('of two captures, with evidence by the packets of each', async () => {
    const story = severed()
    const capture = story.captures().get('client')!
    const whole = await analysed(story, { config: DLP, taps: ['client'] })
    const found = await records(halves(story, 'client'))
    const parts = [
      ['client-rx', only(capture, isFromAgent)],
      ['client-tx', only(capture, (frame) => !isFromAgent(frame))],
    ] as const
    const expected = told(
      whole.of('occurrence').map((record) => ({ ...record, kind: 'occurrence' })),
      clockOf([['client', capture]]),
    )
    expect(expected.map(({ type }) => type)).toContain('severed-idle')
    expect(told(found, clockOf(parts))).toEqual(expected)
    expect(new Set(findingsOf(found).flatMap((f) => f.evidence.map(({ tap }) => tap)))).toEqual(
      new Set(['client-rx', 'client-tx']),
    )
    const words = found.flatMap((r) => (r.kind === 'capture' ? joinedWords(r.quality) : []))
    expect(words).toEqual(
      Array<string>(2).fill(
        'client-rx and client-tx show a direction each of the same connections: read as one tap',
      ),
    )
    const oneWay = found.flatMap((r) => (r.kind === 'capture' ? [r.quality.oneWayConnections] : []))
    expect(oneWay).toEqual([0, 0])
  })

  test('of two captures, one of which holds exports of flows, which tell of what was before', async () => {
    const stored = recordsOf(Buffer.from(severed().captures().get('client')!))
    const at = (SECONDS + 60) * SECOND
    const exported = inUdp(2055, netflow5([{ source: '10.0.0.9' }], { seconds: SECONDS + 60 }))
    // More than a batch: flows are told of at its end.
    const others = Array.from({ length: 2000 }, () => inUdp(9, new Uint8Array(1400)))
    const rx = stored.filter(({ frame }) => isFromAgent(frame))
    const tx = [
      ...stored.filter(({ frame }) => !isFromAgent(frame)),
      ...[exported, ...others].map((frame) => ({ at, frame: Buffer.from(frame) })),
    ].toSorted((a, b) => a.at - b.at)
    const found = await records([
      ofInterfaces('client-rx', rx, ['rx'], () => 0),
      ofInterfaces('client-tx', tx, ['tx'], () => 0),
    ])
    expect(findingsOf(found).map(({ type }) => type)).toContain('severed-idle')
    const captures = found.flatMap((record) => (record.kind === 'capture' ? [record] : []))
    expect(captures.map(({ packets, flows }) => [packets, flows?.records])).toEqual([
      [rx.length, undefined],
      [tx.length, 1],
    ])
  })

  test('of two captures with two clocks', async () => {
    const story = severed()
    const [rx, tx] = halves(story, 'client')
    writeFileSync(tx.path, ahead(readFileSync(tx.path), -40 * SECOND))
    const whole = await analysed(story, { config: DLP, taps: ['client'] })
    const types = (found: readonly AnalysisRecord[]): string[] =>
      findingsOf(found).map(({ type, actor }) => `${type} by ${actor.role}`)
    const found = await records([rx, tx])
    expect(types(found)).toEqual(types(whole.of('occurrence').map((r) => ({ ...r, kind: 'occurrence' }))))
    const words = found.flatMap((r) => (r.kind === 'capture' ? [clockWords(r.quality)] : []))
    expect(words).toEqual([null, expect.stringMatching(/^its clock is (39\.\d|40\.\d) s behind/)])
  })

  test('of two interfaces, and the tap is the capture’s own', async () => {
    const story = severed()
    const capture = story.captures().get('client')!
    const one = ofInterfaces('client', recordsOf(Buffer.from(capture)), ['rx', 'tx'], (frame) =>
      isFromAgent(frame) ? 0 : 1,
    )
    const whole = await analysed(story, { config: DLP, taps: ['client'] })
    const found = await records([one])
    expect(findingsOf(found)).toEqual(whole.of('occurrence').map(({ finding }) => finding))
  })

  test('of two cards that hand over their frames in turns', async () => {
    const story = severed()
    const capture = story.captures().get('client')!
    // Each every 250 ms, one of them 100 ms after the other.
    const handedOver = ({ at, frame }: Recorded): Micros => {
      const [every, after] = [SECOND / 4, isFromAgent(frame) ? 0 : SECOND / 10]
      return Math.ceil((at - after) / every) * every + after
    }
    const stored = recordsOf(Buffer.from(capture)).toSorted((a, b) => handedOver(a) - handedOver(b))
    const one = ofInterfaces('client', stored, ['rx', 'tx'], (frame) => (isFromAgent(frame) ? 0 : 1))
    const whole = await analysed(story, { config: DLP, taps: ['client'] })
    const found = await records([one])
    const clock = (_tap: string, packet: number): Micros | undefined => stored[packet - 1]?.at
    const expected = whole.of('occurrence').map((record) => ({ ...record, kind: 'occurrence' }) as const)
    expect(told(found, clock)).toEqual(told(expected, clockOf([['client', capture]])))
  })

  test('and two of several interfaces have both names', async () => {
    const capture = severed().captures().get('client')!
    const one = ofInterfaces('client', recordsOf(Buffer.from(capture)), ['rx', 'tx', 'lo'], (frame) =>
      isFromAgent(frame) ? 0 : 1,
    )
    const taps = (await records([one])).flatMap((r) => (r.kind === 'connection' ? [r.tap] : []))
    expect(new Set(taps)).toEqual(new Set(['client/rx,tx']))
  })
})
