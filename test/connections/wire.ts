/**
 * One tap on one connection, driven segment by segment: what is said here passes the tap as a real frame, and
 * every observation is kept. For stories of whole networks there is test/scenario; here the tap sees exactly
 * what the test says, wrong numbers included.
 *
 *   const wire = createWire()
 *   wire.opens()                     // SYN, SYN/ACK, ACK, 10 ms apart
 *   wire.sends(0, 100)               // the originator sends 100 octets, acknowledging all that it got
 *   wire.waits(seconds(300))
 *   wire.sends(1, 50, { unseen: true }) // passes, but the tap fails to record it
 *   wire.ends().observations
 *
 * Sequence numbers are kept by side, as offsets from the initial one; `at` places a segment elsewhere.
 */
import { Tracker } from '../../src/connections/tracker.ts'
import type { TrackerOptions } from '../../src/connections/tracker.ts'
import type { ConnectionSummary, HalfSummary } from '../../src/model/connection.ts'
import type { Observation, ObservationKind, ObservationOf } from '../../src/model/observation.ts'
import type { Endpoint, Side } from '../../src/model/packet.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import type { Micros } from '../../src/model/time.ts'
import { BROKEN_TCP, locate, Place, TCP } from '../../src/wire/frame.ts'
import { PathTable } from '../../src/wire/path.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'
import type { TcpFrame } from '../scenario/frame-writer.ts'
import { recorder } from './recorder.ts'
import type { Recorder } from './recorder.ts'

export const FIN = 1,
  SYN = 2,
  RST = 4,
  ACK = 16

/** The time of the first frame. */
export const START: Micros = seconds(1_000_000)
/** Between two frames, unless the story says otherwise. */
export const STEP: Micros = milliseconds(10)

export const AGENT: Endpoint = { address: '10.0.0.5', port: 50_000 }
export const SERVER: Endpoint = { address: '192.0.2.10', port: 443 }
export const HARDWARE = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'] as const

export interface WireOptions extends Partial<TrackerOptions> {
  readonly ends?: readonly [Endpoint, Endpoint]
  /** Initial sequence numbers. */
  readonly initial?: readonly [number, number]
  readonly hopLimits?: readonly [number, number]
  /** Puts a packet that a side sends into a tunnel; the frames are plain without. */
  wrap?(side: Side, packet: Uint8Array): Uint8Array
}

export interface Said {
  /** Offset of its sequence number from the side's initial one; where the side goes on unless given. */
  readonly at?: number
  /** The acknowledgment, as an offset from the other side's initial number. */
  readonly acknowledges?: number
  readonly flags?: number
  readonly window?: number
  readonly hopLimit?: number
  readonly identification?: number
  readonly payload?: string
  /** What its header says of its own length, in words of 32 bits; the truth unless given. */
  readonly headerWords?: number
  /** Octets at its end that the snap length cut. */
  readonly cut?: number
  /** It passes, and the tap fails to record it. */
  readonly unseen?: boolean
  /** The tunnel of this frame alone. */
  readonly wrap?: (side: Side, packet: Uint8Array) => Uint8Array
  /** Time since the frame before. */
  readonly after?: Micros
  /** Ports, tags and the like of this frame alone. */
  readonly frame?: Partial<TcpFrame>
}

export interface Wire {
  readonly tracker: Tracker
  readonly observations: Observation[]
  readonly streams: Recorder[]
  readonly time: Micros
  /** The number of the last frame. */
  readonly packet: number
  /** The handshake. */
  opens(options?: readonly [Said?, Said?, Said?]): Wire
  /** Octets that are new, with what else is said. */
  sends(side: Side, octets: number, said?: Said): Wire
  acknowledges(side: Side, said?: Said): Wire
  /** The last `octets` of the side again. */
  repeats(side: Side, octets: number, said?: Said): Wire
  /** A keep-alive: one octet back, with `octets` (0 or 1) of it. */
  probes(side: Side, octets?: 0 | 1, said?: Said): Wire
  finishes(side: Side, said?: Said): Wire
  resets(side: Side, said?: Said): Wire
  /** Any segment; numbers do not move. */
  says(side: Side, octets: number, said: Said): Wire
  /** The last frame once more, `after` later. */
  copies(after?: Micros): Wire
  waits(span: Micros): Wire
  /** Numbers from here on, for another connection on the same ports. */
  numbers(initial: readonly [number, number]): Wire
  ends(): Wire
  of<K extends ObservationKind>(kind: K): ObservationOf<K>[]
  /** The account of the only connection that closed. */
  readonly summary: ConnectionSummary
}

export function createWire(options: WireOptions = {}): Wire {
  const { ends = [AGENT, SERVER], hopLimits = [128, 64], wrap, ...trackerOptions } = options
  const paths = options.paths ?? new PathTable()
  const observations: Observation[] = []
  const streams: Recorder[] = []
  const tracker = new Tracker({
    connectionsExpected: 0,
    tap: 'tap',
    tapIndex: 0,
    silenceMin: seconds(30),
    streamNumbers: { next: 0 },
    emit: (observation) => void observations.push(observation),
    openStream: (context) => {
      const stream = recorder(context)
      streams.push(stream)
      return stream
    },
    paths,
    ...trackerOptions,
  })
  const place = new Place(paths)
  const times = new Float64Array(1)
  const identifications = [100, 9_000]
  let initial = options.initial ?? [1_000, 5_000]
  let next = [0, 0]
  let time = START - STEP
  let packet = 0
  let last: Uint8Array = new Uint8Array(0)

  const record = (bytes: Uint8Array, cut = 0): void => {
    times[0] = time
    tracker.frameSeen(times, 0)
    const kind = enterTunnels(locate(bytes, 0, bytes.length - cut, bytes.length, 1, place), place)
    if (kind === TCP || kind === BROKEN_TCP) tracker.segment(place, ++packet)
    last = bytes
  }

  const frame = (side: Side, octets: number, said: Said): Uint8Array => {
    const from = ends[side],
      to = ends[1 - side]!
    const payload =
      said.payload === undefined ? new Uint8Array(octets).fill(65 + side) : Buffer.from(said.payload)
    const bytes = tcpFrame({
      source: from.address,
      destination: to.address,
      sourcePort: from.port,
      destinationPort: to.port,
      sourceMac: new Uint8Array([2, 0, 0, 0, 0, 10 + side]),
      destinationMac: new Uint8Array([2, 0, 0, 0, 0, 11 - side]),
      sequence: (initial[side] + (said.at ?? next[side]!)) >>> 0,
      acknowledgment: (initial[1 - side]! + (said.acknowledges ?? next[1 - side]!)) >>> 0,
      flags: said.flags ?? ACK,
      window: said.window ?? 1_000,
      hopLimit: said.hopLimit ?? hopLimits[side],
      identification: said.identification ?? (identifications[side]! += 1) & 0xffff,
      ...(octets === 0 && said.payload === undefined ? {} : { payload }),
      ...said.frame,
    })
    if (said.headerWords !== undefined) bytes[14 + 20 + 12] = said.headerWords << 4
    const wrapped = said.wrap ?? wrap
    return wrapped === undefined ? bytes : wrapped(side, bytes.subarray(14))
  }

  const wire: Wire = {
    tracker,
    observations,
    streams,
    get time() {
      return time
    },
    get packet() {
      return packet
    },
    opens([syn = {}, synAck = {}, ack = {}] = []) {
      wire.says(0, 0, { flags: SYN, acknowledges: -initial[1], ...syn })
      next[0]!++
      wire.says(1, 0, { flags: SYN | ACK, ...synAck })
      next[1]!++
      return wire.says(0, 0, ack)
    },
    sends(side, octets, said = {}) {
      wire.says(side, octets, said)
      next[side]! += octets
      return wire
    },
    acknowledges: (side, said = {}) => wire.says(side, 0, said),
    repeats: (side, octets, said = {}) => wire.says(side, octets, { at: next[side]! - octets, ...said }),
    probes: (side, octets = 0, said = {}) => wire.says(side, octets, { at: next[side]! - 1, ...said }),
    finishes(side, said = {}) {
      wire.says(side, 0, { flags: FIN | ACK, ...said })
      next[side]!++
      return wire
    },
    resets: (side, said = {}) => wire.says(side, 0, { flags: RST | ACK, ...said }),
    says(side, octets, said) {
      time += said.after ?? STEP
      if (said.unseen !== true) record(frame(side, octets, said), said.cut)
      return wire
    },
    copies(after = 100) {
      time += after
      record(last)
      return wire
    },
    waits(span) {
      time += span - STEP
      return wire
    },
    numbers(numbers) {
      initial = numbers
      next = [0, 0]
      return wire
    },
    ends() {
      tracker.captureEnded()
      return wire
    },
    of: <K extends ObservationKind>(kind: K) =>
      observations.filter((o): o is ObservationOf<K> => o.kind === kind),
    get summary() {
      const closed = wire.of('connection-closed')
      if (closed.length !== 1) throw new Error(`${closed.length} connections closed`)
      return closed[0]!.summary
    },
  }
  return wire
}

/** What all observations of the wire's connection have in common. */
export const ON = { tap: 'tap', connection: 0, originator: AGENT, responder: SERVER } as const

/** The account of a half that sent nothing, and what differs from it. */
export const half = (differs: Partial<HalfSummary> = {}): HalfSummary => ({
  packets: 0,
  bytes: 0,
  uniqueBytes: 0,
  retransmissions: 0,
  outOfOrder: 0,
  keepAlives: 0,
  zeroWindows: 0,
  captureDuplicates: 0,
  missingBytes: 0,
  lastPacketAt: null,
  finAt: null,
  finPacket: null,
  rstAt: null,
  unanswered: 0,
  unansweredSince: null,
  unansweredPacket: null,
  hopLimit: null,
  hardware: null,
  ...differs,
})

/** The same of a side that sent something over the wire as it is by default. */
export const spoke = (side: Side, differs: Partial<HalfSummary>): HalfSummary =>
  half({ hopLimit: side === 0 ? 128 : 64, hardware: HARDWARE[side], ...differs })
