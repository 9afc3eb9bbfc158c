/**
 * A reader that lets the event loop breathe. Plain files are read synchronously from beginning to end;
 * without pauses no signal would be noticed and no progress drawn before the last packet.
 */
import type { CaptureReader } from '../../model/capture.ts'

/** Often enough for a hand on Ctrl-C, seldom enough to cost nothing. */
const BREATH_MS = 50

export function paced(reader: CaptureReader): CaptureReader {
  let last = performance.now()
  return {
    format: reader.format,
    compression: reader.compression,
    get interfaces() {
      return reader.interfaces
    },
    get fault() {
      return reader.fault
    },
    get bytesRead() {
      return reader.bytesRead
    },
    get progress() {
      return reader.progress
    },
    get secrets() {
      return reader.secrets
    },
    get names() {
      return reader.names
    },
    get comments() {
      return reader.comments
    },
    get counts() {
      return reader.counts
    },
    close: () => reader.close(),
    next(batch) {
      const answer = reader.next(batch)
      const now = performance.now()
      if (typeof answer !== 'boolean' || now - last < BREATH_MS) return answer
      last = now
      return new Promise((resolve) => setImmediate(resolve, answer))
    },
  }
}
