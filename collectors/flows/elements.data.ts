/**
 * The information elements that are read, and where their values go. Everything else is skipped by its
 * length. Numbers are those of iana.org/assignments/ipfix, which below 128 are also the field types of
 * NetFlow v9 (RFC 3954 section 8); the others have their source beside them.
 */

/** Columns of a batch, and what is only needed while a set is decoded. */
export type IntegerColumn =
  | 'source'
  | 'destination'
  | 'sourcePort'
  | 'destinationPort'
  | 'protocol'
  | 'postSource'
  | 'postDestination'
  | 'postSourcePort'
  | 'postDestinationPort'
  | 'flags'
  | 'reverseFlags'
  | 'originator'
  | 'endReason'
  | 'natEvent'
  | 'firewallEvent'
  | 'firewallReason'
  | 'direction'
  | 'vlan'
  | 'trafficClass'
export type FloatColumn =
  | 'start'
  | 'end'
  | 'event'
  | 'packets'
  | 'octets'
  | 'reversePackets'
  | 'reverseOctets'
  | 'flowId'
  | 'samplingInterval'
  | 'inputInterface'
  | 'outputInterface'
/** `boot`: when the exporter started; `duration`: of the flow; `sampler`: number of who sampled. */
export type ScratchColumn = 'boot' | 'duration' | 'sampler'

/** How octets become a value. */
export const INTEGER = 0
export const NUMBER = 1
export const ADDRESS4 = 2
export const ADDRESS6 = 3
/** Time of day: seconds, milliseconds, and NTP's 64 bits (RFC 7011 6.1.7 to 6.1.10). */
export const SECONDS = 4
export const MILLISECONDS = 5
export const NTP = 6
/** Milliseconds since the exporter started, and microseconds before the message was sent. */
export const UPTIME = 7
export const AGE = 8
/** RFC 5103 6.3: 1 initiator, 2 reverse initiator. */
export const BIFLOW = 9
/** A time span, in milliseconds; in microseconds it is a NUMBER. */
export const SPAN = 10

export type Reading = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10

export interface Element {
  readonly column: IntegerColumn | FloatColumn | ScratchColumn
  readonly reading: Reading
  /** Of several elements of a template for one column, the lowest is read. */
  readonly rank: number
  /** The count runs from the flow's begin. */
  readonly isTotal?: true
  /** The source is who began. */
  readonly fromOriginator?: true
}

type Row = readonly [id: number, column: Element['column'], reading: Reading, rank?: number]

const ROWS: readonly Row[] = [
  [160, 'boot', MILLISECONDS],
  [161, 'duration', SPAN],
  [162, 'duration', NUMBER, 1],
  [48, 'sampler', NUMBER, 1],
  [302, 'sampler', NUMBER],
  [8, 'source', ADDRESS4],
  [12, 'destination', ADDRESS4],
  [27, 'source', ADDRESS6],
  [28, 'destination', ADDRESS6],
  [7, 'sourcePort', INTEGER],
  [11, 'destinationPort', INTEGER],
  [182, 'sourcePort', INTEGER, 1],
  [183, 'destinationPort', INTEGER, 1],
  [180, 'sourcePort', INTEGER, 2],
  [181, 'destinationPort', INTEGER, 2],
  [4, 'protocol', INTEGER],
  [225, 'postSource', ADDRESS4],
  [226, 'postDestination', ADDRESS4],
  [281, 'postSource', ADDRESS6],
  [282, 'postDestination', ADDRESS6],
  [227, 'postSourcePort', INTEGER],
  [228, 'postDestinationPort', INTEGER],
  // Cisco ASA before 8.4 (NetFlow for Cisco ASA, NF_F_XLATE_*), later numbered 225 to 228.
  [40001, 'postSource', ADDRESS4],
  [40002, 'postDestination', ADDRESS4],
  [40003, 'postSourcePort', INTEGER, 1],
  [40004, 'postDestinationPort', INTEGER, 1],
  [2, 'packets', NUMBER],
  [1, 'octets', NUMBER],
  // Behind a middlebox; of flows that are counted where they leave, the only ones.
  [24, 'packets', NUMBER, 2],
  [23, 'octets', NUMBER, 2],
  [299, 'reversePackets', NUMBER],
  [232, 'reverseOctets', NUMBER],
  [6, 'flags', INTEGER],
  [239, 'originator', BIFLOW],
  [136, 'endReason', INTEGER],
  [148, 'flowId', NUMBER],
  [230, 'natEvent', INTEGER],
  [233, 'firewallEvent', INTEGER],
  // Cisco ASA: NF_F_FW_EVENT before 8.4, NF_F_FW_EXT_EVENT.
  [40005, 'firewallEvent', INTEGER, 1],
  [33002, 'firewallReason', INTEGER],
  [34, 'samplingInterval', NUMBER],
  [50, 'samplingInterval', NUMBER, 1],
  [61, 'direction', INTEGER],
  [10, 'inputInterface', NUMBER],
  [14, 'outputInterface', NUMBER],
  [252, 'inputInterface', NUMBER, 1],
  [253, 'outputInterface', NUMBER, 1],
  [58, 'vlan', INTEGER],
  [243, 'vlan', INTEGER, 1],
  [5, 'trafficClass', INTEGER],
  // The finest clock wins; what is relative to something else comes last.
  [154, 'start', NTP],
  [155, 'end', NTP],
  [156, 'start', NTP, 1],
  [157, 'end', NTP, 1],
  [152, 'start', MILLISECONDS, 2],
  [153, 'end', MILLISECONDS, 2],
  [150, 'start', SECONDS, 3],
  [151, 'end', SECONDS, 3],
  [158, 'start', AGE, 4],
  [159, 'end', AGE, 4],
  [22, 'start', UPTIME, 5],
  [21, 'end', UPTIME, 5],
  [324, 'event', NTP],
  [325, 'event', NTP, 1],
  [323, 'event', MILLISECONDS, 2],
  [322, 'event', SECONDS, 3],
]

const plain = (rows: readonly Row[]): [number, Element][] =>
  rows.map(([id, column, reading, rank = 0]) => [id, { column, reading, rank }])

/** By number, of IANA's. */
export const ELEMENTS: ReadonlyMap<number, Element> = new Map([
  ...plain(ROWS),
  [86, { column: 'packets', reading: NUMBER, rank: 1, isTotal: true }],
  [85, { column: 'octets', reading: NUMBER, rank: 1, isTotal: true }],
  // Counts of an initiator and a responder (RFC 7012's registry): the tuple is the initiator's.
  [298, { column: 'packets', reading: NUMBER, rank: 0, fromOriginator: true }],
  [231, { column: 'octets', reading: NUMBER, rank: 0, fromOriginator: true }],
])

/** The enterprise number under which every element means the other direction (RFC 5103 6.1). */
export const REVERSE_PEN = 29305
export const REVERSE_ELEMENTS: ReadonlyMap<number, Element> = new Map([
  ...plain([
    [2, 'reversePackets', NUMBER],
    [1, 'reverseOctets', NUMBER],
    [6, 'reverseFlags', INTEGER],
  ]),
  [86, { column: 'reversePackets', reading: NUMBER, rank: 1 }],
  [85, { column: 'reverseOctets', reading: NUMBER, rank: 1 }],
])

/** What options data say, and what is taken from data records as well, by element. */
export const INTERFACE_INDEXES: ReadonlySet<number> = new Set([10, 14, 252, 253])
export const INTERFACE_NAME = 82
export const ACTIVE_TIMEOUT = 36
export const INACTIVE_TIMEOUT = 37
export const SYSTEM_START = 160
export const SAMPLER_IDS: ReadonlySet<number> = new Set([48, 302])
/** One packet of so many: IE 34 for the exporter, IE 50 for a random sampler. */
export const SAMPLING_INTERVALS: ReadonlySet<number> = new Set([34, 50])
/** RFC 5477 8.2: so many packets are taken, and so many then not; a sample of a population. */
export const PACKETS_TAKEN = 305
export const PACKETS_SPACE = 306
export const SAMPLE_SIZE = 309
export const SAMPLE_POPULATION = 310

/** RFC 3954 6.1: scope field types of NetFlow v9, kept apart from elements. */
export const V9_SCOPE_PEN = -1
export const V9_SCOPE_INTERFACE = 2
