/**
 * The packets that prove something: which they are is known when findings are published, their octets are
 * fetched from the captures afterwards and kept, so that the proof outlives its capture.
 *
 * Bounded: of each incident the first and the last occurrences of an analysis are proven, of each packet
 * the beginning is kept.
 */
import type { Finding } from '../model/incident.ts'
import { isTapOf } from '../model/joint-tap.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { SegmentView } from '../model/view.ts'
import { hashedSecrets, openSecrets } from './secrets.ts'
import { atomically, prepared, type Store } from './store.ts'

/**
 * Occurrences of an incident whose packets are kept, half of them the first and half the last ones; of the
 * others the numbers and times of packets are kept.
 */
export const PROVED_OCCURRENCES_MAX = 500
/** Packets kept for one analysis; evidence of further ones stays without octets. */
export const PROVED_PACKETS_MAX = 50_000
/** Octets kept of a packet: any headers, and the beginning of what it carries. */
export const PACKET_BYTES_MAX = 4_096

export interface EvidenceWriter {
  /** For an incident with so many occurrences: writes the evidence of each, in order. */
  ofIncident(findings: number): (occurrence: number, position: number, finding: Finding) => void
}

/** Writes evidence and notes which packets are wanted, within the caller's transaction. */
export function evidenceWriter(store: Store, analysis: number): EvidenceWriter {
  const captureOf = captureByTap(store, analysis)
  const insert = prepared(
    store,
    'INSERT INTO evidence (occurrence, ordinal, tap, packet, at, note, kept) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const want = prepared(
    store,
    'INSERT INTO evidence_wanted (analysis, capture, packet, occurrence, ordinal) VALUES (?, ?, ?, ?, ?)',
  )
  const kept = prepared<{ id: number }>(store, 'SELECT id FROM packet WHERE capture = ? AND number = ?')
  let wanted = 0
  return {
    ofIncident:
      (findings) =>
      (occurrence, position, { evidence }) => {
        const half = PROVED_OCCURRENCES_MAX / 2
        const isProved = position < half || position >= findings - half
        for (const [i, { tap, packet, at, note }] of evidence.entries()) {
          const capture = captureOf(tap)
          const known = capture === null ? null : (kept.get(capture, packet)?.id ?? null)
          insert.run(occurrence, i, tap, packet, at, note, known)
          if (known !== null || capture === null || !isProved || wanted >= PROVED_PACKETS_MAX) continue
          want.run(analysis, capture, packet, occurrence, i)
          wanted++
        }
      },
  }
}

/** The capture that a tap is of: a capture of several interfaces is several taps; of several captures that
 * are one tap it is the first one. */
export function captureByTap(store: Store, analysis: number): (tap: Tap) => number | null {
  const select = 'SELECT capture, tap FROM analysis_input WHERE analysis = ? ORDER BY ordinal'
  const inputs = prepared<{ capture: number; tap: Tap }>(store, select).all(analysis)
  const place = inputByTap(inputs.map((input) => input.tap))
  return (tap) => inputs[place(tap)]?.capture ?? null
}

/** The place among the inputs of the one that a tap belongs to; -1 if it is nobody's. */
export function inputByTap(taps: readonly Tap[]): (tap: Tap) => number {
  const known = new Map<Tap, number>()
  return (tap) => {
    let place = known.get(tap)
    if (place === undefined) {
      place = taps.length === 1 ? 0 : taps.indexOf(tap)
      if (place < 0) place = taps.findIndex((name) => isTapOf(tap, name))
      known.set(tap, place)
    }
    return place
  }
}

/** The packets of an analysis whose octets are still to be fetched; numbers rise. */
export function evidenceWanted(
  store: Store,
  analysis: number,
): { readonly capture: number; readonly numbers: readonly number[] }[] {
  const select =
    'SELECT DISTINCT capture, packet FROM evidence_wanted WHERE analysis = ? ORDER BY capture, packet'
  const byCapture = Map.groupBy(
    prepared<{ capture: number; packet: number }>(store, select).all(analysis),
    (row) => row.capture,
  )
  return [...byCapture].map(([capture, rows]) => ({ capture, numbers: rows.map((row) => row.packet) }))
}

export interface ProvingPacket {
  /** Number in its file, from 1. */
  readonly number: number
  readonly time: Micros
  /** Beyond the microsecond: 0 to 999. */
  readonly nanoseconds: number
  readonly linkType: number
  readonly wireLength: number
  readonly segment: SegmentView | null
  readonly bytes: Uint8Array
}

/**
 * Keeps the octets of packets, with their secrets hashed unless `plain`. Those that nobody wants are passed
 * over.
 */
export function keepPackets(
  store: Store,
  analysis: number,
  capture: number,
  packets: readonly ProvingPacket[],
  { plain = false }: { readonly plain?: boolean } = {},
): void {
  const secrets = plain ? openSecrets : hashedSecrets(store)
  atomically(store, () => {
    for (const packet of packets) {
      const theirs = [analysis, capture, packet.number]
      if (prepared(store, IS_WANTED).get(...theirs) === undefined) continue
      const bytes = secrets.packet(packet.bytes.subarray(0, PACKET_BYTES_MAX))
      const { time, nanoseconds, linkType, wireLength } = packet
      const segment = packet.segment === null ? null : JSON.stringify(packet.segment)
      const values = [capture, packet.number, time, nanoseconds, linkType, wireLength, segment, bytes]
      prepared(store, KEEP).run(...values)
      prepared(store, LINK).run({ analysis, capture, number: packet.number })
      prepared(store, SERVED).run(...theirs)
    }
  })
}

const IS_WANTED = 'SELECT 1 FROM evidence_wanted WHERE analysis = ? AND capture = ? AND packet = ?'
const KEEP = `INSERT INTO packet (capture, number, time, nanoseconds, link_type, wire_length, segment, bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
const LINK = `UPDATE evidence SET kept = (SELECT id FROM packet WHERE capture = $capture AND number = $number)
  WHERE (occurrence, ordinal) IN (SELECT occurrence, ordinal FROM evidence_wanted
    WHERE analysis = $analysis AND capture = $capture AND packet = $number)`
const SERVED = 'DELETE FROM evidence_wanted WHERE analysis = ? AND capture = ? AND packet = ?'

/** A kept packet and what it proves. */
export interface EvidencePacketRow extends Omit<ProvingPacket, 'segment'> {
  readonly capture: number
  readonly tap: Tap
  /** What it proves; several lines, in order of their letters, if it proves several things. */
  readonly notes: readonly string[]
}

/** Packets handed out for one incident at most. */
export const CARVED_PACKETS_MAX = 100_000

/** The kept packets that prove an incident or an occurrence, by time; each once for a tap. */
export function evidencePackets(
  store: Store,
  of: { readonly incident: number } | { readonly occurrence: number },
): EvidencePacketRow[] {
  const [column, id] = 'incident' in of ? ['o.incident', of.incident] : ['o.id', of.occurrence]
  const select = `SELECT p.capture, p.number, p.time, p.nanoseconds, p.link_type AS linkType,
      p.wire_length AS wireLength, p.bytes, e.tap, json_group_array(DISTINCT e.note) AS notes
    FROM occurrence o JOIN evidence e ON e.occurrence = o.id JOIN packet p ON p.id = e.kept
    WHERE ${column} = ? GROUP BY p.id, e.tap ORDER BY p.time, p.nanoseconds, p.capture, p.number LIMIT ?`
  type Row = Omit<EvidencePacketRow, 'notes'> & { notes: string }
  return prepared<Row>(store, select)
    .all(id, CARVED_PACKETS_MAX)
    .map((row) => ({ ...row, notes: (JSON.parse(row.notes) as string[]).toSorted() }))
}
