import { describe, expect, test } from 'vitest'
import { LONGEST_SURVIVED_MAX } from '../../src/model/connection.ts'
import { seconds } from '../../src/model/time.ts'
import type { Micros } from '../../src/model/time.ts'
import { createWire, START, STEP, SYN, ACK } from './wire.ts'
import type { Wire } from './wire.ts'

const HOUR = seconds(3_600)
const IDLE = seconds(300)
const DAY = 24 * HOUR

/** The connection from another port: opens, or says its `exchange`th word and is answered. */
function other(wire: Wire, port: number, exchange: number, after: Micros = STEP): Wire {
  const from = { sourcePort: port }
  const to = { destinationPort: port }
  if (exchange === 0) {
    return wire
      .says(0, 0, { at: 0, acknowledges: -5_000, flags: SYN, frame: from, after })
      .says(1, 0, { at: 0, acknowledges: 1, flags: SYN | ACK, frame: to })
      .says(0, 0, { at: 1, acknowledges: 1, frame: from })
  }
  const at = 10 * exchange
  return wire
    .says(0, 10, { at: at - 9, acknowledges: 1, frame: from, after })
    .says(1, 0, { at: 1, acknowledges: at + 1, frame: to })
}

/** The longest survived silence of each connection, in seconds, by port. */
function survived(wire: Wire): Record<number, number> {
  return Object.fromEntries(
    wire
      .ends()
      .of('connection-closed')
      .map(({ summary }) => [summary.originator.port, summary.longestSurvived / 1e6]),
  )
}

/** An exchange of the wire's own connection, on port 50000. */
const speaks = (wire: Wire): Wire => wire.sends(0, 10).acknowledges(1)

describe('a silence of the whole tap', () => {
  test('is ordinary where there is but one connection', () => {
    expect(survived(speaks(speaks(createWire().opens()).waits(IDLE)))).toEqual({ 50000: 300 })
  })

  test('proves nothing if several connections have packets again after it', () => {
    const wire = speaks(createWire().opens())
    other(wire, 51_000, 0)
    speaks(wire.waits(IDLE))
    other(wire, 51_000, 1, seconds(2))
    expect(survived(wire)).toEqual({ 50000: 0, 51000: 0 })
  })

  test('what was survived while the tap saw others still counts', () => {
    const wire = speaks(createWire().opens())
    other(wire, 51_000, 0)
    for (let i = 1; i <= 6; i++) other(wire, 51_000, i, seconds(20))
    speaks(wire)
    speaks(wire.waits(HOUR))
    other(wire, 51_000, 7, seconds(2))
    expect(survived(wire)).toEqual({ 50000: 120.1, 51000: 0 })
  })

  test('counts if the others had long been silent, or stay so', () => {
    const wire = other(createWire(), 51_000, 0).waits(IDLE)
    speaks(wire.opens()).waits(IDLE)
    speaks(wire).waits(IDLE)
    other(wire, 51_000, 1)
    expect(survived(wire)).toEqual({ 50000: 300, 51000: 900.05 })
  })

  test('a connection that another one ends after it shares it as well', () => {
    const wire = speaks(createWire().opens())
    other(wire, 51_000, 0)
    speaks(wire.waits(IDLE))
    wire.says(1, 0, { at: 1, acknowledges: 1, flags: 4 | ACK, frame: { destinationPort: 51_000 } })
    expect(survived(wire)).toEqual({ 50000: 0, 51000: 0 })
  })

  test('the longest that is not shared is told, whichever comes first', () => {
    const spans = [seconds(100), HOUR, IDLE, seconds(200)]
    const wire = speaks(createWire().opens())
    other(wire, 51_000, 0)
    for (const [i, span] of spans.entries()) {
      speaks(wire.waits(span))
      if (span === HOUR) other(wire, 51_000, i)
    }
    expect(survived(wire)).toMatchObject({ 50000: 300.02 })
  })

  test('proves nothing if the capture ended within it, and another began', () => {
    const wire = speaks(createWire().opens())
    wire.tracker.interrupted()
    speaks(wire.waits(IDLE))
    expect(survived(wire)).toEqual({ 50000: 0 })
  })

  test('later ones do again', () => {
    const wire = speaks(createWire().opens())
    wire.tracker.interrupted()
    speaks(speaks(wire.waits(IDLE)).waits(seconds(200)))
    expect(survived(wire)).toEqual({ 50000: 200 })
  })
})

describe('what was no silence', () => {
  test.each([0, 1] as const)('octets of side %i passed unseen', (side) => {
    const wire = speaks(createWire().opens()).waits(IDLE).sends(side, 10, { unseen: true })
    expect(survived(speaks(wire))).toEqual({ 50000: 0 })
  })

  test('numbers from somewhere else: another connection, from the same port', () => {
    const wire = speaks(createWire({ initial: [2_000_000_000, 5_000] }).opens()).waits(IDLE)
    expect(survived(wire.says(0, 10, { at: -1_500_000_000 }).acknowledges(1))).toEqual({ 50000: 0 })
  })

  test('retransmissions and probes do not tell of others', () => {
    const probed = speaks(createWire().opens()).waits(IDLE).probes(0).acknowledges(1)
    expect(survived(probed)).toEqual({ 50000: 300 })
    const repeated = speaks(createWire().opens()).waits(IDLE).repeats(0, 10).acknowledges(1)
    expect(survived(repeated)).toEqual({ 50000: 300 })
  })
})

describe('a connection whose beginning was not seen', () => {
  test('was survived since the capture began, if others were seen meanwhile', () => {
    const wire = other(createWire(), 51_000, 0)
    for (let i = 1; i <= 4; i++) other(wire, 51_000, i, seconds(20))
    wire.sends(0, 10).acknowledges(1)
    expect(survived(wire)).toEqual({ 50000: 80.07, 51000: 0 })
  })

  test('proves nothing in captures strung together', () => {
    const wire = other(createWire(), 51_000, 0)
    other(wire, 51_001, 0, DAY)
    other(wire, 51_002, 0, DAY)
    wire.sends(0, 10).acknowledges(1)
    expect(survived(wire)).toEqual({ 50000: 0, 51000: 0, 51001: 0, 51002: 0 })
    const [first] = wire.of('silence')
    expect(first).toMatchObject({ startPacket: 0, outcome: 'answered', end: START + 2 * DAY + 7 * STEP })
  })

  test('and its longest silence is not the time before it', () => {
    const wire = other(createWire(), 51_000, 0)
    speaks(wire.waits(IDLE)).ends()
    const closed = wire.of('connection-closed').find((o) => o.summary.originator.port === 50_000)
    expect(closed!.summary.maxIdle).toBe(STEP)
  })
})

test('beyond 49 days they are not told apart', () => {
  expect(survived(speaks(speaks(createWire().opens()).waits(49 * DAY)))).toEqual({ 50000: 49 * 86_400 })
  const wire = speaks(speaks(createWire().opens()).waits(400 * DAY))
  expect(wire.ends().summary.longestSurvived).toBe(LONGEST_SURVIVED_MAX)
})

test('of silences that are not credited, too, only the first is told', () => {
  const wire = speaks(createWire().opens())
  other(wire, 51_000, 0)
  for (let i = 1; i < 4; i++) other(speaks(wire.waits(IDLE)), 51_000, i)
  expect(wire.of('silence')).toHaveLength(2)
})
