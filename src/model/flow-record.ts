/**
 * Flow records: what an exporter or a log said about traffic, as columns of a batch, so that nothing is
 * allocated per record. NetFlow v5 and v9, IPFIX, nfdump, Zeek, EVE and VPC flow logs all yield these.
 *
 * Contract: a collector clears a batch, fills rows and hands it on; the next fill overwrites it, so whatever
 * must outlive the batch is copied. A record is untrusted as to beginnings and ends: an exporter cuts long
 * connections into slices and quiet ones into pieces. Numbers of information elements ("IE") are those of
 * iana.org/assignments/ipfix (RFC 7012).
 *
 * Unknown is always tellable: -1 in integer columns, NaN in floating ones.
 */
import type { AddressTable } from '../bytes/address.ts'
import type { Fault } from './fault.ts'
import type { Micros } from './time.ts'

/** Records per batch: enough that handing it on costs nothing per record, little enough for a CPU's cache. */
export const FLOW_ROWS = 1 << 12

/** In integer columns, what the record does not say. In floating ones it is NaN. */
export const UNKNOWN = -1

/** What flows are read from; the `format` of a capture record is one of these, or a capture's. */
export type FlowFormat = 'netflow5' | 'netflow9' | 'ipfix' | (string & {})

/**
 * Who exported: one per transport session and observation domain (RFC 7011 3.1), so a router with several
 * line cards is several. Objects live as long as their source; facts fill in as options records say them.
 */
export interface FlowExporter {
  /** Its place in `exporters`: what the batch's `exporter` column holds. */
  readonly id: number
  readonly format: FlowFormat
  /** Canonical text; empty where nothing tells (a log, a file of bare exports). */
  readonly address: string
  /** The UDP or TCP source port, of the last session; 0 where nothing tells. */
  port: number
  /** IPFIX observation domain, v9 source id, v5 engine type * 256 + engine id; 0 for logs. */
  readonly domain: number
  /**
   * One packet of how many was looked at, as last said by options or a header: 1 is all, NaN is not said.
   * What holds for one record is in its row.
   */
  samplingInterval: number
  /** Longest slice of a flow that goes on (IE 36) and silence that ends one (IE 37); NaN is not said. */
  activeTimeout: Micros
  inactiveTimeout: Micros
  /** Interface names by index (IE 82 by IE 10); a bounded number. */
  readonly interfaces: Map<number, string>
  readonly quality: FlowQuality
}

/** What did not arrive of one exporter, and what of it could not be read. */
export interface FlowQuality {
  /** Datagrams or messages, and flow records in them that were delivered. */
  messages: number
  records: number
  /**
   * Units that the sequence numbers say were lost: flows for v5, packets for v9, data records for IPFIX.
   */
  lost: number
  /** How often the sequence jumped ahead, went back a little (late arrivals), and started anew. */
  gaps: number
  reordered: number
  restarts: number
  /** How often nobody can say whether something was lost: it was out of hearing, and its numbers do not go
   * on. */
  unaccounted: number
  /** Data sets whose template was not known then; those that waited in vain or found no room to wait. */
  withoutTemplate: number
  undecoded: number
  /** Sets and messages that contradict themselves. */
  malformed: number
  /** Templates: first or changed definitions, those of them that changed one, and withdrawals. */
  templates: number
  templateChanges: number
  withdrawals: number
  /** Options data records. */
  options: number
}

/** An exporter of which nothing is known but who it is. */
export const newExporter = (
  facts: Pick<FlowExporter, 'id' | 'format' | 'address' | 'port' | 'domain'>,
): FlowExporter => ({
  ...facts,
  samplingInterval: NaN,
  activeTimeout: NaN,
  inactiveTimeout: NaN,
  interfaces: new Map(),
  quality: {
    messages: 0,
    records: 0,
    lost: 0,
    gaps: 0,
    reordered: 0,
    restarts: 0,
    unaccounted: 0,
    withoutTemplate: 0,
    undecoded: 0,
    malformed: 0,
    templates: 0,
    templateChanges: 0,
    withdrawals: 0,
    options: 0,
  },
})

/** What a text format says of the application, where it does; everything absent is not said. */
export interface FlowApplication {
  /** The log's own name of the connection, where it is no number: Zeek's uid. */
  readonly uid?: string
  readonly protocol?: string
  readonly sni?: string
  readonly host?: string
  readonly method?: string
  readonly uri?: string
  readonly status?: number
  /** How the log sums up the connection: Zeek's conn_state, EVE's flow.state, Argus's state. */
  readonly state?: string
  /** Zeek's history: which kinds of packets came, in order; upper case is the originator's. */
  readonly history?: string
}

/** Rows of flow records. All columns are of `FLOW_ROWS`; those below `count` are filled. */
export class FlowBatch {
  /** Names the addresses of the batch; it only grows. */
  addresses: AddressTable
  /** Whom the `exporter` column points to; it only grows. */
  exporters: readonly FlowExporter[]
  /** Records in the batch. */
  count = 0

  /** Who exported it: an index into `exporters`. */
  readonly exporter = new Int32Array(FLOW_ROWS)
  /**
   * Evidence: the frame (counted from 1, as Wireshark does), message or line that holds it, in its file; for
   * a socket, the datagrams received so far.
   */
  readonly number = new Float64Array(FLOW_ROWS)
  /** Which record of that frame, message or line it is, counted from 1. */
  readonly ordinal = new Int32Array(FLOW_ROWS)
  /** When it arrived here, or was captured on its way. */
  readonly received = new Float64Array(FLOW_ROWS)
  /** When the exporter sent it, by the exporter's clock. */
  readonly exported = new Float64Array(FLOW_ROWS)
  /** Times of the first and the last packet, micros since the epoch. */
  readonly start = new Float64Array(FLOW_ROWS)
  readonly end = new Float64Array(FLOW_ROWS)
  /** When the event that the record reports happened (IE 322-325), for NAT and firewall events. */
  readonly event = new Float64Array(FLOW_ROWS)

  /** Numbers of `addresses`. */
  readonly source = new Int32Array(FLOW_ROWS)
  readonly destination = new Int32Array(FLOW_ROWS)
  readonly sourcePort = new Int32Array(FLOW_ROWS)
  readonly destinationPort = new Int32Array(FLOW_ROWS)
  /** Of IP: 6 is TCP. */
  readonly protocol = new Int32Array(FLOW_ROWS)
  /** The tuple behind a translator (IE 225-228, 281, 282). */
  readonly postSource = new Int32Array(FLOW_ROWS)
  readonly postDestination = new Int32Array(FLOW_ROWS)
  readonly postSourcePort = new Int32Array(FLOW_ROWS)
  readonly postDestinationPort = new Int32Array(FLOW_ROWS)

  /** From source to destination, as exported: not multiplied by a sampling interval. */
  readonly packets = new Float64Array(FLOW_ROWS)
  readonly octets = new Float64Array(FLOW_ROWS)
  /** From destination to source, in records of both directions (RFC 5103). NaN: the record has one
   * direction. */
  readonly reversePackets = new Float64Array(FLOW_ROWS)
  readonly reverseOctets = new Float64Array(FLOW_ROWS)
  /** 1: the counts run from the flow's begin (IE 85, 86); 0: from the last record of it. */
  readonly isTotal = new Int32Array(FLOW_ROWS)
  /** TCP flags of all packets together, by direction (IE 6). */
  readonly flags = new Int32Array(FLOW_ROWS)
  readonly reverseFlags = new Int32Array(FLOW_ROWS)
  /** In records of both directions: who began, 0 the source, 1 the destination (IE 239, RFC 5103 6.3). */
  readonly originator = new Int32Array(FLOW_ROWS)
  /** Why the record ends where it ends: IE 136 (flow-events.data.ts). */
  readonly endReason = new Int32Array(FLOW_ROWS)
  /** The exporter's number of the flow (IE 148; a connection of Cisco ASA; EVE's flow_id). Above 2^53 it is
   * rounded. */
  readonly flowId = new Float64Array(FLOW_ROWS)

  /** What a translator did: IE 230 (flow-events.data.ts); vendors number differently. */
  readonly natEvent = new Int32Array(FLOW_ROWS)
  /** What a firewall did: IE 233 (flow-events.data.ts); Cisco ASA's older IE 40005 means the same. */
  readonly firewallEvent = new Int32Array(FLOW_ROWS)
  /** Cisco ASA's extended event, IE 33002: why. */
  readonly firewallReason = new Int32Array(FLOW_ROWS)

  /** One packet of how many was looked at, for this record: 1 is all. */
  readonly samplingInterval = new Float64Array(FLOW_ROWS)
  /** 0 entering, 1 leaving the observation point (IE 61). */
  readonly direction = new Int32Array(FLOW_ROWS)
  /** Interface indexes: names are in the exporter's `interfaces`. */
  readonly inputInterface = new Float64Array(FLOW_ROWS)
  readonly outputInterface = new Float64Array(FLOW_ROWS)
  readonly vlan = new Int32Array(FLOW_ROWS)
  /** IPv4's type of service or IPv6's traffic class. */
  readonly trafficClass = new Int32Array(FLOW_ROWS)

  /** By row, what text formats say above TCP. Empty for binary exports. */
  readonly applications = new Map<number, FlowApplication>()

  constructor(addresses: AddressTable, exporters: readonly FlowExporter[]) {
    this.addresses = addresses
    this.exporters = exporters
    this.clear(FLOW_ROWS)
  }

  /** Makes rows 0 to `rows` unknown, and the batch empty. */
  clear(rows: number = this.count): void {
    for (const column of this.integers) column.fill(UNKNOWN, 0, rows)
    for (const column of this.floats) column.fill(NaN, 0, rows)
    this.isTotal.fill(0, 0, rows)
    if (this.applications.size > 0) this.applications.clear()
    this.count = 0
  }

  private readonly integers = [
    this.source,
    this.destination,
    this.sourcePort,
    this.destinationPort,
    this.protocol,
    this.postSource,
    this.postDestination,
    this.postSourcePort,
    this.postDestinationPort,
    this.flags,
    this.reverseFlags,
    this.originator,
    this.endReason,
    this.natEvent,
    this.firewallEvent,
    this.firewallReason,
    this.direction,
    this.vlan,
    this.trafficClass,
  ]

  private readonly floats = [
    this.number,
    this.received,
    this.exported,
    this.start,
    this.end,
    this.event,
    this.packets,
    this.octets,
    this.reversePackets,
    this.reverseOctets,
    this.flowId,
    this.samplingInterval,
    this.inputInterface,
    this.outputInterface,
  ]
}

/** Takes a batch; it may keep nothing of it. */
export type FlowSink = (batch: FlowBatch) => void

/**
 * Flow records that are being read from a file or stream. `next` answers at once while it has octets, and
 * with a promise where it must wait for them.
 */
export interface FlowReader {
  readonly format: FlowFormat
  /** What had to be unpacked: `gzip`, `zstd`; null for a plain file. */
  readonly compression: string | null
  readonly exporters: readonly FlowExporter[]
  readonly addresses: AddressTable
  /** Clears the batch and fills in at least one record; false at the end: `fault` says whether it was the
   * real one. */
  next(batch: FlowBatch): boolean | Promise<boolean>
  /** Messages (of binary exports) or lines that were read so far. */
  readonly messages: number
  /** Why reading stopped early; every record before it was delivered. */
  readonly fault: Fault | null
  /** What was passed over, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Octets that were read, after unpacking. */
  readonly bytesRead: number
  /** 0 to 1 of the file on disk; NaN for a stream. */
  readonly progress: number
  close(): void
}

/**
 * Reads datagrams that may be exports, as a capture or a socket brings them. Handed to the pipeline by who
 * composes it: the pipeline knows no export format.
 */
export interface FlowDatagrams {
  readonly exporters: readonly FlowExporter[]
  readonly addresses: AddressTable
  /**
   * The payload b[at..end) of a UDP datagram from `address` (canonical text; asked only for what looks like
   * an export); false if it is no export. Records go to the sink when a batch is full, or at `flush`.
   */
  offer(
    b: Uint8Array,
    at: number,
    end: number,
    from: { address(): string; port: number },
    received: Micros,
    number: number,
  ): boolean
  /** Hands on what has been decoded. */
  flush(): void
  /** Nothing more comes: what waits for a template is counted as undecoded. */
  finish(): void
}
