import { expect, test } from 'vitest'
import { carvedConnection } from '../../../src/cli/carve/connection-row.ts'
import { at, facts, readStore } from '../../store/queries/small-store.ts'

const CLIENT = Uint8Array.of(10, 0, 0, 1),
  SERVER = Uint8Array.of(10, 0, 0, 2)
const PORTS = { clientPort: 50_000, serverPort: 443 }
const there = (...path: string[]): Buffer => facts(PORTS, path, [CLIENT, SERVER])

test('other connections between the same ends at the same time are told by their tunnels', () => {
  const store = readStore()
  const add = (from: number, to: number, packed: Buffer, tap = 'client'): number =>
    store.add('connection', { number: from, start: at(from), end: at(to), tap, facts: packed })
  const wanted = add(0, 9, there('vxlan 1 a b'))
  add(5, 20, there('vxlan 2 a b'))
  add(5, 20, facts({ clientPort: 443, serverPort: 50_000 }, [], [SERVER, CLIENT]))
  add(5, 20, there('vxlan 1 a b'))
  add(10, 20, there('vxlan 5 a b'))
  add(5, 20, there('vxlan 6 a b'), 'server')
  add(5, 20, facts({ ...PORTS, clientPort: 50_001 }, ['vxlan 7 a b'], [CLIENT, SERVER]))
  expect(carvedConnection(store, wanted)!.othersPaths).toEqual([['vxlan 2 a b'], []])
  store.close()
})
