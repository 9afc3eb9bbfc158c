/**
 * The body of a message while it passes: its hash, and its beginning if that is wanted. The octets are those
 * of the message, the transfer coding removed, the content coding left on: what two taps see of one body is
 * equal unless something between them changed it.
 */
import { createHash } from 'node:crypto'
import { latin1 } from '../../bytes/latin1.ts'
import { withRoom } from '../../bytes/room.ts'
import { type HeaderLine, type HttpBody, valueIn } from '../../model/http.ts'
import { decoded } from './content-coding.ts'

/** Octets of a body's beginning that are kept, as sent. What an excerpt shows lies in them. */
export const EXCERPT_BYTES_MAX = 32 << 10
const HELD_FIRST = 2048

export class BodyCollector {
  readonly declared: number | null
  bytes = 0
  missing = 0
  private readonly lines: readonly HeaderLine[]
  private readonly hash = createHash('sha256')
  private readonly isKept: boolean
  private held: Uint8Array | null = null
  heldBytes = 0

  /** `declared`: its length as the head says it; null if it does not. */
  constructor(wanted: 'hash' | 'excerpt', lines: readonly HeaderLine[], declared: number | null) {
    this.lines = lines
    this.declared = declared
    this.isKept = wanted === 'excerpt'
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    this.hash.update(bytes.subarray(start, end))
    if (this.isKept && this.missing === 0 && this.heldBytes < EXCERPT_BYTES_MAX)
      this.hold(bytes, start, Math.min(end, start + EXCERPT_BYTES_MAX - this.heldBytes))
    this.bytes += end - start
  }

  miss(length: number): void {
    this.missing += length
  }

  /** `ended`: its end was seen. */
  finish(ended: boolean): HttpBody {
    const { bytes, missing, lines, isKept } = this
    const complete = ended && missing === 0
    const codings = codingsOf(valueIn(lines, 'content-encoding'))
    const contentType = valueIn(lines, 'content-type')
    const sha256 = complete ? this.hash.digest('hex') : null
    const facts = { bytes, missing, complete, sha256, codings, contentType }
    if (!isKept) return { ...facts, excerpt: null, excerptCut: false, excerptFault: null }
    const held = this.held?.subarray(0, this.heldBytes) ?? new Uint8Array(0)
    const { octets, cut, fault } = decoded(held, codings, !complete || this.heldBytes < bytes)
    const excerpt = octets === null ? null : latin1(octets, 0, octets.length)
    return { ...facts, excerpt, excerptCut: cut, excerptFault: fault }
  }

  private hold(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.heldBytes + end - start
    this.held = withRoom(this.held, this.heldBytes, needed, HELD_FIRST, EXCERPT_BYTES_MAX)
    this.held.set(bytes.subarray(start, end), this.heldBytes)
    this.heldBytes = needed
  }
}

const codingsOf = (value: string | null): string[] =>
  (value ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '')
