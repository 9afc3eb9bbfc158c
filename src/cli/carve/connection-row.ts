/** A stored connection as carving needs it: its ends, its time, its captures, and what its packets prove. */
import { ofInterface } from '../../model/joint-tap.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { CaptureQuality } from '../../model/quality.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import { connectionFacts, type ConnectionFacts, factsPacker } from '../../store/connection-facts.ts'
import { addressText } from '../../store/queries/address-text.ts'
import { pathOf } from '../../store/queries/connection-rows.ts'
import { prepared, type Store } from '../../store/store.ts'

export interface CarvedConnection {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly start: Micros
  readonly end: Micros
  /** The tunnels of other connections between these ends at that time. */
  readonly othersPaths: readonly (readonly string[])[]
  /** Those that hold its packets: several where these are one tap. */
  readonly captures: readonly CarvedCapture[]
}

export interface CarvedCapture {
  /** What the connection's tap is called in this capture. */
  readonly tap: string
  readonly captureTap: string
  readonly name: string
  /** When it begins, by the clock by which the connection's times are given. */
  readonly start: Micros
  /** What its own clock is ahead of that. */
  readonly clockAhead: Micros
  /** Null once the octets are gone. */
  readonly stored: string | null
  /** What packets prove, by their number. */
  readonly notes: ReadonlyMap<number, string>
}

const CONNECTION = `
  SELECT c.analysis, c.input, c.number, c.tap, c.facts, c.start, c."end" FROM connection c WHERE c.id = ?`

interface Row {
  readonly analysis: number
  readonly input: number
  readonly number: number
  readonly tap: string
  readonly facts: Buffer
  readonly start: Micros
  readonly end: Micros
}

const INPUTS = `
  SELECT i.ordinal, i.tap, i.start, i.quality, p.name, p.stored
  FROM analysis_input i JOIN capture p ON p.id = i.capture WHERE i.analysis = ? ORDER BY i.ordinal`

interface Input {
  readonly ordinal: number
  readonly tap: string
  readonly start: Micros | null
  readonly quality: string | null
  readonly name: string
  readonly stored: string | null
}

/** Facts begin with the addresses and ports of both sides. */
const OTHERS = `
  SELECT o.facts FROM (SELECT ? AS there, ? AS back) e JOIN connection c ON c.id = ?
    JOIN connection o ON o.analysis = c.analysis
  WHERE o.id <> c.id AND o.input = c.input AND o.tap = c.tap AND o.start <= c."end" AND o."end" >= c.start
    AND (substr(o.facts, 1, length(e.there)) = e.there OR substr(o.facts, 1, length(e.back)) = e.back)`

const NOTES = `
  SELECT e.packet, e.note, o.incident FROM occurrence o JOIN evidence e ON e.occurrence = o.id
  WHERE o.analysis = ? AND o.connection_number = ? AND e.tap = ? ORDER BY o.id, e.ordinal`

/** Null if there is no such connection. */
export function carvedConnection(store: Store, id: number): CarvedConnection | null {
  const row = prepared<Row>(store, CONNECTION).get(id)
  if (row === undefined) return null
  const { start, end } = row
  const facts = connectionFacts(row.facts)
  const { clientAddress, clientPort, serverAddress, serverPort } = facts
  return {
    client: { address: addressText(clientAddress), port: clientPort },
    server: { address: addressText(serverAddress), port: serverPort },
    start,
    end,
    othersPaths: othersPathsOf(store, id, facts),
    captures: capturesOf(store, row),
  }
}

function capturesOf(store: Store, row: Row): CarvedCapture[] {
  const inputs = prepared<Input>(store, INPUTS).all(row.analysis)
  const [first, ...more] = oneTapWith(
    inputs,
    inputs.find(({ ordinal }) => ordinal === row.input)!,
  )
  const [, face] = ofInterface(row.tap)
  const nameIn = (input: Input): string => (more.length === 0 ? row.tap : input.tap + face)
  return [first!, ...more].map((input) => {
    const tap = nameIn(input)
    const clockAhead = Math.round((qualityOf(input).clockOffsetSeconds ?? 0) * SECOND)
    const { name, stored, start } = input
    return {
      tap,
      captureTap: input.tap,
      name,
      start: (start ?? 0) - clockAhead,
      clockAhead,
      stored,
      notes: notesOf(store, row, tap),
    }
  })
}

/** The capture, and those that are one tap with it. */
function oneTapWith(inputs: readonly Input[], first: Input): Input[] {
  const found = [first]
  for (const { tap } of found)
    found.push(...inputs.filter((input) => !found.includes(input) && joins(input, tap)))
  return found
}

function joins(input: Input, tap: string): boolean {
  const { continues, directions = [] } = qualityOf(input)
  return continues === tap || directions.some((pair) => pair.includes(tap) && pair.includes(input.tap))
}

const qualityOf = ({ quality }: Input): Partial<CaptureQuality> =>
  quality === null ? {} : (JSON.parse(quality) as CaptureQuality)

/** Without its own path: what went before in the same tunnels has other times. */
function othersPathsOf(store: Store, id: number, facts: ConnectionFacts): readonly (readonly string[])[] {
  const there = endsOf(facts.clientAddress, facts.serverAddress, facts.clientPort, facts.serverPort)
  // Without a SYN the sides are guessed, and may be told the other way round.
  const back = endsOf(facts.serverAddress, facts.clientAddress, facts.serverPort, facts.clientPort)
  return prepared<{ facts: Buffer }>(store, OTHERS)
    .all(there, back, id)
    .map((other) => connectionFacts(other.facts))
    .filter(({ path }) => path !== facts.path)
    .map(pathOf)
}

function endsOf(client: Uint8Array, server: Uint8Array, clientPort: number, serverPort: number): Buffer {
  const packer = factsPacker()
  packer.begin(client, server, 0)
  packer.number(clientPort)
  packer.number(serverPort)
  return packer.end()
}

function notesOf(store: Store, { analysis, number }: Row, tap: string): Map<number, string> {
  const notes = new Map<number, string>()
  const rows = prepared<{ packet: number; note: string; incident: number }>(store, NOTES).all(
    analysis,
    number,
    tap,
  )
  for (const { packet, note, incident } of rows) {
    const known = notes.get(packet)
    const text = `HF-${incident}: ${note}`
    notes.set(packet, known === undefined ? text : `${known}; ${text}`)
  }
  return notes
}
