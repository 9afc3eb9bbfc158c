import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connectionPackets } from '../../../src/cli/carve/connection-packets.ts'
import { seconds } from '../../../src/model/time.ts'
import { tcpFrame } from '../../scenario/frame-writer.ts'
import { aggregate } from '../../wire/radio.ts'
import { erspan2, framed, gtp, pcapOf, TUPLE, vxlan } from '../../wire/wrap.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
afterAll(() => rmSync(folder, { recursive: true }))

test("a connection's packets are found in whatever tunnels they are, in both directions", async () => {
  const there = tcpFrame({ ...TUPLE, link: 'raw' })
  const back = tcpFrame({
    source: TUPLE.destination,
    destination: TUPLE.source,
    sourcePort: TUPLE.destinationPort,
    destinationPort: TUPLE.sourcePort,
    link: 'raw',
  })
  const other = tcpFrame({ ...TUPLE, sourcePort: 1, link: 'raw' })
  const path = join(folder, 'tunnels.pcap')
  const frames = [
    gtp(1, there),
    gtp(2, back),
    gtp(1, other),
    erspan2(3, vxlan(4, framed(there))),
    framed(there),
  ]
  writeFileSync(path, pcapOf(1, frames))
  const found = async (...othersPaths: string[][]): Promise<number[]> => {
    const numbers: number[] = []
    for await (const { number } of connectionPackets(path, { ...WANTED, othersPaths })) numbers.push(number)
    return numbers
  }
  expect(await found()).toEqual([1, 2, 4, 5])
  // Another connection with equal ends was found in these.
  expect(await found(['gtp 1 192.0.2.1 192.0.2.2'], [])).toEqual([2, 4])
})

test('a frame of 802.11 is its own if any of the packets in it is', async () => {
  const [own, other] = [TUPLE.sourcePort, 1].map((sourcePort) =>
    tcpFrame({ ...TUPLE, sourcePort, link: 'raw' }),
  ) as [Uint8Array, Uint8Array]
  const path = join(folder, 'radio.pcap')
  writeFileSync(
    path,
    pcapOf(105, [aggregate([own, other]), aggregate([other, other]), aggregate([other, own])]),
  )
  const numbers: number[] = []
  for await (const { number } of connectionPackets(path, { ...WANTED, othersPaths: [] })) numbers.push(number)
  expect(numbers).toEqual([1, 3])
})

const WANTED = {
  client: { address: TUPLE.source, port: TUPLE.sourcePort },
  server: { address: TUPLE.destination, port: TUPLE.destinationPort },
  start: 0,
  end: seconds(10),
  tap: '',
  captureTap: '',
}
