/**
 * Captures that follow each other, read as one that does not end: the files of a ring, a capturing process
 * that was started again, senders that come and go.
 *
 * Contract: packets are numbered on, whatever capture they are in. An interface of the same name and link
 * type is the same interface. Where nobody listened between two captures, `takeGap` says so once, before the
 * batch that comes after it is looked at.
 */
import type { FrameBatch } from '../src/bytes/frame-batch.ts'
import type { CaptureInterface, CaptureReader } from '../src/model/capture.ts'
import type { Fault } from '../src/model/fault.ts'
import { PacketRing, type RingPacket } from './packet-ring.ts'
import { nothingCounted } from './record-reader.ts'

/** One of the captures. */
export interface LivePart {
  readonly reader: CaptureReader
  /** Packets at its beginning that are known already. */
  readonly skip: number
  /** Why there may be packets missing before it; null: it goes on where the one before ended. */
  readonly gap: string | null
}

/** Where captures come from. */
export interface LiveSource {
  /** What people call it. */
  readonly name: string
  /** The next one, once there is one; null: none will come any more. */
  next(): Promise<LivePart | null>
  /** The part that came last is over; `fault` is why, unless it simply ended. */
  over(fault: Fault | null): void
  readonly drops: Drops
  /** Where to go on after a restart, as JSON; null where nothing can be read again. */
  position(): unknown
  close(): void
}

/** What was lost before it came here; null where nobody says. */
export interface Drops {
  kernel: number | null
  interface: number | null
  /** Octets that arrived and wait. */
  queued: number
}

export interface LiveReader extends CaptureReader {
  /** Why packets may be missing before the batch; null if none are. Tells it once. */
  takeGap(): string | null
  /** The octets of a packet, as long as they are held. */
  packet(number: number): RingPacket | null
  /** Packets of the present part that were handed out, those skipped included. */
  readonly partPackets: number
  /** The number that the next packet gets. */
  readonly number: number
}

export interface LiveReaderOptions {
  /** The number of the first packet. */
  readonly firstNumber?: number
  /** Interfaces that are known from before, in their order. */
  readonly interfaces?: readonly CaptureInterface[]
  readonly ring?: PacketRing
}

interface State {
  readonly source: LiveSource
  readonly interfaces: CaptureInterface[]
  readonly ring: PacketRing
  part: LivePart | null
  /** The part's interfaces, as numbers of ours. */
  faces: number[]
  partPackets: number
  number: number
  gap: string | null
  /** Of the part that was over last, and why there is no more. */
  lastFault: Fault | null
  fault: Fault | null
  bytesBefore: number
  format: CaptureReader['format']
  closed: boolean
}

export function liveReader(source: LiveSource, options: LiveReaderOptions = {}): LiveReader {
  const state: State = {
    source,
    interfaces: [],
    ring: options.ring ?? new PacketRing(),
    part: null,
    faces: [],
    partPackets: 0,
    number: options.firstNumber ?? 1,
    gap: null,
    lastFault: null,
    fault: null,
    bytesBefore: 0,
    format: 'pcap',
    closed: false,
  }
  for (const { drops, ...face } of options.interfaces ?? []) addFace(state, face, drops)
  const empty = { secrets: [], names: [], comments: [] }
  return {
    ...empty,
    get format() {
      return state.format
    },
    compression: null,
    interfaces: state.interfaces,
    counts: nothingCounted(),
    next: (batch) => next(state, batch),
    get fault() {
      return state.fault
    },
    get bytesRead() {
      return state.bytesBefore + (state.part?.reader.bytesRead ?? 0)
    },
    progress: NaN,
    takeGap() {
      const { gap } = state
      state.gap = null
      return gap
    },
    packet: (number) => state.ring.get(number),
    get partPackets() {
      return state.partPackets
    },
    get number() {
      return state.number
    },
    close() {
      state.closed = true
      state.part?.reader.close()
      source.close()
    },
  }
}

/** Synchronous as long as the part's reader is. */
function next(state: State, batch: FrameBatch): boolean | Promise<boolean> {
  const { part } = state
  if (part === null || state.closed) return nextPart(state, batch)
  const more = part.reader.next(batch)
  if (typeof more !== 'boolean') return more.then((is) => took(state, batch, is))
  return took(state, batch, more)
}

function took(state: State, batch: FrameBatch, more: boolean): boolean | Promise<boolean> {
  if (!more) {
    endPart(state)
    return nextPart(state, batch)
  }
  const { skip } = state.part!
  const known = Math.max(0, Math.min(batch.count, skip - state.partPackets))
  state.partPackets += batch.count
  if (known > 0) dropFirst(batch, known)
  if (batch.count === 0) return next(state, batch)
  batch.firstNumber = state.number
  state.number += batch.count
  translate(state, batch)
  state.ring.add(batch)
  return true
}

function endPart(state: State): void {
  const { reader } = state.part!
  state.bytesBefore += reader.bytesRead
  reader.close()
  state.lastFault = reader.fault
  state.source.over(reader.fault)
  state.part = null
}

async function nextPart(state: State, batch: FrameBatch): Promise<boolean> {
  const part = state.closed ? null : await state.source.next()
  // What cut the last one short is why there is no more.
  if (part === null && !state.closed) state.fault = state.lastFault
  if (part === null || state.closed) {
    part?.reader.close()
    return false
  }
  state.part = part
  state.partPackets = 0
  state.faces = []
  state.gap ??= part.gap
  state.format = part.reader.format
  return next(state, batch)
}

function dropFirst(batch: FrameBatch, known: number): void {
  const { offset, capturedLength, wireLength, time, nanoseconds, interface: face, count } = batch
  for (const column of [offset, capturedLength, wireLength, time, nanoseconds, face])
    column.copyWithin(0, known, count)
  batch.count = count - known
}

/** Interfaces of the part have numbers of their own. */
function translate(state: State, { interface: face, count }: FrameBatch): void {
  const { faces } = state
  const theirs = state.part!.reader.interfaces
  while (faces.length < theirs.length) faces.push(faceOf(state, theirs[faces.length]!))
  // By far the most captures have one interface, which keeps its number.
  if (faces.every((ours, i) => ours === i)) return
  for (let i = 0; i < count; i++) face[i] = faces[face[i]!] ?? 0
}

function faceOf(
  state: State,
  { name, linkType, description, snapLength, fcsLength }: CaptureInterface,
): number {
  const { interfaces } = state
  const known = interfaces.findIndex((one) => one.linkType === linkType && one.name === name)
  if (known >= 0) return known
  return addFace(state, { linkType, name, description, snapLength, fcsLength, section: 0 }, 0)
}

/** `before`: what it had dropped until a restart. */
function addFace(state: State, face: Omit<CaptureInterface, 'drops'>, before: number): number {
  const { interfaces } = state
  const isFirst = interfaces.length === 0
  interfaces.push({
    ...face,
    get drops() {
      return before + dropsOf(state, face.name, isFirst)
    },
  })
  return interfaces.length - 1
}

/** What the source counts, as the first one's; or else what the capture itself says of the interface. */
function dropsOf({ source, part }: State, name: string | null, isFirst: boolean): number {
  const { kernel, interface: lost } = source.drops
  if (kernel !== null || lost !== null) return isFirst ? (kernel ?? 0) + (lost ?? 0) : 0
  return part?.reader.interfaces.find((one) => one.name === name)?.drops ?? 0
}
