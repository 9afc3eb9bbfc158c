/**
 * The findings of one incident, in the order in which they came. The first is at hand; of many, the earlier
 * ones are packed, because they are alike: a tenth of their size, and seldom asked for.
 */
import { deserialize, serialize } from 'node:v8'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Finding } from '../model/incident.ts'

/** Findings that are packed together at first. */
const BATCH = 64
/** Batches that are packed together later: of the findings of a simulated deployment, 512 at a time take a
 * fifth less than 64 at a time. */
const BATCHES = 8
/** At least so many of the latest are at hand, for what amends them. */
const AT_HAND = 8
/** Level 1 takes a third of the time of the usual one, for a few per cent in size. */
const FAST = 1
/** ... which are worth it where the result stays. */
const THOROUGH = 6

interface Batch {
  /** Of its findings, the earliest and the latest. */
  readonly from: number
  readonly to: number
  readonly packed: Uint8Array
}

/** Plain data. */
export interface SavedOccurrences {
  readonly first: Finding
  readonly count: number
  readonly packed: readonly Batch[]
  readonly latest: readonly Finding[]
}

export class Occurrences {
  /** As it came: it may have been amended since. */
  readonly first: Finding
  count: number
  private readonly packed: Batch[]
  /** So many of those, the earliest, are packed for good. */
  private settled: number
  private latest: Finding[]

  constructor({ first, count, packed, latest }: SavedOccurrences) {
    this.first = first
    this.count = count
    this.packed = [...packed]
    this.settled = packed.length
    this.latest = [...latest]
  }

  save(): SavedOccurrences {
    const { first, count, packed, latest } = this
    return { first, count, packed: [...packed], latest: [...latest] }
  }

  add(finding: Finding): void {
    this.count++
    if (this.latest.length >= AT_HAND + BATCH) {
      this.packed.push(batchOf(this.latest.slice(0, BATCH)))
      this.latest = this.latest.slice(BATCH)
      if (this.packed.length - this.settled === BATCHES) this.settle()
    }
    this.latest.push(finding)
  }

  /** Another one takes the place of the last, which is handed out. */
  replaceLast(finding: Finding): Finding {
    const last = this.latest.pop()!
    this.latest.push(finding)
    return last
  }

  /** It takes the place of the one that it says more of, which is handed out; null if that is not kept. */
  amend(finding: Finding): Finding | null {
    const recent = exchange(this.latest, finding)
    if (recent !== null) return recent
    for (let i = this.packed.length - 1; i >= 0; i--) {
      const batch = this.packed[i]!
      if (finding.at < batch.from || finding.at > batch.to) continue
      const findings = unpacked(batch)
      const before = exchange(findings, finding)
      if (before === null) continue
      this.packed[i] = batchOf(findings)
      return before
    }
    return null
  }

  all(): [Finding, ...Finding[]] {
    return [...this.packed.flatMap(unpacked), ...this.latest] as [Finding, ...Finding[]]
  }

  /** The small batches become a large one. */
  private settle(): void {
    const small = this.packed.splice(this.settled)
    this.packed.push(batchOf(small.flatMap(unpacked)))
    this.settled++
  }
}

function batchOf(findings: readonly Finding[]): Batch {
  const times = findings.map(({ at }) => at)
  // What comes packed stands in a larger buffer.
  const level = findings.length > BATCH ? THOROUGH : FAST
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  const packed = new Uint8Array(zstdCompressSync(serialize(findings), { params }))
  return { from: Math.min(...times), to: Math.max(...times), packed }
}

const unpacked = ({ packed }: Batch): Finding[] => deserialize(zstdDecompressSync(packed)) as Finding[]

/** Of the same moment, tap, connection and agent: the latest of those gives way. */
function exchange(findings: Finding[], finding: Finding): Finding | null {
  const { at, tap, connection, agent } = finding
  const place = findings.findLastIndex(
    (f) => f.at === at && f.tap === tap && f.connection === connection && f.agent?.id === agent?.id,
  )
  if (place < 0) return null
  const before = findings[place]!
  findings[place] = finding
  return before
}
