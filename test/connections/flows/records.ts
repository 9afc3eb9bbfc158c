/** Flow records as a test writes them, and what the flow stage tells of them. */
import { AddressTable } from '../../../src/bytes/address.ts'
import { FlowTracker } from '../../../src/connections/flows/tracker.ts'
import { FLOW_ROWS, FlowBatch, type FlowExporter, newExporter } from '../../../src/model/flow-record.ts'
import type { Observation, ObservationKind, ObservationOf } from '../../../src/model/observation.ts'
import { SECOND, seconds } from '../../../src/model/time.ts'
import * as tcp from '../../../src/wire/tcp.ts'

/** Seconds since the epoch that a story's second 0 is: past 2001, so that times are as large as real ones. */
export const STORY_BEGINS = 1_800_000_000

/** One record of one direction; times in seconds of the story. */
export interface Told {
  /** `10.0.0.1:40000>10.0.0.2:443`; nothing behind `>`: no destination is said. */
  readonly tuple: string
  readonly from: number
  readonly to?: number
  /** `SAPFR` and so on; absent: not said. */
  readonly flags?: string
  readonly packets?: number
  readonly octets?: number
  /** The counts run from the flow's begin. */
  readonly isTotal?: true
  readonly exporter?: number
  readonly face?: number
  readonly sampling?: number
  /** The other direction, in records of both. */
  readonly reverse?: { readonly flags: string; readonly packets: number; readonly octets: number }
  readonly firewallEvent?: number
  /** Under what its source goes on: `203.0.113.5:40000`. */
  readonly outer?: string
  /** An event of a log of translations, which counts nothing (RFC 8158 4.3). */
  readonly natEvent?: number
}

const FLAGS: Readonly<Record<string, number>> = {
  F: tcp.FIN,
  S: tcp.SYN,
  R: tcp.RST,
  P: tcp.PSH,
  A: tcp.ACK,
}
const flagsOf = (text: string): number => [...text].reduce((bits, letter) => bits | FLAGS[letter]!, 0)

export const exporter = (id: number, more: Partial<FlowExporter> = {}): FlowExporter => ({
  ...newExporter({ id, format: 'netflow9', address: `192.0.2.${id + 1}`, port: 2055, domain: 0 }),
  ...more,
})

const numberOf = (addresses: AddressTable, text: string): number =>
  addresses.idOfIpv4(Uint8Array.from(text.split('.').map(Number)), 0)

/** Batches of records, in the order given. */
export function batchesOf(
  records: readonly Told[],
  exporters: readonly FlowExporter[] = [exporter(0), exporter(1)],
  rows: number = FLOW_ROWS,
): FlowBatch[] {
  const addresses = new AddressTable()
  const batches: FlowBatch[] = []
  for (const [n, told] of records.entries()) {
    const i = n % rows
    if (i === 0) batches.push(new FlowBatch(addresses, exporters))
    fill(batches.at(-1)!, i, told, n + 1)
  }
  return batches
}

function fill(batch: FlowBatch, i: number, told: Told, number: number): void {
  const [, source, sourcePort, destination, destinationPort] = /^(.+?):(\d+)>(?:(.+):(\d+))?$/.exec(
    told.tuple,
  )!
  const { from, to = from, packets = 1 } = told
  batch.count = i + 1
  batch.exporter[i] = told.exporter ?? 0
  batch.isTotal[i] = told.isTotal === true ? 1 : 0
  batch.number[i] = number
  batch.ordinal[i] = 1
  batch.start[i] = Math.round((STORY_BEGINS + from) * SECOND)
  batch.end[i] = Math.round((STORY_BEGINS + to) * SECOND)
  batch.source[i] = numberOf(batch.addresses, source!)
  if (destination !== undefined) batch.destination[i] = numberOf(batch.addresses, destination)
  batch.sourcePort[i] = Number(sourcePort)
  if (destinationPort !== undefined) batch.destinationPort[i] = Number(destinationPort)
  batch.protocol[i] = 6
  batch.packets[i] = packets
  batch.octets[i] = told.octets ?? packets * 52
  batch.flags[i] = told.flags === undefined ? -1 : flagsOf(told.flags)
  if (told.face !== undefined) batch.inputInterface[i] = told.face
  if (told.sampling !== undefined) batch.samplingInterval[i] = told.sampling
  if (told.firewallEvent !== undefined) batch.firewallEvent[i] = told.firewallEvent
  if (told.outer !== undefined) {
    const [address, port] = told.outer.split(':')
    batch.postSource[i] = numberOf(batch.addresses, address!)
    batch.postSourcePort[i] = Number(port)
  }
  if (told.natEvent !== undefined) {
    batch.natEvent[i] = told.natEvent
    batch.packets[i] = batch.octets[i] = NaN
    batch.event[i] = batch.start[i]!
    batch.start[i] = batch.end[i] = NaN
  }
  if (told.reverse !== undefined) {
    batch.reversePackets[i] = told.reverse.packets
    batch.reverseOctets[i] = told.reverse.octets
    batch.reverseFlags[i] = flagsOf(told.reverse.flags)
    batch.originator[i] = 0
  }
}

/** Seconds of the story. */
export const at = (time: number): number => Math.round(time / 1000 - STORY_BEGINS * 1000) / 1000

export interface Tracked {
  readonly observations: readonly Observation[]
  readonly tracker: FlowTracker
  of<K extends ObservationKind>(kind: K): ObservationOf<K>[]
}

export function tracked(
  batches: readonly FlowBatch[],
  options: { readonly silenceMin?: number; readonly servicePorts?: readonly number[] } = {},
): Tracked {
  const observations: Observation[] = []
  const tracker = new FlowTracker({
    tap: '',
    tapIndex: 0,
    silenceMin: seconds(options.silenceMin ?? 10),
    servicePorts: new Set(options.servicePorts ?? []),
    streamNumbers: { next: 0 },
    connectionsExpected: 0,
    emit: (observation) => void observations.push(observation),
  })
  for (const batch of batches) tracker.take(batch)
  tracker.captureEnded()
  return {
    observations,
    tracker,
    of: <K extends ObservationKind>(kind: K) =>
      observations.filter((o): o is ObservationOf<K> => o.kind === kind),
  }
}
