/** What a capture file says besides its frames, and how a pipeline reads it without knowing its format. */

import type { FrameBatch } from '../bytes/frame-batch.ts'
import type { Fault } from './fault.ts'

export interface CaptureInterface {
  /** LINKTYPE_ value of the tcpdump.org registry. */
  readonly linkType: number
  readonly name: string | null
  readonly description: string | null
  /** Octets that the capture kept of a frame at most; 0 if it does not say. */
  readonly snapLength: number
  /** Octets of frame check sequence at the end of each frame; 0 if it does not say. */
  readonly fcsLength: number
  /**
   * Which pcapng section described it, counted from 0: interfaces of one name in several sections may be the
   * same one.
   */
  readonly section: number
  /** Frames that the interface or its operating system dropped, as the capture says so far. */
  readonly drops: number
}

/** A pcapng name resolution record: a name that the capturing host knew for an address. */
export interface CaptureName {
  /** 4 or 16 octets. */
  readonly address: Uint8Array
  readonly name: string
}

export interface CaptureComment {
  /** The frame that it is attached to; null if it is about the file, a section or an interface. */
  readonly packet: number | null
  readonly text: string
}

/** What a reader passed over. */
export interface CaptureCounts {
  comments: number
  /** Blocks of other vendors, and of types that are not read. */
  customBlocks: number
  unknownBlocks: number
  /** Option lists and name records that run past their block: what preceded is kept. */
  malformedOptions: number
  /** Frames whose record says that fewer octets were on the wire than were captured. */
  impossibleLengths: number
  namesDropped: number
  /** Decryption secrets that are no TLS key log, or beyond the limit. */
  secretsDropped: number
}

/**
 * A capture that is being read. `next` answers at once while it has octets, and with a promise where it must
 * wait for them.
 */
export interface CaptureReader {
  readonly format: 'pcap' | 'pcapng'
  /** What had to be unpacked: `gzip`, `zstd`, `gzip in zstd`; null for a plain capture. */
  readonly compression: string | null
  /** Grows while a pcapng is read; an index is never given to another interface. */
  readonly interfaces: readonly CaptureInterface[]
  /** Fills the batch with at least one frame, until the next call; false at the end: `fault` says whether it
   * was the real one. */
  next(batch: FrameBatch): boolean | Promise<boolean>
  /**
   * Why reading stopped early. `at` is the offset in the capture, after unpacking. Every frame before it was
   * delivered.
   */
  readonly fault: Fault | null
  /** Octets of the capture that were read, after unpacking. */
  readonly bytesRead: number
  /** 0 to 1 of the file on disk; NaN for a stream. */
  readonly progress: number
  /** TLS key logs embedded in the capture (NSS format). Never to be logged or stored. */
  readonly secrets: readonly string[]
  readonly names: readonly CaptureName[]
  /** The first ones only; `counts.comments` counts all. */
  readonly comments: readonly CaptureComment[]
  readonly counts: Readonly<CaptureCounts>
  /** Frames stored with an earlier time than the one before, of a reader that puts them in order. Absent: it
   * does not. */
  readonly outOfOrder?: number
  close(): void
}
