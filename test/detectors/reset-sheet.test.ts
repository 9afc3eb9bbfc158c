/** Each item of the reset sheet by itself: a reset of a server, and one circumstance changed. */
import { describe, expect, test } from 'vitest'
import { resetSheet } from '../../src/detectors/reset-sheet.ts'
import type { Reset } from '../../src/model/observation.ts'
import type { Leg } from '../../src/model/party.ts'
import { Inventory } from '../../src/sessions/servers/inventory.ts'
import { SAME_SEQUENCE } from '../../src/sessions/paths.ts'
import { Services } from '../../src/sessions/servers/services.ts'
import { TrackedSighting } from '../../src/sessions/sighting.ts'
import { analysed, deployment } from './analysis.ts'
import type { AttributionItem } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'
import { firewall, scenario } from '../scenario/scenario.ts'
import { A1, A2, attach, DLP, DLP1 } from './stories.ts'

const AGENT = { address: '10.0.0.5', port: 50_000 }
const SERVER = { address: '192.0.2.10', port: 443 }
const service = new Services(new Inventory(deployment({}))).serviceAt(SERVER)

const WORLD = { packetName: ({ packet }: { readonly packet: number }): string => `packet ${packet}` }

/** What says nothing either way: 20 ms after the agent's segment, without a hop limit to compare. */
const RESET: Reset = {
  kind: 'reset',
  time: 1_000_000,
  tap: 'client',
  connection: 1,
  originator: AGENT,
  responder: SERVER,
  packet: 8,
  from: 1,
  sequence: 5000,
  sequenceOffset: 0,
  acknowledges: false,
  window: 0,
  payload: '',
  hopLimit: 60,
  usualHopLimit: null,
  identification: 7,
  previousIdentification: 6,
  hardware: null,
  usualHardware: null,
  provokedBy: 7,
  sinceProvocation: null,
  idleBefore: 0,
  sinceOwn: null,
  legRtt: null,
  bytes: [10, 10],
  afterFin: false,
}

const seenAt = (
  tap: string,
  leg: Leg = 'direct',
  port = AGENT.port,
  responderHopLimit: number | null = null,
): TrackedSighting =>
  new TrackedSighting({
    connection: 1,
    tap,
    originator: { address: AGENT.address, port },
    responder: SERVER,
    start: 0,
    startPacket: 1,
    handshake: null,
    responderHopLimit,
    leg,
    service,
    server: null,
  })

/** Weights of the sheet by test. */
function weigh(change: Partial<Reset>, others: readonly TrackedSighting[] = []): Record<string, number> {
  const sighting = seenAt('client')
  for (const other of others) sighting.path.join(other.path, SAME_SEQUENCE)
  const sheet = resetSheet(sighting.path, sighting, { ...RESET, ...change }, 1, WORLD)
  return Object.fromEntries(sheet.map(({ test: item, weight }) => [item, weight]))
}

test('a reset that shows nothing is not judged', () => expect(weigh({})).toEqual({}))

describe.each<[item: string, change: Partial<Reset>, weight: number | undefined]>([
  ['hop limit', { usualHopLimit: 60 }, -3],
  ['hop limit', { usualHopLimit: 61 }, 3],
  ['hop limit', { hopLimit: 64, usualHopLimit: 63 }, 3],
  ['hop limit', { hopLimit: 251, usualHopLimit: 60 }, -1], // another start, as long a way
  ['hop limit', { hopLimit: 254, usualHopLimit: 60 }, 3],
  ['hop limit', { hopLimit: 124, usualHopLimit: 60 }, -1],
  ['round trip', { sinceProvocation: 9_999, legRtt: 20_000 }, 2],
  ['round trip', { sinceProvocation: 10_000, legRtt: 20_000 }, -1],
  ['round trip', { sinceProvocation: 10_000, legRtt: null }, undefined],
  ['round trip', { sinceProvocation: null, legRtt: 20_000 }, undefined],
  ['hardware address', { hardware: '02:00:00:00:00:01', usualHardware: '02:00:00:00:00:02' }, 2],
  ['hardware address', { hardware: '02:00:00:00:00:01', usualHardware: '02:00:00:00:00:01' }, undefined],
  ['acknowledges', { acknowledges: true }, -1],
  ['acknowledges', { acknowledges: true, sequenceOffset: 1 }, undefined],
  ['identification', { identification: 0 }, 1],
  ['identification', { identification: 0, previousIdentification: 0 }, undefined],
  ['identification', { identification: 0, previousIdentification: null }, undefined],
  ['NetScaler reason', { window: 9300 }, 3],
  ['NetScaler reason', { window: 8211 }, 3],
  ['NetScaler reason', { window: 9700 }, -2], // passed on: the other side is to blame
  ['NetScaler reason', { window: 9701 }, -2],
  ['NetScaler reason', { window: 9299 }, undefined],
  ['BIG-IP reset cause', { payload: 'BIG-IP: [0x2409d71:1204] Flow expired (sweeper)' }, 5],
  ['reset text', { payload: 'Go away!' }, 0], // shown, but it proves nothing
])('%s: %j', (item, change, weight) => {
  test(`weighs ${weight ?? 'nothing'}`, () => {
    expect(weigh(change)).toEqual(weight === undefined ? {} : { [item]: weight })
  })
})

describe('a reset of the other side', () => {
  const beside = (theirs: Partial<Reset>, own: Partial<Reset> = {}): number => {
    const sighting = seenAt('client')
    const unprovoked = { ...RESET, provokedBy: null }
    sighting.end.resets[0] = { ...unprovoked, from: 0, packet: 9, time: RESET.time + 40, ...theirs }
    return resetSheet(sighting.path, sighting, { ...unprovoked, ...own }, 1, WORLD)[0]?.weight ?? 0
  }

  test('at once: neither answers the other', () => expect(beside({})).toBe(3))
  test('later: it gave up, too', () => expect(beside({ time: RESET.time + 10_001 })).toBe(0))
  test('that answers something', () => expect(beside({ provokedBy: 8 })).toBe(0))
  test('where this one answers something', () => expect(beside({}, { provokedBy: 7 })).toBe(0))
})

describe('the other capture', () => {
  test('shows no such reset: it was made between the taps', () => {
    expect(weigh({}, [seenAt('server')])).toEqual({ 'both captures': 5 })
  })

  test('shows it too', () => {
    const server = seenAt('server')
    server.end.resets[1] = RESET
    expect(weigh({}, [server])).toEqual({})
  })

  test('shows one of the other side only', () => {
    const server = seenAt('server')
    server.end.resets[0] = RESET
    expect(weigh({}, [server])).toEqual({ 'both captures': 5 })
  })

  test('is behind this one, as the sender sees it: there it may not have arrived', () => {
    const sheetAt = (from: 0 | 1, here: number, there: number): number => {
      const sighting = seenAt('here', 'direct', AGENT.port, here)
      sighting.path.join(seenAt('there', 'direct', AGENT.port, there).path, SAME_SEQUENCE)
      return resetSheet(sighting.path, sighting, { ...RESET, from }, from, WORLD).length
    }
    expect(sheetAt(1, 64, 63)).toBe(0) // the server's, seen beside the server, and not beyond a router
    expect(sheetAt(1, 63, 64)).toBe(1) // seen beyond the router, and not beside the server
    expect(sheetAt(0, 63, 64)).toBe(0)
    expect(sheetAt(0, 64, 63)).toBe(1)
    expect(sheetAt(1, 64, 64)).toBe(1)
  })

  test('is of another connection: behind a relay, or behind translated ports', () => {
    expect(weigh({}, [seenAt('server', 'back', 4711)])).toEqual({})
    expect(weigh({}, [seenAt('server', 'direct', 4711)])).toEqual({})
  })
})

test('a sheet says what it saw', () => {
  const sighting = seenAt('client')
  const reset = { ...RESET, usualHopLimit: 61, window: 9300, sinceProvocation: 150, legRtt: 8000 }
  expect(resetSheet(sighting.path, sighting, reset, 1, WORLD)).toEqual([
    { test: 'hop limit', weight: 3, observed: '60, others of this side 61' },
    { test: 'round trip', weight: 2, observed: 'answered in 150 µs, the handshake took 8000 µs' },
    { test: 'NetScaler reason', weight: 3, observed: 'window 9300: idle timeout or zombie clean-up' },
  ])
})

test('tries without an answer are told with a time that people can read', async () => {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
  const [{ agent }, { agent: other }] = [
    attach(s, 'A1', A1, `${DLP1}:8000`),
    attach(s, 'A2', A2, `${DLP1}:8000`),
  ]
  for (let i = 0; i < 2; i++) {
    s.wait(seconds(155))
    other.sends('ping').receives('pong')
  }
  agent.sends('report')
  s.wait(seconds(5))
  other.sends('ping').receives('pong')
  s.wait(seconds(25))
  attach(s, 'A1', A1, `${DLP1}:8000`)
  s.wait(seconds(30))
  other.sends('ping').receives('pong')
  const analysis = await analysed(s, { config: DLP, taps: ['client'] })
  const sheet = analysis.findings('severed-idle')[0]!.details['attribution'] as AttributionItem[]
  const tries = sheet.find((item) => item.test === 'retransmissions without an answer')
  expect(tries?.observed).toMatch(/^\d+ within \d+\.\d s$/)
})
