/** A stored connection as carving needs it: its ends, its time, its capture, and what its packets prove. */
import type { Endpoint } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import { connectionFacts, type ConnectionFacts, factsPacker } from '../../store/connection-facts.ts'
import { addressText } from '../../store/queries/address-text.ts'
import { pathOf } from '../../store/queries/connection-rows.ts'
import { prepared, type Store } from '../../store/store.ts'

export interface CarvedConnection {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly start: Micros
  readonly end: Micros
  readonly tap: string
  readonly captureTap: string
  readonly captureName: string
  /** The tunnels of other connections between these ends at that time. */
  readonly othersPaths: readonly (readonly string[])[]
  /** Null once the octets are gone. */
  readonly stored: string | null
  /** What packets prove, by their number. */
  readonly notes: ReadonlyMap<number, string>
}

const CONNECTION = `
  SELECT c.analysis, c.number, c.tap, c.facts, c.start, c."end",
    i.tap AS captureTap, p.name AS captureName, p.stored
  FROM connection c JOIN analysis_input i ON i.analysis = c.analysis AND i.ordinal = c.input
    JOIN capture p ON p.id = i.capture
  WHERE c.id = ?`

interface Row {
  readonly analysis: number
  readonly number: number
  readonly tap: string
  readonly facts: Buffer
  readonly start: Micros
  readonly end: Micros
  readonly captureTap: string
  readonly captureName: string
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
  const { tap, captureTap, captureName, stored, start, end } = row
  const facts = connectionFacts(row.facts)
  const { clientAddress, clientPort, serverAddress, serverPort } = facts
  return {
    client: { address: addressText(clientAddress), port: clientPort },
    server: { address: addressText(serverAddress), port: serverPort },
    start,
    end,
    tap,
    captureTap,
    captureName,
    stored,
    othersPaths: othersPathsOf(store, id, facts),
    notes: notesOf(store, row),
  }
}

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

function notesOf(store: Store, { analysis, number, tap }: Row): Map<number, string> {
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
