/** Captures that somebody filtered, and such as only lost a packet. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { createWire, type Said, SYN, type Wire } from './wire.ts'

/** What a filter lets pass. */
interface Filter {
  readonly data?: boolean
  readonly acknowledgments?: boolean
  readonly ends?: boolean
}

/** Connections of one host, each with a request, a pause, another one and its end. */
function exchanges(count: number, { data = true, acknowledgments = true, ends = true }: Filter) {
  return (wire: Wire): void => {
    for (let port = 40_000; port < 40_000 + count; port++) {
      const up = (isSeen: boolean): Said => ({ unseen: !isSeen, frame: { sourcePort: port } })
      const down = (isSeen: boolean): Said => ({ unseen: !isSeen, frame: { destinationPort: port } })
      const asks = (): Wire =>
        wire.sends(0, 100, up(data)).sends(1, 200, down(data)).acknowledges(0, up(acknowledgments))
      wire.numbers([port * 1_000, port * 3_000]).opens([up(true), down(true), up(acknowledgments)])
      asks().waits(seconds(40))
      asks().finishes(0, up(ends)).finishes(1, down(ends)).acknowledges(0, up(acknowledgments))
    }
    wire.tracker.tick(wire.time + seconds(10))
  }
}

const lacks = (...stories: readonly ((wire: Wire) => void)[]) => {
  const wire = createWire()
  for (const play of stories) play(wire)
  wire.ends()
  return wire.tracker.lacks.quality
}

describe('kept away by a filter', () => {
  test.each<[string, Filter, object]>([
    ['nothing', {}, {}],
    ['acknowledgments', { acknowledgments: false }, { withoutAcknowledgments: 8 }],
    ['acknowledgments and ends', { acknowledgments: false, ends: false }, { withoutAcknowledgments: 8 }],
    ['the data', { data: false, acknowledgments: false }, { withoutAcknowledgments: 4, withoutData: 4 }],
    ['all but the SYNs', { data: false, acknowledgments: false, ends: false }, { withoutHandshakes: 4 }],
  ])('%s', (_, filter, found) => {
    expect(lacks(exchanges(4, filter))).toEqual(found)
  })
})

describe('not what a filter does', () => {
  test('it was lost twice: that may be an accident', () => {
    expect(lacks(exchanges(1, { acknowledgments: false }))).toEqual({})
  })

  test('one connection shows that the tap holds it', () => {
    const others = exchanges(4, { data: false, acknowledgments: false })
    const whole = (wire: Wire): void => void wire.numbers([1_000, 5_000]).opens().sends(0, 10).acknowledges(1)
    expect(lacks(others, whole)).not.toHaveProperty('withoutData')
    expect(lacks(exchanges(4, { acknowledgments: false }), exchanges(1, {}))).toEqual({})
  })

  test('nobody answers: they ask again', () => {
    const again = { flags: SYN, after: seconds(1) }
    const wire = createWire()
    for (let port = 1; port <= 4; port++) {
      const said = { ...again, frame: { sourcePort: port } }
      wire.says(0, 0, said).says(0, 0, said)
    }
    wire.tracker.tick(wire.time + seconds(10))
    expect(wire.of('connection-failed')).toHaveLength(4)
    expect(wire.ends().tracker.lacks.quality).toEqual({})
  })

  test('octets in flight that are sent again', () => {
    const wire = createWire()
    for (let n = 0; n < 4; n++) {
      const frame = { sourcePort: 50 + n }
      wire.numbers([n * 9_000, n * 9_000 + 500]).sends(1, 5, { frame: { destinationPort: 50 + n } })
      wire.sends(0, 10, { frame }).waits(seconds(40)).repeats(0, 10, { frame })
    }
    expect(wire.ends().tracker.lacks.quality).toEqual({})
  })
})
