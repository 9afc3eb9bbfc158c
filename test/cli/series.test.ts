/** Captures of which each goes on where the one before it ended: the files of a ring are one tap. */
import { describe, expect, test } from 'vitest'
import { joinedWords } from '../../src/model/quality.ts'
import type { AnalysisRecord } from '../../src/model/record.ts'
import { SECOND } from '../../src/model/time.ts'
import { ahead, analysed, only, recordsOf } from '../detectors/analysis.ts'
import { attach, balancer, DLP } from '../detectors/stories.ts'
import { joined } from '../scenario/pcap-writer.ts'
import { firewall, scenario, type Scenario } from '../scenario/scenario.ts'
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

/** The packets of a capture, divided before these places. */
function parts(capture: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places, Infinity]
  return edges.slice(1).map((to, i) => only(capture, (_frame, n) => n >= edges[i]! && n < to))
}

/** As dumpcap names the files of a ring. */
const named = (name: string, i: number): string => `${name}_0000${i + 1}_20260302080000`

const ring = (name: string, captures: readonly Uint8Array[]): File[] =>
  captures.map((bytes, i) => file(named(name, i), bytes))

/** The packets of both, of which the second ones are later. */
const joinedTo = (one: Uint8Array, other: Uint8Array): Uint8Array => joined([one, other.subarray(24)])

const capturesOf = (story: Scenario, tap: string): Uint8Array => story.captures().get(tap)!
const packetsIn = (capture: Uint8Array): number => recordsOf(Buffer.from(capture)).length

/** What is told of the whole capture of a story's taps. */
async function toldOfWhole(story: Scenario, taps: readonly string[]) {
  const whole = await analysed(story, { config: DLP, taps: [...taps] })
  const captures = taps.map((tap) => [tap, capturesOf(story, tap)] as const)
  return told(
    whole.of('occurrence').map((record) => ({ ...record, kind: 'occurrence' })),
    clockOf(captures),
  )
}

const qualityOf = (found: readonly AnalysisRecord[]) =>
  found.flatMap((record) => (record.kind === 'capture' ? [record.quality] : []))
const connectionsOf = (found: readonly AnalysisRecord[]) =>
  found.flatMap((record) => (record.kind === 'connection' ? [record] : []))

describe('that captures go on from each other is told', () => {
  test('of the files of a ring, in order of time', async () => {
    const files = ring('client', parts(capturesOf(severed(), 'client'), [5, 10]))
    const taps = files.map(({ tap }) => tap)
    expect(await shown(files.toReversed())).toEqual(
      Object.fromEntries(
        taps.map((tap, place) => [
          tap,
          { joint: { joining: 'series', taps, place, begins: expect.any(Number) } },
        ]),
      ),
    )
  })

  test.each([
    ['dumpcap -b', 'office_00001_20260302080000', 'office_00002_20260302090000'],
    ['tcpdump -C', 'office.pcap', 'office.pcap1'],
    ['tcpdump -G', 'office-02-08', 'office-02-09'],
  ])('as %s names them', async (_name, ...names) => {
    const captures = parts(capturesOf(severed(), 'client'), [60])
    const files = names.map((name, i) => file(name, captures[i]!))
    expect(Object.keys(await shown(files))).toEqual(names)
  })

  test('of files that were uploaded, whose taps are numbered', async () => {
    const captures = parts(capturesOf(severed(), 'client'), [60, 70])
    const files = ['client', 'client-2', 'client-3'].map((tap, i) => ({
      ...file(tap, captures[i]!),
      name: `${named('office', i)}.pcap`,
    }))
    expect((await shown(files))['client-3']?.joint?.taps).toEqual(['client', 'client-2', 'client-3'])
  })

  test('of two rings at once, of which one has another clock', async () => {
    const s = severed()
    const client = ring('client', parts(capturesOf(s, 'client'), [8]))
    const server = ring('server', parts(ahead(capturesOf(s, 'server'), 40 * SECOND), [8, 12]))
    const found = await shown([client[0]!, server[1]!, server[0]!, client[1]!, server[2]!])
    expect(server.map(({ tap }) => found[tap]?.joint?.place)).toEqual([0, 1, 2])
    const secondsAhead = ({ tap }: File): number => Math.round((found[tap]?.clockAhead ?? 0) / SECOND)
    expect([...client, ...server].map(secondsAhead)).toEqual([0, 0, 40, 40, 40])
  })
})

describe('nothing is told', () => {
  const captures = parts(capturesOf(severed(), 'client'), [8])

  test('where names differ in more than numbers', async () => {
    expect(await shown([file('morning', captures[0]!), file('evening', captures[1]!)])).toEqual({})
  })

  test('of captures of one time', async () => {
    const s = severed()
    expect(
      await shown([file('tap1', capturesOf(s, 'client')), file('tap2', capturesOf(s, 'server'))]),
    ).toEqual({})
  })

  test('of another place in the network', async () => {
    const s = severed()
    const later = ahead(capturesOf(s, 'server'), 3600 * SECOND)
    const found = await shown([file('tap1', capturesOf(s, 'client')), file('tap2', later)])
    expect(found['tap2']?.joint).toBe(undefined)
  })

  test('of a capture alone, and of one that is empty', async () => {
    expect(await shown([file('client_1', captures[0]!)])).toEqual({})
    expect(await shown(ring('client', parts(captures[0]!, [0])))).toEqual({})
  })
})

describe('captures that go on from each other are one tap', () => {
  test('wherever they were divided, with evidence by the packets of each', async () => {
    const story = severed()
    const capture = capturesOf(story, 'client')
    const expected = await toldOfWhole(story, ['client'])
    expect(expected.map(({ type }) => type)).toContain('severed-idle')
    const last = packetsIn(capture) - 1
    for (const place of [1, 2, 5, 20, 44, 60, last - 3, last - 2, last - 1, last]) {
      const of = parts(capture, [place])
      const found = await records(ring('client', of))
      const clock = clockOf(of.map((bytes, i) => [named('client', i), bytes]))
      expect(told(found, clock), `divided before packet ${place + 1}`).toEqual(expected)
      expect(connectionsOf(found).length).toBe(2)
    }
  })

  test('of two taps, each of several files', async () => {
    const story = scenario().behind(balancer('fin'))
    const { agent } = attach(story, 'A1')
    attach(story, 'A2', '10.10.1.102')
    story.wait(330 * SECOND)
    agent.sends('a report')
    story.wait(10 * SECOND)
    const expected = await toldOfWhole(story, ['client', 'server'])
    const client = parts(capturesOf(story, 'client'), [4, 9])
    const server = parts(capturesOf(story, 'server'), [7])
    const found = await records([...ring('client', client), ...ring('server', server)])
    const clock = clockOf([
      ...client.map((bytes, i) => [named('client', i), bytes] as const),
      ...server.map((bytes, i) => [named('server', i), bytes] as const),
    ])
    expect(expected.length).toBeGreaterThan(0)
    expect(told(found, clock)).toEqual(expected)
  })

  test('by the names of their interfaces', async () => {
    const story = severed()
    const capture = recordsOf(Buffer.from(capturesOf(story, 'client')))
    const faceOf = (frame: Buffer): number => (frame.includes(Buffer.from([10, 10, 1, 101])) ? 1 : 0)
    const files = [capture.slice(0, 8), capture.slice(8)].map((of, i) =>
      ofInterfaces(`client-${i}`, of, i === 0 ? ['eth0', 'eth1'] : ['eth1', 'eth0'], (frame) =>
        i === 0 ? faceOf(frame) : 1 - faceOf(frame),
      ),
    )
    const found = await records(files)
    expect(new Set(connectionsOf(found).map(({ tap }) => tap))).toEqual(
      new Set(['client-0..client-1/eth0', 'client-0..client-1/eth1']),
    )
    expect(connectionsOf(found).length).toBe(2)
    const [severance] = findingsOf(found).filter(({ type }) => type === 'severed-idle')
    expect(severance?.evidence.map(({ tap }) => tap)).toContain('client-1/eth1')
  })

  test('and the report says so', async () => {
    const found = await records(ring('client', parts(capturesOf(severed(), 'client'), [5, 10])))
    expect(qualityOf(found).map(joinedWords)).toEqual([
      [],
      [`goes on where ${named('client', 0)} ended: read as one tap`],
      [`goes on where ${named('client', 1)} ended: read as one tap`],
    ])
  })

  test('though one begins before another ends, as is found on the way', async () => {
    const story = severed()
    const capture = recordsOf(Buffer.from(capturesOf(story, 'client')))
    const bytes = Buffer.from(capturesOf(story, 'client'))
    const of = [0, 1].map((odd) => only(bytes, (_frame, i) => i >= 20 && i % 2 === odd))
    const head = only(bytes, (_frame, i) => i < 20)
    const files = ring('client', [joinedTo(head, of[0]!), of[1]!])
    const beginnings = new Map(
      files.map(({ path }, place) => {
        const begins = place === 0 ? capture[0]!.at : capture[21]!.at
        const taps = files.map((one) => one.tap)
        return [path, { joint: { joining: 'series', taps, place, begins } }] as const
      }),
    )
    const found = await records(files, beginnings)
    const clock = clockOf([joinedTo(head, of[0]!), of[1]!].map((one, i) => [named('client', i), one]))
    expect(told(found, clock)).toEqual(await toldOfWhole(story, ['client']))
    expect(
      qualityOf(found).map(({ clockSteps, outOfOrderPackets }) => clockSteps + outOfOrderPackets),
    ).toEqual([0, 0])
  })

  test('though one of them is cut', async () => {
    const [first, second] = parts(capturesOf(severed(), 'client'), [9])
    const found = await records(ring('client', [first!.subarray(0, first!.length - 7), second!]))
    expect(qualityOf(found).map(({ readError }) => readError === null)).toEqual([false, true])
    expect(connectionsOf(found).length).toBe(2)
  })
})

describe('time in which nobody may have listened is told', () => {
  /** An agent is silent for five minutes, twice, and then for as long as asked. */
  function paused(last: number): Uint8Array[] {
    const s = scenario().behind(firewall({ idle: 7200 * SECOND, forgets: 'silently' }))
    const { agent } = attach(s, 'A1', '10.10.1.101', '10.10.3.11:8000')
    for (const pause of [300, 300, last]) {
      s.wait(pause * SECOND)
      agent.sends('a report').receives('thanks')
    }
    const capture = capturesOf(s, 'client')
    const at = recordsOf(Buffer.from(capture)).map((record) => record.at)
    return parts(capture, [at.findLastIndex((time, i) => i > 0 && time - at[i - 1]! > (last - 1) * SECOND)])
  }

  test('where a pause between two is longer than any before', async () => {
    const found = qualityOf(await records(ring('client', paused(3600))))
    expect(found.map(({ blindSeconds = 0 }) => Math.round(blindSeconds))).toEqual([0, 3600])
  })

  test('and not where there was one as long', async () => {
    const found = qualityOf(await records(ring('client', paused(299))))
    expect(found.map(({ blindSeconds }) => blindSeconds)).toEqual([undefined, undefined])
  })
})
