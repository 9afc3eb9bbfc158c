/**
 * The chunked transfer coding (RFC 9112 §7.1), read for its lengths only: chunk extensions and trailer fields
 * are passed over. A line may end with LF alone (§2.2). Numbers only, so that nothing is held across
 * segments; the data goes to a body that is wanted.
 */
import type { HttpAmbiguity } from '../../model/http-ambiguities.data.ts'
import type { BodyCollector } from './body.ts'

/**
 * Octets of a chunk's size line, extensions included, and of the trailer section. With more, the coding
 * counts as broken.
 */
export const CHUNK_LINE_MAX = 4096
export const TRAILER_BYTES_MAX = 64 << 10
/** Above the sizes of 13 hexadecimal digits: a number holds those exactly. */
const SIZE_MAX = 16 ** 13

const SIZE = 0
const EXTENSION = 1
const DATA = 2
const DATA_END = 3
const TRAILER = 4
const DONE = 5
const BROKEN = 6

const LF = 10
const CR = 13

function hexDigit(octet: number): number {
  if (octet >= 48 && octet <= 57) return octet - 48
  const letter = octet | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

export class ChunkedBody {
  private state = SIZE
  /** Digits of the size, octets of the extension or of the trailer section so far. */
  private count = 0
  /** The chunk's size, then its octets that are still to come. */
  private size = 0
  private lineIsEmpty = true
  /** The octet before, for line ends. */
  private previous = 0
  private isOdd = false
  private hasBareLf = false
  private readonly body: BodyCollector | null

  constructor(body: BodyCollector | null = null) {
    this.body = body
  }

  get done(): boolean {
    return this.state === DONE
  }

  get broken(): boolean {
    return this.state === BROKEN
  }

  /** What two readers could read differently. */
  get ambiguities(): readonly HttpAmbiguity[] {
    const marks: HttpAmbiguity[] = []
    if (this.isOdd) marks.push('chunk-size-odd')
    if (this.hasBareLf) marks.push('chunk-bare-lf')
    if (this.broken) marks.push('chunk-malformed')
    return marks
  }

  /** `length` octets are missing; false if they are not all chunk data: then nothing can be read on. */
  miss(length: number): boolean {
    if (this.state !== DATA || length > this.size) return false
    this.body?.miss(length)
    this.size -= length
    if (this.size === 0) this.state = DATA_END
    return true
  }

  /** Reads on and returns the offset after the last octet used: `end`, unless the body is done or broken. */
  read(bytes: Uint8Array, at: number, end: number): number {
    while (at < end && this.state < DONE) {
      if (this.state === DATA) at = this.data(bytes, at, end)
      else this.octet(bytes[at++]!)
    }
    return at
  }

  /** Octets of chunk data that are still to come and need not be looked at; they count as read. */
  takeRest(): number {
    if (this.state !== DATA || this.body !== null) return 0
    const rest = this.size
    this.size = 0
    this.state = DATA_END
    return rest
  }

  private data(bytes: Uint8Array, at: number, end: number): number {
    const used = Math.min(this.size, end - at)
    this.body?.data(bytes, at, at + used)
    this.size -= used
    if (this.size === 0) this.state = DATA_END
    return at + used
  }

  private octet(octet: number): void {
    if (octet === LF && this.previous !== CR) this.hasBareLf = true
    this.previous = octet
    if (this.state === SIZE) this.sizeOctet(octet)
    else if (this.state === EXTENSION) this.extensionOctet(octet)
    else if (this.state === DATA_END) this.dataEndOctet(octet)
    else this.trailerOctet(octet)
  }

  private sizeOctet(octet: number): void {
    const digit = hexDigit(octet)
    if (digit >= 0) {
      if (this.count > 0 && this.size === 0) this.isOdd = true
      this.size = this.size * 16 + digit
      if (++this.count > CHUNK_LINE_MAX || this.size >= SIZE_MAX) this.state = BROKEN
    } else if (this.count === 0) this.state = BROKEN
    else if (octet === LF) this.sizeIsKnown()
    else if (octet === CR || octet === 59 || octet === 32 || octet === 9) {
      this.state = EXTENSION
      this.count = 0
      if (octet === 32 || octet === 9) this.isOdd = true
    } else this.state = BROKEN
  }

  private extensionOctet(octet: number): void {
    if (octet === LF) this.sizeIsKnown()
    else if (++this.count > CHUNK_LINE_MAX) this.state = BROKEN
  }

  private sizeIsKnown(): void {
    this.count = 0
    this.lineIsEmpty = true
    this.state = this.size > 0 ? DATA : TRAILER
  }

  private dataEndOctet(octet: number): void {
    if (octet === LF) this.state = SIZE
    else if (octet !== CR || ++this.count > 1) this.state = BROKEN
    if (this.state === SIZE) this.count = 0
  }

  private trailerOctet(octet: number): void {
    if (octet === LF && this.lineIsEmpty) this.state = DONE
    else if (++this.count > TRAILER_BYTES_MAX) this.state = BROKEN
    else if (octet === LF) this.lineIsEmpty = true
    else if (octet !== CR) this.lineIsEmpty = false
  }
}
