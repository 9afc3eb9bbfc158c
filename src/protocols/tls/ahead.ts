/**
 * Records opened ahead, in memory that two threads share. Frames are looked at a little before their turn,
 * the records in them posted, and opened by the helper while its reader is busy with the frames before.
 * Nobody waits for the other, but for a record that is in the helper's hand: what it has not come to by then
 * the reader opens itself.
 *
 * The memory is a ring of places. The reader writes a place and posts it (a release of its state); from then
 * on it belongs to whoever changes the state from POSTED first. Of a record in hand nobody but the helper
 * touches the place. The helper's work shows in nothing but time: each content is authenticated under the
 * key and the number that the reader asks for.
 */
import type { RecordsAhead } from '../../model/ahead.ts'
import { copy, NONCE_BYTES, openAead } from './aead.ts'
import { AEADS } from './ciphers.data.ts'
import { octetsText } from './octets.ts'

/** Records that may wait: a power of two, and more than lie in the frames that are looked at at once. */
const PLACES = 1 << 10
/** Octets of a place: what a segment of Ethernet carries, and what is said of it. */
const PLACE_BYTES = 2048
/** The helper is worth its thread (a tenth of a second of another core) from so many records in a batch on:
 * a capture with fewer is read before it runs. */
const WORTH_RECORDS = 64
/** Looks at a record that is in hand before the reader opens it itself: about as long as opening takes. The
 * helper's thread may not be running. */
const LOOKS_MAX = 4000
/** Keys that the helper remembers. */
const KEYS_MAX = 1 << 16

// What becomes of a place.
const FREE = 0
const POSTED = 1
const IN_HAND = 2
const OPENED = 3
const REFUSED = 4

// Words before the places: how many records were posted ever, modulo 2^32, and the state of each place.
const POSTED_EVER = 0
const STATES_AT = 1
const WORDS = STATES_AT + PLACES

// A place: words of what is there, then the octets.
const CIPHER_WORD = 0
const KEY_WORD = 1
const NUMBER_WORD = 2
const BODY_WORD = 3
const LENGTH_WORD = 4
const ADDITIONAL_WORD = 5
const NONCE_AT = 24
const ADDITIONAL_AT = NONCE_AT + NONCE_BYTES
const ADDITIONAL_MAX = 16
const KEY_AT = ADDITIONAL_AT + ADDITIONAL_MAX
const BODY_MAX = 1_960
const BODY_AT = PLACE_BYTES - BODY_MAX

const NOTHING = new Uint8Array(0)

/** Octets of shared memory that both sides need. */
const AHEAD_BYTES = 4 * WORDS + PLACES * PLACE_BYTES

class Ring {
  readonly words: Int32Array
  readonly octets: Uint8Array
  private readonly facts: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, WORDS)
    this.facts = new Int32Array(memory, 4 * WORDS)
    this.octets = new Uint8Array(memory, 4 * WORDS)
  }

  fact(place: number, word: number): number {
    return this.facts[place * (PLACE_BYTES / 4) + word]!
  }

  setFact(place: number, word: number, value: number): void {
    this.facts[place * (PLACE_BYTES / 4) + word] = value
  }

  /** Changes the state from one to another; answers the one that it was in. */
  exchange(place: number, from: number, to: number): number {
    return Atomics.compareExchange(this.words, STATES_AT + place, from, to)
  }

  state(place: number): number {
    return Atomics.load(this.words, STATES_AT + place)
  }

  setState(place: number, state: number): void {
    Atomics.store(this.words, STATES_AT + place, state)
  }
}

/** Starts a thread that runs `Helper.help` over the memory. */
export type StartHelper = (memory: SharedArrayBuffer) => { stop(): void }

/** The reader's side. The helper is started when there is enough for it to do. */
export class OpensAhead implements RecordsAhead {
  batch = 0
  private readonly start: StartHelper
  private readonly worthRecords: number
  private helper: { stop(): void } | null = null
  private ring: Ring | null = null
  private bytes: Uint8Array = NOTHING
  /** Records posted ever, and those that were taken or passed over. */
  private posted = 0
  private passed = 0
  /** Records that could have been posted in this batch; keys ever. */
  private wanted = 0
  private keys = 0

  constructor(start: StartHelper, worthRecords = WORTH_RECORDS) {
    this.start = start
    this.worthRecords = worthRecords
  }

  /** The octets of a batch are there, and none of its frames was looked at. */
  begin(bytes: Uint8Array): void {
    this.batch++
    this.bytes = bytes
    this.wanted = 0
    while (this.passed < this.posted) this.pass()
  }

  newKey(): number {
    return ++this.keys
  }

  post(
    cipher: number,
    keyNumber: number,
    key: string,
    number: number,
    nonce: Uint8Array,
    additional: Uint8Array,
    bodyAt: number,
    start: number,
    end: number,
  ): void {
    this.wanted++
    const { ring } = this
    const length = end - start
    const place = this.posted & (PLACES - 1)
    if (ring === null || length > BODY_MAX || this.posted - this.passed === PLACES) return
    if (ring.state(place) === IN_HAND) return
    ring.setFact(place, CIPHER_WORD, cipher)
    ring.setFact(place, KEY_WORD, keyNumber)
    ring.setFact(place, NUMBER_WORD, number)
    ring.setFact(place, BODY_WORD, bodyAt)
    ring.setFact(place, LENGTH_WORD, length)
    ring.setFact(place, ADDITIONAL_WORD, additional.length)
    const { octets } = ring
    const at = place * PLACE_BYTES
    copy(octets, at + NONCE_AT, nonce, 0, NONCE_BYTES)
    copy(octets, at + ADDITIONAL_AT, additional, 0, additional.length)
    for (let i = 0; i < key.length; i++) octets[at + KEY_AT + i] = key.charCodeAt(i)
    octets.set(this.bytes.subarray(start, end), at + BODY_AT)
    ring.setState(place, POSTED)
    this.posted++
  }

  /** All was posted that the frames looked at promise. */
  dispatch(): void {
    const { ring } = this
    if (ring !== null) {
      Atomics.store(ring.words, POSTED_EVER, this.posted | 0)
      Atomics.notify(ring.words, POSTED_EVER)
    } else if (this.wanted >= this.worthRecords && this.helper === null) this.startHelper()
  }

  take(b: Uint8Array, bodyAt: number, keyNumber: number, number: number): number {
    const { ring } = this
    if (ring === null || b !== this.bytes) return -1
    while (this.passed < this.posted && this.bodyOf(ring, this.passed) < bodyAt) this.pass()
    const place = this.passed & (PLACES - 1)
    if (this.passed === this.posted || ring.fact(place, BODY_WORD) !== bodyAt) return -1
    const isIt = ring.fact(place, KEY_WORD) === keyNumber && ring.fact(place, NUMBER_WORD) === (number | 0)
    const before = this.pass()
    if (!isIt || before === POSTED) return -1
    for (let looks = 0; ring.state(place) === IN_HAND; looks++) if (looks === LOOKS_MAX) return -1
    return ring.state(place) === OPENED ? place : -1
  }

  get octets(): Uint8Array {
    return this.ring?.octets ?? NOTHING
  }

  contentAt(place: number): number {
    return place * PLACE_BYTES + BODY_AT
  }

  contentLength(place: number): number {
    return this.ring?.fact(place, LENGTH_WORD) ?? 0
  }

  /** There is nothing more to open. */
  close(): void {
    this.ring = null
    this.helper?.stop()
  }

  private bodyOf(ring: Ring, record: number): number {
    return ring.fact(record & (PLACES - 1), BODY_WORD)
  }

  /** The first record that waits does so no longer. Answers the state that it was in. */
  private pass(): number {
    const place = this.passed++ & (PLACES - 1)
    return this.ring?.exchange(place, POSTED, FREE) ?? FREE
  }

  private startHelper(): void {
    const memory = new SharedArrayBuffer(AHEAD_BYTES)
    this.helper = this.start(memory)
    this.ring = new Ring(memory)
  }
}

/** The helper's side. */
export class Helper {
  private readonly ring: Ring
  private readonly keys = new Map<number, string>()
  private readonly nonce = Buffer.alloc(NONCE_BYTES)
  private readonly additional = Buffer.alloc(ADDITIONAL_MAX)
  /** Records that it looked at ever, modulo 2^32. */
  private seen = 0

  constructor(memory: SharedArrayBuffer) {
    this.ring = new Ring(memory)
  }

  /** Opens what is posted, and waits for more, until its thread is ended. */
  help(): never {
    for (;;) {
      Atomics.wait(this.ring.words, POSTED_EVER, this.seen)
      this.openAll()
    }
  }

  /** Opens what was posted and is in nobody's hand, in the order in which it will be wanted. */
  openAll(): void {
    const { ring } = this
    const posted = Atomics.load(ring.words, POSTED_EVER)
    // What is further back has made room for later ones.
    const first = Math.max(0, ((posted - this.seen) | 0) - PLACES)
    for (let i = first; i < ((posted - this.seen) | 0); i++) {
      const place = (this.seen + i) & (PLACES - 1)
      if (ring.exchange(place, POSTED, IN_HAND) !== POSTED) continue
      ring.setState(place, this.open(place) ? OPENED : REFUSED)
    }
    this.seen = posted
  }

  /** Opens one record where it lies. */
  private open(place: number): boolean {
    const { ring, nonce } = this
    const { octets } = ring
    const at = place * PLACE_BYTES
    const bulk = AEADS[ring.fact(place, CIPHER_WORD)]!
    const additional = this.additional.subarray(0, ring.fact(place, ADDITIONAL_WORD))
    copy(nonce, 0, octets, at + NONCE_AT, NONCE_BYTES)
    copy(additional, 0, octets, at + ADDITIONAL_AT, additional.length)
    const key = this.keyOf(ring.fact(place, KEY_WORD), at + KEY_AT, bulk.keyBytes)
    const bodyEnd = at + BODY_AT + ring.fact(place, LENGTH_WORD)
    const content = openAead(bulk, key, nonce, additional, octets, at + BODY_AT, bodyEnd)
    if (content === null) return false
    octets.set(content, at + BODY_AT)
    ring.setFact(place, LENGTH_WORD, content.length)
    return true
  }

  private keyOf(number: number, at: number, length: number): string {
    const known = this.keys.get(number)
    if (known !== undefined) return known
    if (this.keys.size === KEYS_MAX) this.keys.clear()
    const key = octetsText(this.ring.octets.slice(at, at + length))
    this.keys.set(number, key)
    return key
  }
}
