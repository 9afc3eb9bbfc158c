/**
 * The taps of one capture. Each interface is one, made at its first frame; two that show a direction each of
 * the same connections are one together, and so are two such captures, and those that go on from each other.
 */
import { Tracker, type TrackerOptions } from '../connections/tracker.ts'
import type { CaptureReader } from '../model/capture.ts'
import { interfaceTap, jointTap } from '../model/joint-tap.ts'
import type { Tap } from '../model/packet.ts'
import type { UnreadReason } from '../model/unread.data.ts'
import { PathTable } from '../wire/path.ts'
import { Datagrams } from './datagrams.ts'
import type { TapInput, TapRunOptions } from './run.ts'

/** Interfaces of one capture that are taps of their own; later ones are taken for the last of these. */
export const TAPS_PER_CAPTURE_MAX = 64

/** What a capture's reading adds to what trackers are made of. */
interface Making {
  readonly openStream: TrackerOptions['openStream']
  readonly beginsAnything?: TrackerOptions['beginsAnything']
  /** How many connections there may be. */
  expected(): Pick<TrackerOptions, 'connectionsExpected'>
  count(reason: UnreadReason): void
}

export class Taps {
  readonly trackers: Tracker[]
  /** The tracker of each interface, made at its first frame. */
  readonly byInterface: (Tracker | undefined)[] = []
  readonly datagrams: Map<Tracker, Datagrams>
  /** The tracker of each interface by name. */
  private readonly byName: Map<string, Tracker>
  readonly paths: PathTable
  readonly streamNumbers = { next: 0 }
  readonly linkTypes = new Set<number>()
  readonly linkTypeOf: number[] = []
  /** They are another capture's: the first of those that are one tap together. */
  readonly areShared: boolean
  private readonly input: TapInput
  private readonly options: TapRunOptions
  private readonly making: Making

  /** `other`: of the first of several captures that are one tap; null: this is it. */
  constructor(input: TapInput, options: TapRunOptions, making: Making, other: Taps | null) {
    this.input = input
    this.options = options
    this.making = making
    this.areShared = other !== null
    this.trackers = other?.trackers ?? []
    this.datagrams = other?.datagrams ?? new Map<Tracker, Datagrams>()
    this.byName = other?.byName ?? new Map<string, Tracker>()
    this.paths = other?.paths ?? new PathTable()
  }

  /** The tracker for the first frame of an interface. */
  begun(face: number): Tracker {
    const linkType = this.reader.interfaces[face]?.linkType ?? -1
    this.linkTypes.add(linkType)
    this.linkTypeOf[face] = linkType
    const same = this.sameInterface(face)
    same?.interrupted()
    return (this.byInterface[face] = same ?? this.joined(face) ?? this.made(face))
  }

  /** What shows a direction each of the same connections: two interfaces, or two captures. */
  get directions(): readonly (readonly [string, string])[] {
    const { joint, pairs = [] } = this.input
    if (joint?.joining === 'directions') return [[joint.taps[0]!, joint.taps[1]!]]
    return pairs.map(([one, other]) => [this.interfaceName(one), this.interfaceName(other)])
  }

  /** The capture that ended where this one goes on; null: none did. */
  get continues(): Tap | null {
    const { joint } = this.input
    return joint?.joining === 'series' ? (joint.taps[joint.place - 1] ?? null) : null
  }

  private get reader(): CaptureReader {
    return this.input.reader
  }

  private made(face: number): Tracker {
    const { options, making, trackers } = this
    if (trackers.length === TAPS_PER_CAPTURE_MAX) return trackers.at(-1)!
    const tap = this.name(face)
    const tracker = new Tracker({
      tap,
      tapIndex: options.nextTapIndex(),
      silenceMin: options.silenceMin,
      servicePorts: options.servicePorts,
      streamNumbers: this.streamNumbers,
      paths: this.paths,
      ...(options.listener === undefined ? {} : { listener: options.listener }),
      emit: options.emit,
      openStream: making.openStream,
      ...(making.beginsAnything === undefined ? {} : { beginsAnything: making.beginsAnything }),
      ...(options.connectionsMax === undefined ? {} : { connectionsMax: options.connectionsMax }),
      ...making.expected(),
    })
    trackers.push(tracker)
    this.byName.set(this.interfaceName(face), tracker)
    this.datagrams.set(tracker, new Datagrams(tap, options.emit, making.count))
    return tracker
  }

  /** The tracker of an interface of that name in another section: captures that were strung together. */
  private sameInterface(face: number): Tracker | null {
    const { interfaces } = this.reader
    const { name, section } = interfaces[face] ?? { name: null, section: 0 }
    if (name === null) return null
    const same = this.byInterface.findIndex(
      (tracker, i) =>
        tracker !== undefined && interfaces[i]!.name === name && interfaces[i]!.section !== section,
    )
    return this.byInterface[same] ?? null
  }

  /** The tracker of what is one tap with the interface, if that began before: it shows the other direction,
   * or is the same interface in an earlier capture. */
  private joined(face: number): Tracker | null {
    const { joint } = this.input
    if (joint?.joining === 'directions') return this.trackers[0] ?? null
    if (joint?.joining === 'series') return this.byName.get(this.interfaceName(face)) ?? null
    const pair = this.pairOf(face)
    return pair === null ? null : (this.byInterface[pair[0] === face ? pair[1] : pair[0]] ?? null)
  }

  private pairOf(face: number): readonly [number, number] | null {
    return this.input.pairs?.find((pair) => pair.includes(face)) ?? null
  }

  /** The tap's own name; with several taps in one capture, that of the interface too. */
  private name(face: number): Tap {
    const { joint } = this.input
    const tap = joint === undefined ? this.input.tap : jointTap(joint.joining, joint.taps)
    if (joint?.joining === 'directions') return tap
    const count = this.reader.interfaces.length
    const pair = this.pairOf(face)
    if (count < 2 || (count === 2 && pair !== null)) return tap
    const name = (pair ?? [face]).map((one) => this.interfaceName(one)).join(PAIRED)
    return interfaceTap(tap, name)
  }

  private interfaceName(face: number): string {
    return this.reader.interfaces[face]?.name ?? `interface-${face}`
  }
}

/** Between the names of two interfaces that are one tap: two captures have another sign. */
const PAIRED = ','
