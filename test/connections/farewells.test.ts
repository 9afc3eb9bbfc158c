import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { ACK, createWire, FIN, type Wire } from './wire.ts'

const IDLE = seconds(300)

describe('words behind which a connection is closed', () => {
  /** The responder has answered, and then nobody spoke. */
  const answered = (): Wire => createWire().opens().sends(0, 10).sends(1, 20).acknowledges(0).waits(IDLE)
  /** The originator has asked, and waits. */
  const asked = (): Wire => createWire().opens().sends(0, 10).acknowledges(1).waits(IDLE)
  const told = (wire: Wire) =>
    wire.of('silence').map(({ outcome, brokenBy, breaker, outcomePacket }) => {
      return [outcome, brokenBy, breaker, outcomePacket]
    })

  test.each([
    ['a farewell and a FIN', answered().sends(1, 24).finishes(1), [['closed', 1, 'data', 8]]],
    [
      'a farewell, received before the FIN',
      answered().sends(1, 24).acknowledges(0).finishes(1),
      [['closed', 1, 'data', 9]],
    ],
    ['a farewell that the other side takes', answered().sends(1, 24).finishes(0), [['closed', 1, 'data', 8]]],
    ['its own farewell', asked().sends(0, 24).finishes(0), [['closed', 0, 'data', 7]]],
    [
      'a farewell without a word before',
      createWire().opens().waits(IDLE).sends(1, 24).finishes(1),
      [['closed', 1, 'data', 5]],
    ],
    [
      'a word, received, and a FIN much later',
      answered().sends(1, 24).acknowledges(0).waits(seconds(5)).finishes(1),
      [['answered', 1, 'data', 8]],
    ],
    [
      'a word, received, and another',
      answered().sends(1, 24).acknowledges(0).sends(1, 24).finishes(1),
      [['answered', 1, 'data', 8]],
    ],
    [
      'a word, received, and nothing more',
      answered().sends(1, 24).acknowledges(0).ends(),
      [['answered', 1, 'data', 8]],
    ],
    [
      'a word that is answered',
      answered().sends(1, 24).sends(0, 5).finishes(1),
      [['answered', 1, 'data', 8]],
    ],
    ['a late answer, and a FIN', asked().sends(1, 500).finishes(1), [['unknown', 1, 'data', 7]]],
    [
      'a late answer, after which the other side closes',
      asked().sends(1, 500).finishes(0),
      [['answered', 1, 'data', 7]],
    ],
    ['a late answer with a FIN', asked().says(1, 500, { flags: FIN | ACK }), []],
  ] as const)('%s', (_what, wire, expected) => {
    expect(told(wire)).toEqual(expected)
  })
})
