/**
 * The end of mail data: CRLF, a full stop, CRLF (RFC 5321 §4.1.1.4). Mail itself is passed over, not held. A
 * line that ends with LF alone is part of the mail: servers that take it for an end are what mail smuggling
 * lives on.
 */
import { lineFeed, wordsOf } from '../../bytes/line-feed.ts'

const LF = 10
const CR = 13
const STOP = 46

type Place = 'line-start' | 'stop' | 'stop-return' | 'line' | 'line-return'

export class MessageEnd {
  /** Lines ended with LF alone. */
  bareLineFeeds = 0
  private place: Place = 'line-start'

  /** A message begins. */
  begin(): void {
    this.place = 'line-start'
  }

  /** Octets are missing: what comes next is in the middle of a line. */
  lose(): void {
    this.place = 'line'
  }

  /** The offset behind the end of the message; -1 if it did not come yet. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const words = wordsOf(bytes)
    let at = start
    while (at < end) {
      if (this.place === 'line' || this.place === 'line-return') {
        at = this.passLine(bytes, words, at, end)
        continue
      }
      const octet = bytes[at]
      if (this.place === 'stop-return' && octet === LF) return at + 1
      if (this.place === 'line-start' && octet === STOP) this.place = 'stop'
      else if (this.place === 'stop' && octet === CR) this.place = 'stop-return'
      else {
        // The octet may be a CR or LF itself: it is looked at again, as one of a line.
        this.place = this.place === 'stop-return' ? 'line-return' : 'line'
        continue
      }
      at++
    }
    return -1
  }

  private passLine(bytes: Uint8Array, words: Int32Array | null, at: number, end: number): number {
    const lineEnd = lineFeed(bytes, words, at, end)
    const returned = lineEnd > at ? bytes[lineEnd - 1] === CR : this.place === 'line-return'
    if (lineEnd === end) {
      this.place = returned ? 'line-return' : 'line'
      return end
    }
    if (!returned) this.bareLineFeeds++
    this.place = returned ? 'line-start' : 'line'
    return lineEnd + 1
  }
}
