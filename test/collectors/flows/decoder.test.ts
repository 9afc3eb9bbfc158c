import { describe, expect, test } from 'vitest'
import { ipfix, ipv4, netflow5, set, template, unsigned } from '../../scenario/exports.ts'
import { decoding, RECEIVED } from './decoding.ts'

describe('limits', () => {
  test('exporters beyond the limit are refused and counted', () => {
    const run = decoding({ exportersMax: 2 })
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.3', '192.0.2.1']) {
      run.take({ bytes: netflow5([{}]), address })
    }
    expect([run.decoder.list.length, run.records.length, run.decoder.exporters.refused]).toEqual([2, 3, 2])
  })

  test('of too many templates the one not repeated for longest goes', () => {
    const run = decoding()
    const learn = (id: number, received: number) =>
      run.take({ bytes: ipfix([set(2, [template(id, [[8, 4]])])]), received })
    for (let i = 0; i <= 512; i++) learn(256 + i, RECEIVED + i)
    run.take({ bytes: ipfix([set(256, [ipv4('10.0.0.1')]), set(257, [ipv4('10.0.0.2')])]) })
    expect(run.records.map(({ source }) => source)).toEqual(['10.0.0.2'])
    expect(run.quality()).toMatchObject({ templates: 513, withoutTemplate: 1 })
  })

  test('no export at all', () => {
    const run = decoding()
    for (const bytes of [
      new Uint8Array(0),
      Uint8Array.of(0),
      unsigned(7, 40),
      netflow5([]).subarray(0, 20),
    ]) {
      expect(run.take({ bytes })).toBe(false)
    }
    expect([run.decoder.unreadable, run.decoder.list]).toEqual([4, []])
  })
})
