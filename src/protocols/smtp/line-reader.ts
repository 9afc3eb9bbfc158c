/**
 * Lines of one side of an SMTP session out of octets that come in pieces (RFC 5321 §2.3.8). What is longer
 * than LINE_BYTES_MAX is cut there; lines are never refused.
 */
import { latin1 } from '../../bytes/latin1.ts'
import { lineFeed, wordsOf } from '../../bytes/line-feed.ts'
import { withRoom } from '../../bytes/room.ts'

/**
 * Octets of a line that are kept; the rest of it is passed over. Command and reply lines have 512 (RFC 5321
 * §4.5.3.1), extensions make them longer; those of AUTH (12,288, RFC 4954 §4) are not looked at.
 */
export const LINE_BYTES_MAX = 1024
const HELD_FIRST = 64
const CR = 13

export class LineReader {
  /** The last complete line, without its end. */
  text = ''
  private held: Uint8Array | null = null
  heldBytes = 0
  /** The rest of a line without its beginning was passed over; set back by who reads it. */
  hasSkipped = false
  /** Octets before the next line end are the rest of a line whose beginning is missing. */
  private isLost = false

  /** Reads up to the next line end: the offset after it, and `text` is the line; -1 if it is to come. */
  next(bytes: Uint8Array, at: number, end: number): number {
    const words = wordsOf(bytes)
    for (;;) {
      const lineEnd = lineFeed(bytes, words, at, end)
      if (this.isLost) {
        if (lineEnd === end) return -1
        this.isLost = false
        this.hasSkipped = true
        at = lineEnd + 1
        if (at === end) return -1
        continue
      }
      if (lineEnd === end) {
        this.hold(bytes, at, end)
        return -1
      }
      this.text = this.heldBytes === 0 ? lineOf(bytes, at, lineEnd) : this.joined(bytes, at, lineEnd)
      return lineEnd + 1
    }
  }

  /** Octets are missing: the line that they are part of is no line. */
  lose(): void {
    this.drop()
    this.isLost = true
  }

  drop(): void {
    this.held = null
    this.heldBytes = 0
  }

  private joined(bytes: Uint8Array, at: number, lineEnd: number): string {
    this.hold(bytes, at, lineEnd)
    const text = lineOf(this.held!, 0, this.heldBytes)
    this.drop()
    return text
  }

  private hold(bytes: Uint8Array, at: number, end: number): void {
    const stop = Math.min(end, at + LINE_BYTES_MAX - this.heldBytes)
    const needed = this.heldBytes + stop - at
    this.held = withRoom(this.held, this.heldBytes, needed, HELD_FIRST, LINE_BYTES_MAX)
    this.held.set(bytes.subarray(at, stop), this.heldBytes)
    this.heldBytes = needed
  }
}

function lineOf(bytes: Uint8Array, at: number, lineEnd: number): string {
  const bare = lineEnd > at && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
  return latin1(bytes, at, Math.min(bare, at + LINE_BYTES_MAX))
}
