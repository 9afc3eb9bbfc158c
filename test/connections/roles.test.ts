import { expect, test } from 'vitest'
import { Roles } from '../../src/connections/roles.ts'
import { createWire, SYN, ACK, RST } from './wire.ts'

const A = 0x0a000005 | 0,
  B = 0xc000020a | 0

test.each<[string, number, number, boolean]>([
  ['a configured port against a system port', 10_443, 80, true],
  ['a system port against a dynamic one', 443, 50_000, true],
  ['a system port against a registered one', 25, 8_080, true],
  ['a registered port against a dynamic one', 8_443, 40_000, true],
  ['the lower of two system ports', 80, 443, true],
  ['the lower of two registered ports', 5_000, 6_000, true],
  ['the lower of two dynamic ports', 50_000, 60_000, true],
  ['equal ports: nobody knows', 179, 179, false],
])('%s is the server', (_name, server, other, known) => {
  const roles = new Roles(new Set([10_443]))
  expect([roles.isServer(B, server, A, other), roles.isServer(A, other, B, server)]).toEqual([known, false])
})

test('who answered a SYN is a server, whatever the ports say', () => {
  const roles = new Roles(new Set([443]))
  roles.learn(A, 50_000)
  expect([roles.isServer(A, 50_000, B, 443), roles.isServer(B, 443, A, 50_000)]).toEqual([true, false])
  // Of two that did, or on another address, the ports decide.
  roles.learn(B, 443)
  expect([roles.isServer(A, 50_000, B, 443), roles.isServer(A + 1, 50_000, B, 444)]).toEqual([false, false])
})

test('a listener that was met teaches the tracker the roles of connections that were open before', () => {
  const ends = [
    { address: '10.0.0.5', port: 3_000 },
    { address: '192.0.2.10', port: 40_000 },
  ] as const
  // By their ports alone, the originator would be taken for the server.
  expect(createWire({ ends }).sends(0, 10).of('connection-opened')[0]!.originator.port).toBe(40_000)
  const met = createWire({ ends }).says(0, 0, { flags: SYN, frame: { sourcePort: 2_000 } })
  met.says(1, 0, { flags: SYN | ACK, frame: { destinationPort: 2_000 } }).sends(0, 10)
  expect(met.of('connection-opened')[0]).toMatchObject({
    originator: ends[0],
    responder: ends[1],
    rolesKnown: false,
  })
})

test('one captured direction: a SYN/ACK tells the roles as well as a SYN does', () => {
  const wire = createWire()
    .says(1, 0, { flags: SYN | ACK, acknowledges: 1 })
    .says(1, 0, { flags: RST, at: 1 })
    .ends()
  expect(wire.summary).toMatchObject({
    originator: { port: 50_000 },
    responder: { port: 443 },
    rolesKnown: true,
  })
})

test('a configured service port tells the roles', () => {
  const ends = [
    { address: '10.0.0.5', port: 900 },
    { address: '192.0.2.10', port: 10_443 },
  ] as const
  const guessed = (servicePorts: ReadonlySet<number>) =>
    createWire({ ends, servicePorts }).sends(0, 1).of('connection-opened')[0]!.responder.port
  expect([guessed(new Set()), guessed(new Set([10_443]))]).toEqual([900, 10_443])
})
