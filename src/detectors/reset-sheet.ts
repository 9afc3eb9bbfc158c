/**
 * Whether a reset is that of the side that it claims to be from, or a device's between: every item on the
 * sheet.
 *
 * The sheet of Weaver, Sommer and Paxson (NDSS 2009) as far as it applies to timers: hop limit,
 * round trip, the segment's own marks, and above all what the other side's capture shows.
 */
import { hopsTravelled } from '../model/hop-limit.ts'
import { otherSide } from '../model/packet.ts'
import type { World } from '../model/event.ts'
import type { AttributionItem } from '../model/incident.ts'
import type { Reset } from '../model/observation.ts'
import { isNearerServer, type Path, type Sighting } from '../model/party.ts'
import { milliseconds, type Micros } from '../model/time.ts'
import { loreItems } from './reset-lore.ts'

/** Weights of the sheet: what one item alone is worth. */
export const DECISIVE = 5
export const STRONG = 3
export const MEDIUM = 2
export const WEAK = 1
/** A device resets both sides within microseconds; two hosts do not give up so close together. */
const AT_ONCE: Micros = milliseconds(10)

/** What would decide of the reset of a host that has no such connection. */
export const NEEDS_SERVER =
  'a capture at the server of the same time: whether the reset is its own, and from which address it was asked'

/** What a sheet says in all. */
export const totalWeight = (sheet: readonly AttributionItem[]): number =>
  sheet.reduce((sum, { weight }) => sum + weight, 0)

/** The items of the reset sheet: positive ones point to a device between, negative ones to the side that it
 * claims to be from. */
export function resetSheet(
  path: Path,
  sighting: Sighting,
  reset: Reset,
  from: 0 | 1,
  world: Pick<World, 'packetName'>,
): AttributionItem[] {
  const sheet: AttributionItem[] = []
  const add = (test: string, weight: number, observed: string): void =>
    void sheet.push({ test, weight, observed })
  const twin = otherTap(path, sighting)
  if (twin !== null && sameTuple(twin, sighting) && !isBeyond(twin, sighting, from)) {
    const there = twin.ending?.resets[from] ?? null
    if (there === null) add('both captures', DECISIVE, `no such reset at ${twin.tap}`)
  }
  if (reset.usualHopLimit !== null && reset.hopLimit !== null) {
    const same = reset.hopLimit === reset.usualHopLimit
    const asFar = hopsTravelled(reset.hopLimit) === hopsTravelled(reset.usualHopLimit)
    const observed = `${reset.hopLimit}, others of this side ${reset.usualHopLimit}`
    // Some stacks start a RST at 255 and data at 64: the way is as long.
    add('hop limit', same ? -STRONG : asFar ? -WEAK : STRONG, observed)
  }
  if (reset.sinceProvocation !== null && reset.legRtt !== null) {
    const faster = reset.sinceProvocation < reset.legRtt / 2
    add(
      'round trip',
      faster ? MEDIUM : -WEAK,
      `answered in ${reset.sinceProvocation} µs, the handshake took ${reset.legRtt} µs`,
    )
  }
  if (reset.hardware !== null && reset.usualHardware !== null && reset.hardware !== reset.usualHardware) {
    add('hardware address', MEDIUM, `${reset.hardware}, others of this side ${reset.usualHardware}`)
  }
  const other = sighting.ending?.resets[otherSide(from)] ?? null
  if (other !== null && areOneDevices(reset, other))
    add('both ways', STRONG, `${world.packetName(other)} resets the other side at once`)
  if (reset.acknowledges && reset.sequenceOffset === 0) add('acknowledges', -WEAK, 'a live socket aborts so')
  if (reset.identification === 0 && (reset.previousIdentification ?? 0) !== 0)
    add('identification', WEAK, 'zero, others are not')
  sheet.push(...loreItems(reset))
  return sheet
}

/** Who is reset sends no reset (RFC 9293 §3.10.7.4): of two that answer nothing, one for each side, neither
 * is a side's own. */
const areOneDevices = (one: Reset, other: Reset): boolean =>
  one.provokedBy === null && other.provokedBy === null && Math.abs(one.time - other.time) <= AT_ONCE

/** Another tap that shows the path, on the agents' side of relays if there is one. */
export const otherTap = (path: Path, sighting: Sighting): Sighting | null =>
  path.sightings.find((s) => s.tap !== sighting.tap && s.leg !== 'back') ??
  path.sightings.find((s) => s.tap !== sighting.tap) ??
  null

/** Seen from the sender of a reset, another tap is behind this one: what does not arrive there may have been
 * sent all the same, and was lost or dropped in between. */
const isBeyond = (other: Sighting, sighting: Sighting, from: 0 | 1): boolean =>
  from === 1 ? isNearerServer(sighting, other) : isNearerServer(other, sighting)

const sameTuple = (a: Sighting, b: Sighting): boolean =>
  a.originator.port === b.originator.port &&
  a.responder.address === b.responder.address &&
  a.responder.port === b.responder.port
