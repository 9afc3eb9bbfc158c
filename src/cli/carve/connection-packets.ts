/**
 * The packets of one connection, looked for in its capture: in whatever tunnels they are, as one connection
 * may come by several, but for those in which another connection of equal addresses and ports was found.
 */
import { openCaptureFile } from '../../../collectors/index.ts'
import { ipv4Text, ipv6Text } from '../../bytes/address.ts'
import { FrameBatch } from '../../bytes/frame-batch.ts'
import type { CaptureReader } from '../../model/capture.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import { visitParts } from '../../wire/aggregate.ts'
import { AGGREGATE, BROKEN_TCP, locate, Place, TCP } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import { PathTable } from '../../wire/path.ts'
import { enterTunnels } from '../../wire/tunnel.ts'
import { type FoundPacket, packetAt } from '../serve/harvest.ts'

export interface ConnectionToFind {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly start: Micros
  readonly end: Micros
  /** The connection's tap, and that of its capture: other where the capture has several interfaces. */
  readonly tap: string
  readonly captureTap: string
  /** The tunnels that other connections between these ends came through at that time: their packets are not
   * its own. */
  readonly othersPaths: readonly (readonly string[])[]
}

const V4_ADDRESSES = [12, 16] as const
const V6_ADDRESSES = [8, 24] as const

/** In the order of the file, which is read whole: its times may go back. Throws an input error. */
export async function* connectionPackets(
  path: string,
  wanted: ConnectionToFind,
): AsyncGenerator<FoundPacket> {
  const reader = await openCaptureFile(path)
  const batch = new FrameBatch()
  const place = new Place(new PathTable())
  const foreign = new Set(wanted.othersPaths.map(nameOf))
  try {
    while (await reader.next(batch))
      for (let row = 0; row < batch.count; row++)
        if (isOf(wanted, foreign, reader, batch, row, place)) yield packetAt(reader, batch, row)
  } finally {
    reader.close()
  }
}

function isOf(
  wanted: ConnectionToFind,
  foreign: ReadonlySet<string>,
  reader: CaptureReader,
  batch: FrameBatch,
  row: number,
  place: Place,
): boolean {
  const time = batch.time[row]!
  if (time < wanted.start || time > wanted.end) return false
  const from = batch.offset[row]!
  const end = from + batch.capturedLength[row]!
  const face = batch.interface[row]!
  const linkType = reader.interfaces[face]?.linkType ?? -1
  let holds = false
  const take = (kind: number): void => {
    if (kind === AGGREGATE) visitParts(place, take)
    else if (kind === TCP || kind === BROKEN_TCP)
      holds ||= hasEnds(wanted, batch.bytes, place) && !isForeign(foreign, place)
  }
  const found = locate(batch.bytes, from, end, batch.wireLength[row]!, linkType, place)
  take(enterTunnels(found, place))
  return holds && isAtTap(wanted, reader, face)
}

const nameOf = (path: readonly string[]): string => path.join('\n')
const isForeign = (foreign: ReadonlySet<string>, { paths, path }: Place): boolean =>
  foreign.size > 0 && foreign.has(nameOf(paths.text(path)))

/** Ports first: they tell most packets apart without making text of addresses. */
function hasEnds({ client, server }: ConnectionToFind, bytes: Uint8Array, place: Place): boolean {
  const source = tcp.sourcePort(bytes, place.transportAt)
  const destination = tcp.destinationPort(bytes, place.transportAt)
  const there = source === client.port && destination === server.port
  const back = source === server.port && destination === client.port
  if (!there && !back) return false
  const [first, second] = addresses(bytes, place)
  return (
    (there && first === client.address && second === server.address) ||
    (back && first === server.address && second === client.address)
  )
}

function addresses(bytes: Uint8Array, { version, networkAt }: Place): readonly [string, string] {
  const [source, destination] = version === 4 ? V4_ADDRESSES : V6_ADDRESSES
  const text = version === 4 ? ipv4Text : ipv6Text
  return [text(bytes, networkAt + source), text(bytes, networkAt + destination)]
}

function isAtTap(
  { tap, captureTap }: ConnectionToFind,
  { interfaces }: CaptureReader,
  face: number,
): boolean {
  if (tap === captureTap) return true
  const name = interfaces[face]?.name ?? `interface-${face}`
  return tap === name || tap === `${captureTap}/${name}`
}
