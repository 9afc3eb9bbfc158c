/**
 * Packets out of the store, and out of captures, as pcapng with a comment on each.
 *
 * Contract: written as it is read, by whoever reads it; nothing of the size of a capture is gathered.
 */
import { Readable } from 'node:stream'
import { pcapngWriter } from '../../../collectors/pcapng-writer.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { type Carve, type CarvedFile, Refusal } from '../../api/ports.ts'
import { listed } from '../../model/listed.ts'
import { endpointText } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import { evidencePackets } from '../../store/evidence.ts'
import { incidentName } from '../../store/queries/names.ts'
import { prepared, type Store } from '../../store/store.ts'
import { harmless } from '../output/harmless.ts'
import type { FoundPacket } from '../serve/harvest.ts'
import { connectionPackets, type ConnectionToFind } from './connection-packets.ts'
import { type CarvedCapture, type CarvedConnection, carvedConnection } from './connection-row.ts'

const APPLICATION = `Holdfast ${manifest.version}`
/** Octets that are handed on at once. */
const PIECE_BYTES = 1 << 16

/** `pathOf` knows where the octets of a capture are. */
export function carving(store: Store, pathOf: (stored: string) => string): Carve {
  return {
    // oxlint-disable-next-line typescript/require-await -- a refusal is a rejection
    async incident(id) {
      const octets = incidentOctets(store, id)
      if (octets === null) throw new Refusal('not-found', 'There is no such incident.')
      return fileOf(incidentName(id), octets)
    },
    // oxlint-disable-next-line typescript/require-await -- a refusal is a rejection
    async connection(id) {
      const connection = carvedConnection(store, id)
      if (connection === null) throw new Refusal('not-found', 'There is no such connection.')
      const gone = connection.captures.find(({ stored }) => stored === null)
      if (gone !== undefined)
        throw new Refusal('conflict', `${gone.name} is not kept any more: upload it again.`)
      return fileOf(`connection-${id}`, connectionOctets(connection, pathOf))
    },
  }
}

const fileOf = (name: string, octets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): CarvedFile => ({
  name: `${name}.pcapng`,
  body: Readable.from(inPieces(octets), { objectMode: false }),
})

/** Small blocks one by one would cost more than what is in them. */
async function* inPieces(
  octets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  for await (const block of octets) {
    waiting.push(block)
    length += block.length
    if (length < PIECE_BYTES) continue
    yield Buffer.concat(waiting)
    waiting = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(waiting)
}

/** The kept packets of an incident; null if there is no such incident. */
export function incidentOctets(store: Store, id: number): Generator<Uint8Array> | null {
  const incident = prepared<{ title: string }>(store, 'SELECT title FROM incident WHERE id = ?').get(id)
  return incident === undefined ? null : incidentBlocks(store, id, `${incidentName(id)}: ${incident.title}`)
}

function* incidentBlocks(store: Store, id: number, comment: string): Generator<Uint8Array> {
  const writer = pcapngWriter({ application: APPLICATION, comment: harmless(comment) })
  yield writer.header()
  const names = captureNames(store)
  for (const packet of evidencePackets(store, { incident: id })) {
    const place = `Packet ${packet.number} of ${names(packet.capture)}.`
    const said = packet.notes.map((note) => `${incidentName(id)}: ${note}`).join('\n')
    yield writer.packet({ ...packet, comment: lines(`${said}\n${place}`) })
  }
}

function captureNames(store: Store): (capture: number) => string {
  const known = new Map<number, string>()
  return (capture) => {
    const name =
      known.get(capture) ??
      prepared<{ name: string }>(store, 'SELECT name FROM capture WHERE id = ?').get(capture)?.name ??
      'a capture'
    known.set(capture, name)
    return name
  }
}

async function* connectionOctets(
  connection: CarvedConnection,
  pathOf: (stored: string) => string,
): AsyncGenerator<Uint8Array> {
  const { client, server, captures } = connection
  const comment = `${endpointText(client)} to ${endpointText(server)}, from ${listed(captures.map(({ name }) => name))}`
  const writer = pcapngWriter({ application: APPLICATION, comment: harmless(comment) })
  yield writer.header()
  const packetsOf = (capture: CarvedCapture): AsyncGenerator<FoundPacket> =>
    connectionPackets(pathOf(capture.stored!), wantedIn(capture, connection))
  for await (const { packet, capture } of inOrderOfTime(captures, packetsOf)) {
    const { tap, name, notes } = capture
    const said = notes.get(packet.number)
    const place = `Packet ${packet.number} of ${name}.`
    yield writer.packet({ ...packet, tap, comment: lines(said === undefined ? place : `${said}\n${place}`) })
  }
}

/** What is to be found in one of its captures, by that one's clock. */
function wantedIn({ tap, captureTap, clockAhead }: CarvedCapture, of: CarvedConnection): ConnectionToFind {
  return { ...of, tap, captureTap, start: of.start + clockAhead, end: of.end + clockAhead }
}

interface Head {
  readonly capture: CarvedCapture
  readonly packets: AsyncGenerator<FoundPacket>
  readonly packet: FoundPacket
  readonly at: Micros
}

/** The packets of all captures; one is opened when its time has come. */
async function* inOrderOfTime(
  captures: readonly CarvedCapture[],
  packetsOf: (capture: CarvedCapture) => AsyncGenerator<FoundPacket>,
): AsyncGenerator<Head> {
  const waiting = captures.toSorted((a, b) => a.start - b.start)
  let heads: Head[] = []
  const advance = async (capture: CarvedCapture, packets: AsyncGenerator<FoundPacket>): Promise<void> => {
    const { value: packet, done } = await packets.next()
    if (done !== true) heads.push({ capture, packets, packet, at: packet.time - capture.clockAhead })
  }
  while (heads.length > 0 || waiting.length > 0) {
    const [first] = heads.toSorted((a, b) => a.at - b.at)
    if (first === undefined || (waiting.length > 0 && waiting[0]!.start <= first.at)) {
      const next = waiting.shift()!
      await advance(next, packetsOf(next))
      continue
    }
    yield first
    heads = heads.filter((head) => head !== first)
    await advance(first.capture, first.packets)
  }
}

/** Text from traffic on lines of ours. */
const lines = (text: string): string => text.split('\n').map(harmless).join('\n')
