/** What the other taps hold of an idle connection's end: the packets that stand beside those of the tap that
 * a finding is told from. */
import type { EvidencePacket } from '../model/incident.ts'
import { packetOf } from '../model/packet.ts'
import type { Path, Sighting } from '../model/party.ts'
import { LAST_BEFORE } from './wording.ts'

/**
 * Of every other tap: the last packet before its silence, and what ended it there. Nothing where that tap saw
 * no silence: what never arrived leaves no packet.
 */
export function witnesses(path: Path, sighting: Sighting): EvidencePacket[] {
  return path.sightings
    .filter(({ tap }) => tap !== sighting.tap)
    .flatMap((other) => [...lastBeforeSilence(other), ...firstEnd(other)])
}

function lastBeforeSilence(sighting: Sighting): EvidencePacket[] {
  const silence = sighting.ending?.silence ?? null
  if (silence === null || silence.startPacket === 0) return []
  return [{ ...packetOf(sighting, silence.startPacket, silence.start), note: LAST_BEFORE }]
}

const TOWARDS = ['the server', 'the agent'] as const

function firstEnd(sighting: Sighting): EvidencePacket[] {
  const { ending } = sighting
  if (ending === null) return []
  const ends = ([0, 1] as const).flatMap((side) =>
    [
      { kind: 'FIN', end: ending.finished[side] },
      { kind: 'RST', end: ending.resets[side] },
    ].flatMap(({ kind, end }) =>
      end === null
        ? []
        : [{ ...packetOf(sighting, end.packet, end.time), note: `${kind} towards ${TOWARDS[side]}` }],
    ),
  )
  return ends.sort((a, b) => a.at - b.at).slice(0, 1)
}
