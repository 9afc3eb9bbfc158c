import { expect, test } from 'vitest'
import type { AddressChanged, DetectorEvent } from '../../../src/model/event.ts'
import { endsBetween } from '../../../src/model/packet.ts'
import type { Sighting } from '../../../src/model/party.ts'
import { seconds } from '../../../src/model/time.ts'
import { AddressMoves } from '../../../src/sessions/agents/address-moves.ts'
import { Agenda } from '../../../src/sessions/agenda.ts'
import { Parties } from '../parties.ts'

/** Of a connection that is not kept no more is known than who reached whom. */
const lastOf = ({ tap, originator, responder }: Sighting, packet: number, at: number) => {
  return { tap, packet, at: seconds(at), ends: endsBetween(originator.address, responder) }
}

class Story {
  readonly parties = new Parties()
  readonly agenda = new Agenda()
  readonly events: DetectorEvent[] = []
  readonly moves = new AddressMoves(this.parties.agents, {
    later: (at, act) => this.agenda.add(at, act),
    tell: (event) => this.events.push(event),
    settle: seconds(2),
  })
  readonly agent = this.parties.agents.named({ id: 'A', by: 'cookie', confidence: 0.9 })

  at(address: string, start: number, tap = 'server', continues = false) {
    const sighting = this.parties.sighting({ tap, from: { address, port: 1 }, start })
    this.moves.contact(sighting, this.agent, seconds(start + 1), start + 10, continues ? this.last : null)
    this.last = sighting
    return sighting
  }

  private last: ReturnType<Parties['sighting']> | null = null
}

test('a move is told once the other taps have spoken, with both contacts', () => {
  const s = new Story()
  const before = s.at('203.0.113.5', 0)
  const sighting = s.at('203.0.113.9', 100)
  s.agenda.runUntil(seconds(102.9))
  expect(s.events).toEqual([])
  s.agenda.runUntil(seconds(103))
  const expected: AddressChanged = {
    kind: 'address-changed',
    agent: s.agent,
    tap: 'server',
    from: '203.0.113.5',
    to: '203.0.113.9',
    sighting,
    before,
    continued: false,
    at: seconds(100),
    packet: 1,
    last: lastOf(before, 10, 1),
  }
  expect(s.events).toEqual([expected])
})

test('who stays, or is seen at another tap under another address, does not move', () => {
  const s = new Story()
  s.at('203.0.113.5', 0)
  s.at('203.0.113.5', 100)
  s.at('10.0.0.5', 200, 'client')
  s.agenda.runUntil(Infinity)
  expect(s.events).toEqual([])
})

test('a tap that shows both sides of a translator: moves are those of each side', () => {
  const s = new Story()
  const contacts = (start: number, outer: string) => {
    s.at('10.0.0.5', start)
    return s.at(outer, start + 0.01)
  }
  const before = contacts(0, '203.0.113.5')
  contacts(100, '203.0.113.5')
  const sighting = contacts(200, '203.0.113.9')
  s.agenda.runUntil(Infinity)
  const behind = s.events.filter((event) => event.kind === 'address-changed' && event.to !== '10.0.0.5')
  expect(behind).toMatchObject([{ from: before.originator.address, to: '203.0.113.9', sighting }])
})

test('a connection that goes on does so from its own address, wherever else the agent is seen', () => {
  const s = new Story()
  const before = s.at('203.0.113.5', 0)
  s.at('10.0.0.5', 90)
  const { agents } = s.parties
  const after = s.parties.sighting({ tap: 'server', from: { address: '203.0.113.9', port: 1 }, start: 100 })
  s.moves.contact(after, s.agent, seconds(101), 110, before)
  const same = s.parties.sighting({ tap: 'server', from: { address: '203.0.113.9', port: 2 }, start: 200 })
  agents.seen(s.agent, after, seconds(150), 150)
  s.moves.contact(same, s.agent, seconds(201), 210, after)
  s.agenda.runUntil(Infinity)
  expect(s.events.slice(1)).toMatchObject([
    { continued: true, from: '203.0.113.5', to: '203.0.113.9', before },
  ])
})

test('a connection that goes on says so', () => {
  const s = new Story()
  const before = s.at('203.0.113.5', 0)
  s.at('203.0.113.9', 100, 'server', true)
  s.agenda.runUntil(Infinity)
  expect(s.events).toMatchObject([{ continued: true, before }])
})

test('the last contact is that of the last packet, on the connection on which it named itself', () => {
  const s = new Story()
  const before = s.at('203.0.113.5', 0)
  const { agents } = s.parties
  agents.seen(s.agent, before, seconds(90), 77)
  agents.seen(s.agent, before, seconds(50), 60) // told late
  s.at('203.0.113.9', 100)
  s.agenda.runUntil(Infinity)
  expect(s.events).toMatchObject([{ before, last: lastOf(before, 77, 90) }])
})
