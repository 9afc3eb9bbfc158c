/** What is remembered of a connection: one `Tls`, two `Half`. Made here, changed by the files around. */
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Side } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import type { OpenInner } from '../protocol.ts'
import type { RecordOpener } from './decryption.ts'
import { newHandshake, type Handshake } from './handshake.ts'
import type { HeldOctets } from './held.ts'
import type { MessageStream } from './messages.ts'
import { RecordWalk } from './record-walk.ts'
import type { V2Opening } from './v2-opening.ts'
import type { Epoch, Role, SessionKeys } from './session-keys.ts'
import type { Transcript } from './transcript.ts'

/** Besides what could not be read, which is told to the context. */
export interface TlsCounts {
  /** Records begun, of both sides. */
  records: number
  /** Records opened with keys. */
  opened: number
  /** Times that a side's record boundaries, lost in a gap, were found again. */
  resynchronised: number
  /** Sides that turned out not to speak TLS. */
  foreign: number
  /** Observations made. */
  reported: number
}

/** With its place among the records. Of thousands of connections each is anywhere in memory, and every part
 * that is an object of its own is waited for. */
export class Half extends RecordWalk {
  readonly side: Side
  /** Its handshake messages: those of its reader. */
  messages: MessageStream | null = null
  /** Type, version and length of the record in hand or last seen, and the packet in which it began. */
  type = 0
  version = 0
  length = 0
  recordPacket = 0
  /** Any octet or gap of this side was seen. */
  isSeen = false
  isEnded = false
  /** Record boundaries are unknown since a gap. */
  isLost = false
  /** It does not speak TLS: nothing more is read. */
  isForeign = false
  /** Part of its handshake in clear was missed: the rest of that is not read. */
  missedMessages = false
  /** It sent ChangeCipherSpec: in TLS 1.2 what follows is protected. */
  isChanged = false
  /** Octets that wait for the other side's hello. */
  held: HeldOctets | null = null
  /** It waited once, and does not again. */
  hasWaited = false
  /** A ClientHello in the SSL 2.0 form, as far as it came; null once it is known whether there is one. */
  opening: V2Opening | null = null
  opener: RecordOpener | null = null
  epoch: Epoch = 'handshake'
  keyUpdates = 0
  /** How many records may have been missed, if the next record's number is uncertain; 0 if it is certain. */
  missedRecords = 0
  /** Octets missed since record boundaries were lost, headers included. */
  missedOctets = 0
  /**
   * It may send early data that the server refuses: records that do not count (RFC 8446 §4.2.10), until one
   * opens.
   */
  mayBeRefused = false
  /** The last record was opened. */
  isOpened = false
  /** Application data of it was read. */
  hasSpoken = false
  /** Octets of content that the inner consumer does not want. */
  innerSkip = 0
  isInnerEnded = false

  constructor(side: Side) {
    super()
    this.side = side
  }
}

export interface Tls extends TlsCounts {
  readonly context: StreamContext
  readonly openInner: OpenInner
  readonly halves: readonly [Half, Half]
  /** The handshake in progress; null once it is reported. */
  handshake: Handshake | null
  clientSide: Side | null
  /** The cipher suite agreed on last; -1 before. */
  suite: number
  is13: boolean
  keys: SessionKeys | null
  /** What an extended master secret is made of; null if there is no use for one. */
  transcript: Transcript | null
  /** The server said that it does not take early data: the client sends it again. */
  refusesEarlyData: boolean
  /** At least one record was opened with keys. */
  isDecrypted: boolean
  inner: StreamConsumer | null
  /** The inner consumer wants nothing more. */
  isInnerGone: boolean
  /** A side may hold octets until the other's hello: asked of every segment, so that it is told here. */
  isHolding: boolean
  /** Of the call in progress. */
  time: Micros
  /** The packet that is read, and when it passed: octets may have waited. */
  packet: number
  packetTime: Micros
}

export const newTls = (context: StreamContext, openInner: OpenInner): Tls => ({
  context,
  openInner,
  halves: [new Half(0), new Half(1)],
  handshake: newHandshake(context.wants?.fingerprints !== false),
  clientSide: null,
  suite: -1,
  is13: false,
  keys: null,
  transcript: null,
  refusesEarlyData: false,
  isDecrypted: false,
  inner: null,
  isInnerGone: false,
  isHolding: false,
  records: 0,
  opened: 0,
  resynchronised: 0,
  foreign: 0,
  reported: 0,
  time: 0,
  packet: 0,
  packetTime: 0,
})

export const roleOf = (tls: Tls, half: Half): Role => (half.side === tls.clientSide ? 'client' : 'server')
export const isClient = (tls: Tls, half: Half): boolean => half.side === tls.clientSide
export const otherHalf = (tls: Tls, half: Half): Half => tls.halves[half.side === 0 ? 1 : 0]

/** What the side sends now is protected by the keys of TLS 1.2 or earlier. */
export const isProtected12 = (tls: Tls, half: Half): boolean => half.isChanged && !tls.is13
