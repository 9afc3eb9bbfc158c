/** Address translation lost the mapping of an open connection and made another: the connection goes on under
 * a strange tuple. */
import type { PathEnded, World } from '../../model/event.ts'
import type { AttributionItem, Finding } from '../../model/incident.ts'
import type { ConnectionContinued, MappingChanged, Reset } from '../../model/observation.ts'
import { type Endpoint, endpointText, packetOf } from '../../model/packet.ts'
import type { Path, Sighting } from '../../model/party.ts'
import { milliseconds, seconds, type Micros } from '../../model/time.ts'
import { NEEDS_SERVER, resetSheet, totalWeight } from '../reset-sheet.ts'
import { counted, type Description, detector, evidence, PROVED, span } from '../detector.ts'
import { undecided } from '../suspicions.ts'
import { Undecided } from '../undecided.ts'
import { about, connectionFilter, packets } from '../wording.ts'

/** Who is served this long before and after is not out of service in between. */
const ALIVE_WITHIN: Micros = seconds(30)

export const natRebind = detector({
  type: 'nat-rebind',
  asserts: 'Segments of an open connection arrive from another address or port without a handshake.',
  notThis: [
    'a new connection: it begins with a SYN',
    'a device on the path that resets after an idle timeout',
    'a server that aborts: its socket still acknowledges',
    'a server that restarted or failed',
    'no address translation is known on the path',
    'a tap that sees both sides of the translation: the same packet, twice',
    'a translator that says the same mapping again',
  ],
  requirements: ['S0-19'],
  // By the word of the translator alone: what it does not export, they do not show.
  flows: PROVED,
  parameters: {
    backWithin: span(
      seconds(60),
      'the server answers others, or the same agent, this soon: it has not failed',
    ),
    copyWithin: span(
      milliseconds(100),
      'what follows a packet this closely may be the same one, seen on the other side of the device',
    ),
  },
  watch({ backWithin, copyWithin }, world, raise) {
    const told = new WeakSet<Path>()
    const waiting = new Undecided<Refused>((one, isLast) => {
      if (hasKeptOthers(one.lost, world)) raise({ ...one.found, amends: true })
      else if (!isLast) waiting.add(one, one.found.at)
    })
    return {
      'path-continued'({ observation: o, before, after }) {
        if (o.time - o.previousAt < copyWithin || told.has(after.path)) return
        told.add(after.path)
        if (before !== null) told.add(before.path)
        raise(continuedFinding(o, after))
      },
      'mapping-changed'({ sighting, observation }) {
        if (told.has(sighting.path)) return
        told.add(sighting.path)
        raise(statedFinding(observation, sighting))
      },
      'path-ended'(event) {
        const { path } = event
        if (told.has(path)) return
        const lost = lostMapping(path, world)
        if (lost === null || !isServerWell(event, lost.sighting, world, backWithin)) return
        const sheet = resetSheet(path, lost.sighting, lost.reset, 1, world)
        if (totalWeight(sheet) > 0) return
        told.add(path)
        const found = refusedFinding(lost, sheet)
        if (hasKeptOthers(lost, world)) return raise(found)
        raise(undecided(found, NEEDS_SERVER))
        if (!waiting.isFull) waiting.add({ lost, found }, event.at)
      },
      'time-passed': ({ at }) => waiting.timePassed(at),
      // What else the server kept is known when that has ended.
      'captures-ended': () => waiting.ended(),
    }
  },
  describe(findings) {
    const first = findings[0]
    const details = {
      from: first.details['from'],
      to: first.details['to'],
      identityEvidence: first.details['identityEvidence'],
    }
    if (findings.every(({ needs }) => needs !== undefined))
      return { ...undecidedWords(findings), filter: connectionFilter(findings), details }
    return {
      title: 'Address translation rebinds open connections',
      summary: `${counted(findings.length, 'open connection')} of ${first.service ?? 'the service'} lost ${findings.length === 1 ? 'its' : 'their'} mapping: the server met segments from an address or port that it did not know.`,
      remedy:
        'Keep the mapping for as long as the connection lives (RFC 5382 asks for 2 h 4 min at least), and do not reload the rules of address translation while agents are connected.',
      filter: connectionFilter(findings),
      details,
    }
  },
})

const undecidedWords = (findings: readonly Finding[]): Pick<Description, 'title' | 'summary' | 'remedy'> => ({
  title: 'Open connections may have lost their mapping',
  summary: `The server reset ${counted(findings.length, 'open connection')} of ${findings[0]?.service ?? 'the service'} as a host does that has no such connection. A translator of addresses that lost its mapping looks like this, and so does a server that was started anew: no other connection is known to have outlived that moment.`,
  remedy:
    'Capture at the server at the same time: it shows whether the reset is its own, and whether it was asked from another address than before.',
})

/** The same bytes go on under another tuple. */
function continuedFinding(o: ConnectionContinued, after: Sighting): Finding {
  const before = { ...o, originator: o.previousOriginator }
  return finding(after, o.time, 0.9, {
    confidence: 0.95,
    details: {
      from: endpointText(o.previousOriginator),
      to: endpointText(o.originator),
      identityEvidence: `sequence ${o.sequenceOffset} and acknowledgment ${o.acknowledgmentOffset} octets from where the old connection stood`,
    },
    evidence: packets(
      ...evidence(
        { ...packetOf(before, o.previousPacket, o.previousAt), note: 'last packet under the old address' },
        { ...packetOf(o, o.packet, o.time), note: 'the same bytes go on under the new one, without a SYN' },
      ),
    ),
  })
}

/** The translator itself says that it goes on under another address or port. */
function statedFinding(o: MappingChanged, sighting: Sighting): Finding {
  const { goesOn } = o
  const [from, to] = [placeText(o.from), placeText(o.to)]
  return finding(sighting, o.time, 0.99, {
    // Without packets that show it, another connection may have begun from the same port.
    confidence: goesOn ? 0.95 : 0.6,
    details: {
      from,
      to,
      identityEvidence: goesOn
        ? 'the translator says so, and what went on has no SYN'
        : 'the translator says so of the same addresses and ports within 60 s',
    },
    evidence: packets(
      ...evidence(
        { ...packetOf(o, o.previousPacket, o.previousAt), note: `goes on as ${from}` },
        { ...packetOf(o, o.packet, o.time), note: `goes on as ${to}` },
      ),
    ),
  })
}

const placeText = (place: Endpoint): string => (place.port === 0 ? place.address : endpointText(place))

/** A sighting of the agent's side, and the reset with which the server refused it. */
interface LostMapping {
  readonly sighting: Sighting
  readonly reset: Reset
}

/** The server refused a segment as that of no connection, where addresses are translated. */
function lostMapping({ sightings }: Path, world: World): LostMapping | null {
  const sighting = sightings.find((s) => s.leg !== 'back' && isStatelessReset(s.ending?.resets[1] ?? null, s))
  const reset = sighting?.ending?.resets[1]
  return sighting === undefined || reset == null || !isTranslated(sighting, world)
    ? null
    : { sighting, reset }
}

/** A refusal of which nothing shows yet that the server had kept its other connections. */
interface Refused {
  readonly lost: LostMapping
  readonly found: Finding
}

/** A connection from before the server's last answer on the lost one was answered after the refusal: it had
 * not been started anew. */
function hasKeptOthers({ sighting, reset }: LostMapping, world: World): boolean {
  const { server } = sighting
  const since = reset.time - (reset.sinceProvocation ?? 0) - reset.idleBefore
  return server !== null && world.keptThrough(server, since, reset.time) !== null
}

/** The server did not fail, and answers the same agent or others around that time. */
function isServerWell(
  { at, next }: PathEnded,
  sighting: Sighting,
  world: World,
  backWithin: Micros,
): boolean {
  const { server } = sighting
  if (server !== null && world.failureOf(server, at - backWithin, at + backWithin) !== null) return false
  return next !== null || world.pathAlive(sighting, at - ALIVE_WITHIN, at + ALIVE_WITHIN) !== null
}

function refusedFinding({ sighting, reset }: LostMapping, attribution: readonly AttributionItem[]): Finding {
  const provokedAt = reset.time - (reset.sinceProvocation ?? 0)
  return finding(sighting, reset.time, 0.6, {
    confidence: 0.6,
    details: {
      from: sighting.originator.address,
      to: null,
      identityEvidence:
        'the server, alive and with its own hop limit, no longer knew a connection that it had just served',
      attribution,
    },
    evidence: packets(
      ...evidence(
        {
          ...packetOf(sighting, reset.provokedBy ?? 0, provokedAt),
          note: 'a segment of a healthy connection',
        },
        {
          ...packetOf(sighting, reset.packet, reset.time),
          note: 'the server has no such connection: RST without ACK',
        },
      ),
    ),
  })
}

/** What both kinds have in common; `byTranslation` is the confidence that a translator did it. */
function finding(
  sighting: Sighting,
  at: Micros,
  byTranslation: number,
  proof: Pick<Finding, 'confidence' | 'details' | 'evidence'>,
): Finding {
  return {
    type: 'nat-rebind',
    severity: 'critical',
    at,
    ...about(sighting),
    actor: { role: 'nat', address: null, confidence: byTranslation },
    manner: null,
    ...proof,
    cause: sighting.service.name,
    requirements: ['S0-19'],
  }
}

/** The answer of a host without state to an ordinary segment: RST, its number that of the segment's ACK, no
 * ACK (RFC 9293 §3.10.7.1). */
function isStatelessReset(reset: Reset | null, sighting: Sighting): boolean {
  if (reset === null || reset.acknowledges || reset.afterFin || reset.provokedBy === null) return false
  return reset.sequenceOffset === 0 && reset.idleBefore < sighting.service.idleThreshold
}

const isTranslated = (sighting: Sighting, world: World): boolean =>
  world.translatesFor(sighting.originator.address) || world.natMapping(sighting.originator.address) !== null
