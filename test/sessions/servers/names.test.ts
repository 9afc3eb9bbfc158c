import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { NAME_GRACE, Names, NAMES_MAX } from '../../../src/sessions/servers/names.ts'
import { answer } from '../answers.ts'

const AT = seconds(1000)

describe('the name that led a client to an address', () => {
  const names = new Names()
  names.answered(answer('Keys.Example.com', ['192.0.2.1', '192.0.2.2']))

  test.each([
    ['each address of the answer', '10.0.0.5', '192.0.2.2', AT, 'keys.example.com'],
    ['an address of none', '10.0.0.5', '192.0.2.3', AT, null],
    ['another client', '10.0.0.6', '192.0.2.1', AT, null],
    [
      'until the answer may not be used any more',
      '10.0.0.5',
      '192.0.2.1',
      AT + seconds(60) + NAME_GRACE,
      'keys.example.com',
    ],
    ['and no longer', '10.0.0.5', '192.0.2.1', AT + seconds(60) + NAME_GRACE + 1, null],
  ])('%s', (_what, client, address, at, expected) => expect(names.nameOf(client, address, at)).toBe(expected))

  test('the latest counts', () => {
    const two = new Names()
    two.answered(answer('old.example', ['192.0.2.1']))
    two.answered(answer('new.example', ['192.0.2.1'], { time: AT + 1 }))
    expect(two.nameOf('10.0.0.5', '192.0.2.1', AT + 2)).toBe('new.example')
  })

  test('an answer lives for a week at most', () => {
    const long = new Names()
    long.answered(answer('a', [], { addresses: [{ address: '192.0.2.1', ttl: 0x7fffffff }] }))
    const week = AT + seconds(604_800) + NAME_GRACE
    expect([
      long.nameOf('10.0.0.5', '192.0.2.1', week),
      long.nameOf('10.0.0.5', '192.0.2.1', week + 1),
    ]).toEqual(['a', null])
  })
})

test('they are bounded: who was resolved longest ago is forgotten', () => {
  const names = new Names()
  const resolves = (i: number): void =>
    names.answered(answer('a', ['192.0.2.1'], { client: { address: `${i}`, port: 1 } }))
  for (let i = 0; i <= NAMES_MAX; i++) resolves(i === NAMES_MAX ? 0 : i)
  resolves(-1)
  expect(['0', '1', '2'].map((client) => names.nameOf(client, '192.0.2.1', AT))).toEqual(['a', null, 'a'])
})
