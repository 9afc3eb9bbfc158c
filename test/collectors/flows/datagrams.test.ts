import { expect, test } from 'vitest'
import { flowDatagrams } from '../../../collectors/flows/datagrams.ts'
import { ipfix, ipv4, netflow5, set, template, unsigned } from '../../scenario/exports.ts'
import { RECEIVED, told, type Told } from './decoding.ts'

test('exports are found by content, and handed on when a batch is full or at a flush', () => {
  const batches: number[] = []
  const records: Told[] = []
  const flows = flowDatagrams((batch) => {
    batches.push(batch.count)
    records.push(told(batch, batch.count - 1))
  })
  const from = { address: () => '192.0.2.7', port: 2055 }
  const offer = (b: Uint8Array, number: number) => flows.offer(b, 0, b.length, from, RECEIVED, number)
  expect(offer(new Uint8Array(60), 1)).toBe(false)
  expect(offer(netflow5([{}, {}]), 2)).toBe(true)
  expect(batches).toEqual([])
  flows.flush()
  flows.flush()
  expect(batches).toEqual([2])
  expect(offer(ipfix([set(256, new Array(5000).fill(unsigned(1, 2)))]), 3)).toBe(true)
  expect(offer(ipfix([set(2, [template(256, [[7, 2]])])]), 4)).toBe(true)
  expect(batches).toEqual([2, 4096])
  expect(offer(ipfix([set(999, [ipv4('10.0.0.1')])]), 5)).toBe(true)
  flows.finish()
  expect(batches).toEqual([2, 4096, 904])
  expect(records.map(({ number, exporter }) => [number, exporter])).toEqual([
    [2, 0],
    [3, 1],
    [3, 1],
  ])
  expect(
    flows.exporters.map(({ address, quality }) => [address, quality.records, quality.undecoded]),
  ).toEqual([
    ['192.0.2.7', 2, 0],
    ['192.0.2.7', 5000, 1],
  ])
})
