import { describe, expect, test } from 'vitest'
import {
  ipfix,
  ipv4,
  netflow9,
  optionsTemplate,
  set,
  template,
  unsigned,
  v9OptionsTemplate,
  type FieldSpec,
} from '../../scenario/exports.ts'
import { decoding } from './decoding.ts'

describe('what exporters say of themselves', () => {
  test('NetFlow v9: sampling and names by interface, timeouts for all', () => {
    const fields: FieldSpec[] = [
      [2, 4],
      [34, 4],
      [35, 1],
      [82, 6],
      [36, 2],
      [37, 2],
    ]
    const said = [unsigned(3, 4), unsigned(512, 4), unsigned(2, 1), Buffer.from('Gi0/\u0007\0', 'latin1')]
    const run = decoding()
    run.take({
      bytes: netflow9([
        set(1, [v9OptionsTemplate(256, fields, 1)], 2),
        set(256, [...said, unsigned(60, 2), unsigned(15, 2)]),
        set(0, [template(257, [[8, 4]])]),
        set(257, [ipv4('10.0.0.1')]),
      ]),
    })
    expect(run.decoder.list[0]).toMatchObject({
      samplingInterval: 512,
      activeTimeout: 60e6,
      inactiveTimeout: 15e6,
      interfaces: new Map([[3, 'Gi0/\u{fffd}']]),
    })
    expect(run.records[0]).toMatchObject({ samplingInterval: 512 })
    expect(run.quality()).toMatchObject({ options: 1, templates: 2 })
  })

  test.each([
    [
      'so many of so many',
      [
        [305, 4],
        [306, 4],
      ],
      [1, 99],
      100,
    ],
    [
      'a sample of a population',
      [
        [309, 4],
        [310, 4],
      ],
      [2, 500],
      250,
    ],
    [
      'none left out',
      [
        [305, 4],
        [306, 4],
      ],
      [1, 0],
      1,
    ],
    [
      'a random sampler',
      [
        [49, 4],
        [50, 4],
      ],
      [2, 1000],
      1000,
    ],
    [
      'an interval of 0, which is none',
      [
        [34, 4],
        [35, 4],
      ],
      [0, 1],
      1,
    ],
  ] as const)('sampling: %s', (_what, fields, values, interval) => {
    const run = decoding()
    run.take({
      bytes: ipfix([
        set(3, [optionsTemplate(300, [[302, 2], ...fields], 1)]),
        set(300, [unsigned(5, 2), ...values.map((value) => unsigned(value, 4))]),
        set(2, [
          template(256, [
            [8, 4],
            [302, 2],
          ]),
        ]),
        set(256, [ipv4('10.0.0.1'), unsigned(5, 2)]),
      ]),
    })
    expect(run.records[0]).toMatchObject({ samplingInterval: interval })
  })

  test('each record by its own sampler', () => {
    const run = decoding()
    const sampler = (id: number, interval: number) => [unsigned(id, 1), unsigned(interval, 4)]
    run.take({
      bytes: ipfix([
        set(3, [
          optionsTemplate(
            300,
            [
              [48, 1],
              [50, 4],
            ],
            1,
          ),
        ]),
        set(300, [...sampler(1, 100), ...sampler(2, 1000)]),
        set(2, [template(256, [[48, 1]]), template(257, [[8, 4]]), template(258, [[34, 4]])]),
        set(256, [unsigned(1, 1), unsigned(2, 1)]),
        set(257, [ipv4('10.0.0.1')]),
        set(258, [unsigned(0, 4), unsigned(7, 4)]),
      ]),
    })
    expect(run.records.map(({ samplingInterval }) => samplingInterval)).toEqual([100, 1000, 1000, 1, 7])
  })

  test('timeouts that stand in flow records; 0 states none', () => {
    const run = decoding()
    const timeouts: readonly FieldSpec[] = [
      [8, 4],
      [36, 2],
      [37, 2],
    ]
    const take = (active: number, inactive: number) => {
      const values = [ipv4('10.0.0.1'), unsigned(active, 2), unsigned(inactive, 2)]
      run.take({ bytes: ipfix([set(2, [template(256, timeouts)]), set(256, values)]) })
    }
    take(0, 0)
    expect(run.decoder.list[0]).toMatchObject({ activeTimeout: NaN, inactiveTimeout: NaN })
    take(1800, 15)
    take(0, 0)
    expect(run.decoder.list[0]).toMatchObject({ activeTimeout: 1800e6, inactiveTimeout: 15e6 })
  })
})
