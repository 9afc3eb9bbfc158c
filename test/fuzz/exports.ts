/** Seeds of flow exports: bare messages of every version, and the same in a capture. */
import {
  type FieldSpec,
  ipfix,
  ipv4,
  netflow5,
  netflow9,
  ntp,
  optionsTemplate,
  SECONDS,
  set,
  template,
  unsigned,
  UPTIME,
  v9OptionsTemplate,
  variable,
} from '../scenario/exports.ts'
import { udpFrame } from '../scenario/frame-writer.ts'
import { joined, pcapFile } from '../scenario/pcap-writer.ts'
import type { Seed } from './corpus.ts'

const TUPLE: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
]
const tuple = (port: number): Uint8Array =>
  joined([ipv4('10.0.0.1'), ipv4('10.0.0.2'), unsigned(port, 2), unsigned(443, 2), Uint8Array.of(6, 0x1b)])

/** Slices of a connection that goes on, with what only NetFlow v9 has. */
function nine(): Uint8Array[] {
  const fields: FieldSpec[] = [...TUPLE, [22, 4], [21, 4], [1, 4], [2, 4], [40_005, 1]]
  const record = (from: number): Uint8Array =>
    joined([
      tuple(40_000),
      ...[UPTIME + from, UPTIME + from + 50_000, 1000, 10].map((n) => unsigned(n, 4)),
      unsigned(0, 1),
    ])
  const names = v9OptionsTemplate(
    300,
    [
      [2, 4],
      [34, 4],
      [82, 5],
    ],
    1,
  )
  const said = [unsigned(3, 4), unsigned(1, 4), Buffer.from('eth03')]
  return [
    netflow9([
      set(0, [template(256, fields)]),
      set(1, [names], 2),
      set(300, said),
      set(256, [record(-60_000)]),
    ]),
    netflow9([set(256, [record(-5000), record(300_000)])], { sequence: 1, uptime: UPTIME + 400_000 }),
  ]
}

/** Both directions, a name of variable length, a translation, and a template that is withdrawn. */
function ten(): Uint8Array[] {
  const pen = 29_305
  const fields: FieldSpec[] = [
    ...TUPLE,
    [154, 8],
    [155, 8],
    [371, 0xffff],
    [1, 8],
    [1, 8, pen],
    [2, 4],
    [2, 4, pen],
    [225, 4],
    [230, 1],
    [136, 1],
  ]
  const record = (seconds: number): Uint8Array =>
    joined([
      tuple(40_001),
      ntp((SECONDS + seconds) * 1e6),
      ntp((SECONDS + seconds + 30) * 1e6),
      variable(Buffer.from('agent')),
      unsigned(5000, 8),
      unsigned(9000, 8),
      unsigned(7, 4),
      unsigned(8, 4),
      ipv4('198.51.100.1'),
      Uint8Array.of(4, 3),
    ])
  const timeouts = optionsTemplate(
    301,
    [
      [149, 4],
      [36, 2],
      [37, 2],
    ],
    1,
  )
  return [
    ipfix([set(3, [timeouts]), set(301, [unsigned(0, 4), unsigned(60, 2), unsigned(15, 2)])]),
    ipfix([set(256, [record(0)])], { sequence: 1 }),
    ipfix([set(2, [template(256, fields)]), set(256, [record(100), record(500)])], { sequence: 2 }),
    ipfix([set(2, [template(256, [])])], { sequence: 4 }),
  ]
}

export function exported(): Seed[] {
  const five = [netflow5([{}, { flags: 4 }]), netflow5([{ sourcePort: 40_002 }], { sequence: 2 })]
  const all = { five, nine: nine(), ten: ten() }
  const ends = { source: '192.0.2.1', destination: '192.0.2.2', sourcePort: 50_000, destinationPort: 2055 }
  const frames = Object.values(all)
    .flat()
    .map((payload) => udpFrame({ ...ends, payload }))
  return [
    ...Object.entries(all).map(([name, messages]) => ({ name: `exports-${name}`, bytes: joined(messages) })),
    {
      name: 'exports-captured',
      bytes: pcapFile(frames.map((bytes, i) => ({ seconds: SECONDS + i, fraction: i, bytes }))),
    },
  ]
}
