import { describe, expect, test } from 'vitest'
import { AddressTable } from '../../src/bytes/address.ts'
import { NAT_CREATED, NAT_DELETED } from '../../src/model/flow-events.data.ts'
import { FLOW_ROWS, FlowBatch, UNKNOWN } from '../../src/model/flow-record.ts'
import type { FlowDatagrams, FlowReader, FlowSink } from '../../src/model/flow-record.ts'

/** Every column of the batch by name. */
const columns = (batch: FlowBatch): [string, ArrayLike<number>][] =>
  Object.entries(batch).filter((entry): entry is [string, Float64Array] => ArrayBuffer.isView(entry[1]))

/** What columns say before anybody wrote, where it is not "unknown". */
const FIRST: Readonly<Record<string, number>> = { exporter: 0, ordinal: 0, isTotal: 0 }

describe('a batch of flow records', () => {
  test('says nothing at first', () => {
    const batch = new FlowBatch(new AddressTable(), [])
    expect(batch.count).toBe(0)
    for (const [name, column] of columns(batch)) {
      const unknown = FIRST[name] ?? (column instanceof Float64Array ? NaN : UNKNOWN)
      expect([name, column[0], column[FLOW_ROWS - 1]]).toEqual([name, unknown, unknown])
      expect(column.length).toBe(FLOW_ROWS)
    }
  })

  test('forgets what was in its rows when it is cleared', () => {
    const batch = new FlowBatch(new AddressTable(), [])
    for (const [, column] of columns(batch)) (column as Float64Array).fill(7, 0, 3)
    batch.applications.set(2, { sni: 'a.example' })
    batch.count = 3
    batch.clear()
    expect([batch.count, batch.applications.size]).toEqual([0, 0])
    for (const [name, column] of columns(batch)) {
      if (name === 'exporter' || name === 'ordinal') continue // every reader writes them
      expect([name, column[0]]).toEqual([name, FIRST[name] ?? (column instanceof Float64Array ? NaN : -1)])
    }
  })

  test('passes from a reader, or from datagrams, to a sink', () => {
    const addresses = new AddressTable()
    const batch = new FlowBatch(addresses, [])
    const seen: number[] = []
    const sink: FlowSink = ({ count }) => seen.push(count)
    const next: FlowReader['next'] = (filled) => ((filled.count = 2), seen.length < 2)
    while (next(batch) === true) sink(batch)
    const offer: Pick<FlowDatagrams, 'flush'> = { flush: () => sink(batch) }
    offer.flush()
    expect(seen).toEqual([2, 2, 2])
  })
})

test('a translation is created or deleted, not both', () => {
  expect([...NAT_CREATED].map((event) => event + 1)).toEqual([...NAT_DELETED])
  expect([...NAT_CREATED].some((event) => NAT_DELETED.has(event))).toBe(false)
})
