/** A connection's packets out of the captures that hold them. */
import { expect, test } from 'vitest'
import { carving } from '../../../src/cli/carve/carving.ts'
import { SECOND } from '../../../src/model/time.ts'
import { ahead, only, recordsOf } from '../../detectors/analysis.ts'
import { facts, smallStore } from '../../store/queries/small-store.ts'
import { file, severed } from '../tap-files.ts'

const AGENT = Uint8Array.of(10, 10, 1, 101)
const SERVER = Uint8Array.of(10, 10, 3, 11)
const ADDRESS_AT = 14 + 12

const whole = severed().captures().get('client')!
const isFromAgent = (frame: Buffer): boolean => frame[ADDRESS_AT + 2] === 1
/** Of the agent that is severed; the other one has 102. */
const isOfAgent = (frame: Buffer): boolean =>
  [ADDRESS_AT, ADDRESS_AT + 4].some((from) => frame.subarray(from, from + 4).equals(AGENT))

interface Held {
  readonly tap: string
  readonly capture: Uint8Array
  readonly quality?: object
}

/** Times, since the first, of what is carved out of these for the connection of the agent at a tap. */
async function carved(tap: string, held: readonly Held[]): Promise<number[]> {
  const store = smallStore()
  store.add('analysis', {})
  const paths = new Map<string, string>()
  const starts = held.map(({ capture }) => recordsOf(Buffer.from(capture))[0]!.at)
  const from = Math.min(...starts)
  for (const [i, one] of held.entries()) {
    const stored = `${i}.pcap`
    paths.set(stored, file(`carved-${i}`, one.capture).path)
    store.add('capture', { name: stored, sha256: `${i}`, stored })
    const quality = JSON.stringify(one.quality ?? {})
    store.add('analysis_input', {
      analysis: 1,
      capture: i + 1,
      ordinal: i,
      tap: one.tap,
      start: starts[i],
      quality,
    })
  }
  const ports = facts({ clientPort: 49_152, serverPort: 8000 }, [], [AGENT, SERVER])
  const id = store.add('connection', { number: 0, tap, start: from, end: from + 3600 * SECOND, facts: ports })
  const { body } = await carving(store, (stored) => paths.get(stored)!).connection(id)
  const blocks = Buffer.concat((await body.toArray()) as Buffer[])
  store.close()
  return timesIn(blocks).map((at) => at - from)
}

/** Of the enhanced packet blocks, in microseconds. */
function timesIn(pcapng: Buffer): number[] {
  const times: number[] = []
  for (let at = 0; at < pcapng.length; at += pcapng.readUInt32LE(at + 4))
    if (pcapng.readUInt32LE(at) === 6)
      times.push(Math.round((pcapng.readUInt32LE(at + 12) * 2 ** 32 + pcapng.readUInt32LE(at + 16)) / 1000))
  return times
}

const own = recordsOf(Buffer.from(only(whole, isOfAgent))).map(({ at }) => at)
const expected = own.map((at) => at - recordsOf(Buffer.from(whole))[0]!.at)

test('of one capture', async () => {
  expect(await carved('client', [{ tap: 'client', capture: whole }])).toEqual(expected)
})

test('of those that go on from each other, and of no other tap', async () => {
  const [first, second, third] = [
    [0, 9],
    [9, 50],
    [50, Infinity],
  ].map(([from, to]) => only(whole, (_frame, i) => i >= from! && i < to!))
  const held = [
    { tap: 'a-1', capture: first! },
    { tap: 'a-3', capture: third!, quality: { continues: 'a-2' } },
    { tap: 'server', capture: whole },
    { tap: 'a-2', capture: second!, quality: { continues: 'a-1' } },
  ]
  expect(await carved('a-1..a-3', held)).toEqual(expected)
})

test('of two that show a direction each, in order of time, by one clock', async () => {
  const quality = { directions: [['rx', 'tx']] }
  const tx = ahead(
    only(whole, (frame) => !isFromAgent(frame)),
    40 * SECOND,
  )
  const held = [
    { tap: 'rx', capture: only(whole, isFromAgent), quality },
    { tap: 'tx', capture: tx, quality: { ...quality, clockOffsetSeconds: 40 } },
  ]
  const found = await carved('rx+tx', held)
  const times = recordsOf(Buffer.from(only(whole, isOfAgent))).map(({ at, frame }) =>
    isFromAgent(frame) ? at : at + 40 * SECOND,
  )
  expect(found).toEqual(times.map((at) => at - times[0]!))
})
