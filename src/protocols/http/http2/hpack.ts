/**
 * Header blocks of one direction of an HTTP/2 connection: HPACK (RFC 7541).
 *
 * The dynamic table lives as long as the connection. Where header blocks were not seen, what it holds from
 * before is unknown: entries that were added since are counted from the newest and remain certain; a field
 * that refers to an older one is left out, and counted as unknown. Nothing is guessed.
 */
import { latin1 } from '../../../bytes/latin1.ts'
import type { HeaderLine } from '../../../model/http.ts'
import { HEADER_LINES_MAX } from '../header-lines.ts'
import { huffmanText } from './huffman.ts'
import { STATIC_TABLE } from './static-table.data.ts'

/** Octets of a dynamic table before anybody says otherwise (RFC 9113 §6.5.2). */
export const TABLE_BYTES_DEFAULT = 4096
/**
 * Octets of a dynamic table that are kept, as RFC 7541 §4.1 counts them. Browsers and servers offer 4 to 64
 * KiB; what a larger one holds beyond is unknown.
 */
export const TABLE_BYTES_MAX = 64 << 10
/** Octets of one header list, counted likewise. Further fields are left out, and the list says so. */
export const LIST_BYTES_MAX = 64 << 10
/** What an entry costs beside its text (§4.1). */
const ENTRY_COST = 32
/** An integer takes no more octets after its prefix (§5.1): 28 bits are more than any length here. */
const INTEGER_OCTETS_MAX = 4

/** The fields of a header block. */
export class FieldList {
  readonly fields: HeaderLine[] = []
  /** Fields that refer to what was not seen. */
  unknown = 0
  /** There were more than are kept. */
  cut = false
  private bytes = 0

  add(name: string, value: string): void {
    this.bytes += ENTRY_COST + name.length + value.length
    if (this.bytes > LIST_BYTES_MAX || this.fields.length === HEADER_LINES_MAX) this.cut = true
    else this.fields.push({ name, value })
  }
}

/** Null: unknown. */
interface Entry {
  readonly name: string | null
  readonly value: string | null
}

const NOTHING = new Uint8Array(0)
const UNKNOWN: Entry = { name: null, value: null }
const STATIC: readonly Entry[] = STATIC_TABLE.map(([name, value]) => ({ name, value }))

const costOf = ({ name, value }: Entry): number =>
  ENTRY_COST + (name === null ? 0 : name.length) + (value === null ? 0 : value.length)

/** Entries, the oldest first, of which `evicted` are gone. */
class DynamicTable {
  bytes = 0
  max = TABLE_BYTES_DEFAULT
  private entries: Entry[] = []
  private evicted = 0

  get length(): number {
    return this.entries.length - this.evicted
  }

  /** The entry of that age; 0 is the newest. */
  at(age: number): Entry | undefined {
    return age < this.length ? this.entries[this.entries.length - 1 - age] : undefined
  }

  insert(entry: Entry): void {
    this.entries.push(entry)
    this.bytes += costOf(entry)
    this.evict()
  }

  resize(max: number): void {
    this.max = Math.min(max, TABLE_BYTES_MAX)
    this.evict()
  }

  clear(): void {
    this.entries = []
    this.evicted = 0
    this.bytes = 0
  }

  private evict(): void {
    while (this.bytes > this.max && this.length > 0) this.bytes -= costOf(this.entries[this.evicted++]!)
    if (this.evicted < 64 || this.evicted < this.length) return
    this.entries = this.entries.slice(this.evicted)
    this.evicted = 0
  }
}

export class HpackDecoder {
  /** The largest table that the receiver allowed, as far as it was seen to allow any (RFC 9113 §6.5.2). */
  limit = Infinity
  /** The sender took more than that. */
  isOverLimit = false
  private readonly table = new DynamicTable()
  /** Entries from before are unknown: an index beyond the table is no fault. */
  private isPartial: boolean
  private bytes: Uint8Array = NOTHING
  private at = 0
  private end = 0
  private failed = false

  /** `partial`: header blocks were sent before the first that comes. */
  constructor(partial: boolean) {
    this.isPartial = partial
    if (partial) this.table.max = TABLE_BYTES_MAX
  }

  /** Octets that the table holds, as RFC 7541 counts them. */
  get tableBytes(): number {
    return this.table.bytes
  }

  /** Header blocks were not seen, or not read: all that the table held may have changed its place. */
  lose(): void {
    this.isPartial = true
    this.table.clear()
    // The size may have been changed, too: keeping too many entries does no harm.
    this.table.max = TABLE_BYTES_MAX
  }

  /** The fields of the block that octets `start`..`end` are; null if it is malformed (§3). */
  decode(bytes: Uint8Array, start: number, end: number): FieldList | null {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.failed = false
    const list = new FieldList()
    while (this.at < this.end && !this.failed) this.representation(list)
    this.bytes = NOTHING
    if (!this.failed) return list
    this.lose()
    return null
  }

  /** §6. */
  private representation(list: FieldList): void {
    const first = this.bytes[this.at]!
    if (first >= 0x80) this.take(list, this.entry(this.integer(7)))
    else if (first >= 0x40) this.literal(list, 6, true)
    else if (first >= 0x20) this.resize(this.integer(5))
    else this.literal(list, 4, false)
  }

  private literal(list: FieldList, prefix: number, isIndexed: boolean): void {
    const index = this.integer(prefix)
    const name = index === 0 ? this.string() : this.entry(index).name
    const entry = { name, value: this.string() }
    if (this.failed) return
    if (isIndexed) this.table.insert(entry)
    this.take(list, entry)
  }

  private take(list: FieldList, { name, value }: Entry): void {
    if (this.failed) return
    if (name === null || value === null) list.unknown++
    else list.add(name, value)
  }

  /** §6.3. Beyond what is kept, entries are unknown. */
  private resize(max: number): void {
    if (this.failed) return
    if (max > this.limit) this.isOverLimit = true
    if (max > TABLE_BYTES_MAX) this.isPartial = true
    this.table.resize(max)
  }

  /** §2.3.3. */
  private entry(index: number): Entry {
    if (index === 0) this.failed = true
    if (index <= STATIC.length) return STATIC[index - 1] ?? UNKNOWN
    const entry = this.table.at(index - STATIC.length - 1)
    if (entry === undefined && !this.isPartial) this.failed = true
    return entry ?? UNKNOWN
  }

  /** §5.1. */
  private integer(prefix: number): number {
    const full = (1 << prefix) - 1
    let value = this.bytes[this.at++]! & full
    if (value < full) return value
    for (let i = 0; i < INTEGER_OCTETS_MAX && this.at < this.end; i++) {
      const octet = this.bytes[this.at++]!
      value += (octet & 0x7f) << (7 * i)
      if (octet < 0x80) return value
    }
    this.failed = true
    return 0
  }

  /** §5.2. */
  private string(): string {
    if (this.failed || this.at >= this.end) {
      this.failed = true
      return ''
    }
    const isHuffman = this.bytes[this.at]! >= 0x80
    const length = this.integer(7)
    const start = this.at
    if (this.failed || length > this.end - start) {
      this.failed = true
      return ''
    }
    this.at = start + length
    if (!isHuffman) return latin1(this.bytes, start, this.at)
    const text = huffmanText(this.bytes, start, this.at)
    if (text === null) this.failed = true
    return text ?? ''
  }
}
