/** Stories of which somebody recorded only some kinds of segments: what did not pass the filter is no cause
 * for alarm, and not said to be well. */
import { describe, expect, test } from 'vitest'
import { locate, Place, TCP } from '../../src/wire/frame.ts'
import { PathTable } from '../../src/wire/path.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { seconds } from '../../src/model/time.ts'
import { scenario, type Scenario } from '../scenario/scenario.ts'
import { type Analysis, analysedFiles, only } from './analysis.ts'
import { checks, mail, passesOn } from './cluster/scenes.ts'
import { attachAll, FLEET, restarts } from './continuity/many.ts'

const ETHERNET = 1

/** What passes a filter: by the flags of a segment, and how much it carries. */
type Filter = (flags: number, payload: number) => boolean

const beginningsAndEnds: Filter = (flags) => (flags & (tcp.SYN | tcp.FIN | tcp.RST)) !== 0
const synsAlone: Filter = (flags) => (flags & (tcp.SYN | tcp.ACK)) === tcp.SYN
const dataAlone: Filter = (_, payload) => payload > 0

function filtered(story: Scenario, passes: Filter, config: unknown): Promise<Analysis> {
  const place = new Place(new PathTable())
  const captures = [...story.captures()].map(([tap, capture]) => {
    const isWanted = (frame: Buffer): boolean => {
      if (locate(frame, 0, frame.length, frame.length, ETHERNET, place) !== TCP) return false
      const { bytes, transportAt, wireEnd } = place
      return passes(tcp.flags(bytes, transportAt), tcp.payloadLength(bytes, transportAt, wireEnd))
    }
    return [tap, only(capture, isWanted)] as const
  })
  return analysedFiles(captures, config)
}

const qualities = (analysis: Analysis) => analysis.of('capture').map(({ quality }) => quality)
const statuses = (analysis: Analysis) => new Set(analysis.of('requirement').map(({ status }) => status))

/** Servers that greet their load balancer, and a next hop that greets them. */
function mailIsWell(): Scenario {
  const s = scenario()
  for (let i = 0; i < 6; i++) {
    checks(s)
    passesOn(s, 'up')
  }
  return s
}

/** Agents that come within seconds, are cut off together a little later, and stay away. */
function cutOff(): Scenario {
  const s = scenario()
  const all = attachAll(s, 24, 0.375)
  s.wait(seconds(10))
  restarts(all)
  s.wait(seconds(200))
  return s
}

describe('beginnings and ends alone', () => {
  test('greetings that passed unseen were given', async () => {
    const analysis = await filtered(mailIsWell(), beginningsAndEnds, mail())
    expect(analysis.told).toEqual([])
    expect(qualities(analysis)).toMatchObject([{ withoutData: 12 }])
  })

  test('who came before the end did not come back after it', async () => {
    const config = { ...FLEET, services: [{ ...FLEET.services[0], idleThreshold: '10s' }] }
    const analysis = await filtered(cutOff(), beginningsAndEnds, config)
    expect(analysis.told).toEqual(['critical mass-disconnect'])
  })

  test('nobody is said to be severed after a silence in which octets passed', async () => {
    const s = scenario()
    for (const { agent } of attachAll(s, 4)) {
      s.wait(seconds(400))
      agent.sends('that was all').closes()
    }
    const analysis = await filtered(s, beginningsAndEnds, FLEET)
    expect(analysis.told).toEqual([])
    expect(analysis.of('summary')[0]!.longestSurvivedSeconds).toBe(0)
    expect(statuses(analysis)).toEqual(new Set(['not-observed', 'not-applicable']))
  })
})

test('SYNs alone: nobody knows who was answered', async () => {
  // Behind the last of them is no time left for more.
  const analysis = await filtered(mailIsWell(), synsAlone, mail())
  expect(analysis.told).toEqual([])
  expect(qualities(analysis)).toMatchObject([{ withoutHandshakes: 11 }])
})

test('data alone: no silence is certain, and nothing met that rests on one', async () => {
  const s = scenario()
  const all = attachAll(s, 4)
  for (let i = 0; i < 3; i++) {
    s.wait(seconds(300))
    for (const { agent } of all) agent.sends('beat').receives('ok')
  }
  const analysis = await filtered(s, dataAlone, FLEET)
  expect(analysis.of('summary')[0]!.longestSurvivedSeconds).toBe(0)
  expect(qualities(analysis)[0]!.withoutAcknowledgments).toBeGreaterThanOrEqual(3)
  expect(statuses(analysis)).toEqual(new Set(['not-observed', 'not-applicable']))
})
