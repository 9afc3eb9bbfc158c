/** A device on the path ended a connection while it was in use: by a reset, or at an age that it allows none
 * to pass. */
import type { CutAtAge } from '../../model/cadence.ts'
import type { PathEnded, World } from '../../model/event.ts'
import type { Actor, AttributionItem, Finding } from '../../model/incident.ts'
import type { Reset } from '../../model/observation.ts'
import { packetOf } from '../../model/packet.ts'
import type { Path, Service, Sighting } from '../../model/party.ts'
import { type Micros, seconds } from '../../model/time.ts'
import { actorKey, deviceActor, relayActor } from '../actors.ts'
import { DECISIVE, STRONG, resetSheet, totalWeight } from '../reset-sheet.ts'
import {
  counted,
  type Description,
  detector,
  evidence,
  span,
  spoken,
  spokenRange,
  unseen,
} from '../detector.ts'
import { deviceName, withinSentence } from '../../model/device-name.ts'
import { loreText, resetMeaning } from '../reset-lore.ts'
import { about, agentsAmong, connectionFilter, packets } from '../wording.ts'
import { brokenBySevering, FREQUENT, Frequency, repeated } from './regular.ts'

interface Cut {
  readonly sighting: Sighting
  readonly reset: Reset
  readonly sheet: readonly AttributionItem[]
  readonly actor: Actor
}

export const severedActive = detector({
  type: 'severed-active',
  asserts:
    'A connection in use was ended by a device on the path, not by either of its ends: by a reset, or at an age that none passes.',
  notThis: [
    'the agent aborted it, or the server did',
    'it had been idle: that is a timer',
    'a connection that was over already',
    'the server had failed',
    'address translation lost its mapping: the server resets what it does not know',
    'a server that ends connections itself at some age, or whose load balancer passes that on',
    'connections that end at one moment, whatever their age: a restart',
    'connections that are not meant to stay',
    'others of that age go on',
    'a service of which nothing is known',
  ],
  requirements: ['S0-04', 'S0-06', 'S0-15', 'S1-19'],
  flows: unseen('whether anything passed right before the end'),
  parameters: {
    activeWithin: span(seconds(5), 'the last packet before the reset was no longer ago (domain 7.2, S0-15)'),
    failureNear: span(seconds(5), 'a failure of the server this close explains it'),
    weightMin: {
      value: 2,
      unit: 'count',
      meaning: 'what the marks of the reset must be worth on the sheet, with one strong sign among them',
    },
    ...FREQUENT,
  },
  watch({ activeWithin, failureNear, weightMin, ...often }, world, emit) {
    const frequency = new Frequency(often, world)
    const raise = (found: Finding, { service }: Sighting): void => {
      emit(frequency.note(found, service) ? repeated(found) : found)
    }
    const judged = new WeakSet<Path>()
    return {
      'path-continued'({ before }) {
        if (before !== null) judged.add(before.path)
      },
      'path-ended'(event) {
        if (event.lost !== null || judged.has(event.path)) return
        const cut = cutOf(event, world, activeWithin, weightMin)
        if (cut === null) return
        const { server } = cut.sighting
        if (
          server !== null &&
          world.failureOf(server, event.at - failureNear, event.at + failureNear) !== null
        )
          return
        judged.add(event.path)
        raise(finding(cut, event, world), cut.sighting)
      },
      'cut-at-age'(event) {
        if (judged.has(event.sighting.path) || !isKnown(event.sighting.service)) return
        judged.add(event.sighting.path)
        raise(findingAtAge(event, world), event.sighting)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const who = deviceName(first.actor)
    if (first.details['limit'] !== undefined) return describeAtAge(findings, agents, who)
    return {
      title: `${who} resets connections in use`,
      summary:
        `${counted(findings.length, 'connection')} of ${counted(agents, 'agent')} to ${first.service ?? 'the service'} ` +
        `${findings.length === 1 ? 'was' : 'were'} reset while octets passed, by neither of the ends.${loreText(findings)}`,
      remedy: `Look in the log of ${withinSentence(who)} at that time: inspection of the traffic, limits on connections or their age, a change of its policy or a failover of its cluster do this.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function describeAtAge(findings: readonly [Finding, ...Finding[]], agents: number, who: string): Description {
  const last = findings.at(-1)!
  const { lowerSeconds, upperSeconds } = last.details['limit'] as Record<string, number>
  const ages = spokenRange([lowerSeconds!, upperSeconds!])
  return {
    title: `${who} ends connections in use at an age of ${spokenRange([upperSeconds!])}`,
    summary:
      `${counted(findings.length, 'connection')} of ${counted(agents, 'agent')} to ${findings[0].service ?? 'the service'} ` +
      `ended ${ages} after the beginning, each alone and while octets passed; no connection became older. The agents had not closed them.`,
    remedy: `Switch off the limit on the age of connections on ${withinSentence(who)} for this service, or raise it as far as it goes.`,
    filter: connectionFilter(findings),
    details: last.details,
  }
}

/** The reset that cut it, where its marks or the other capture say that no end sent it. */
function cutOf({ path }: PathEnded, world: World, within: number, weightMin: number): Cut | null {
  for (const sighting of path.sightings) {
    if (!isKnown(sighting.service) || sighting.handshake === null || sighting.leg === 'probe') continue
    for (const from of [0, 1] as const) {
      const reset = sighting.ending?.resets[from] ?? null
      if (reset === null || reset.afterFin || !wasInUse(reset, within)) continue
      if (reset.bytes[0] === 0 || reset.bytes[1] === 0) continue
      // Without state, and behind a translation: whoever sent it may have met a stranger's segment.
      if (!reset.acknowledges && isTranslated(sighting, world)) continue
      const sheet = resetSheet(path, sighting, reset, from, world)
      const said = resetMeaning(reset)
      const weight = totalWeight(sheet)
      const isStrong = sheet.some((item) => item.weight >= STRONG)
      if (said === 'passed-on' || weight < weightMin || !isStrong) continue
      const confidence = Math.min(0.95, 0.6 + weight * 0.05)
      const actor = deviceActor(sighting, world, confidence, confidence)
      return { sighting, reset, sheet, actor }
    }
  }
  return null
}

/** Since the last packet of any side: what provoked it counts as one. */
const quietBefore = ({ idleBefore, sinceProvocation }: Reset): Micros =>
  Math.max(idleBefore, sinceProvocation ?? 0)

/** Packets passed both ways shortly before: a segment that breaks a silence, and is answered by the RST
 * alone, is no use of the connection. */
const wasInUse = (reset: Reset, within: Micros): boolean =>
  Math.max(quietBefore(reset), reset.sinceOwn ?? 0) <= within

function findingAtAge(event: CutAtAge, world: World): Finding {
  const { sighting, at, packet, age, idle, manner, youngest, oldest, ends, agents } = event
  const actor =
    sighting.leg === 'front' ? relayActor(sighting, world, 0.75) : deviceActor(sighting, world, 0.75, 0.75)
  return {
    type: 'severed-active',
    severity: 'critical',
    at,
    ...about(sighting),
    actor,
    manner,
    confidence: actor.confidence,
    details: {
      ageSeconds: hundredths(age),
      idleSeconds: hundredths(idle),
      from: 'server',
      proven: false,
      limit: { lowerSeconds: hundredths(youngest), upperSeconds: hundredths(oldest), ends, agents },
      attribution: [],
    },
    evidence: packets(
      ...evidence(
        { ...packetOf(sighting, sighting.startPacket, sighting.start), note: 'the connection opens' },
        {
          ...packetOf(sighting, packet, at),
          note: `${manner === 'fin' ? 'FIN' : 'RST'} at an age of ${spoken(age)}, ${spoken(idle)} after the last packet`,
        },
      ),
    ),
    cause: `${sighting.service.name}|${actorKey(actor, world)}|age`,
    requirements: brokenBySevering(sighting.service),
  }
}

const hundredths = (span: Micros): number => Math.round(span / 10_000) / 100

const isTranslated = ({ path }: Sighting, world: World): boolean =>
  path.sightings.some(
    ({ originator: { address } }) => world.natMapping(address) !== null || world.translatesFor(address),
  )

const isKnown = ({ configured, profile, style }: Service): boolean =>
  (configured !== null || profile !== 'generic') && style !== 'web'

function finding({ sighting, reset, sheet, actor }: Cut, { next }: PathEnded, world: World): Finding {
  return {
    type: 'severed-active',
    severity: 'critical',
    at: reset.time,
    ...about(sighting),
    actor,
    manner: 'rst',
    confidence: actor.confidence,
    details: {
      ageSeconds: hundredths(reset.time - sighting.start),
      idleSeconds: hundredths(quietBefore(reset)),
      from: reset.from === 0 ? 'agent' : 'server',
      proven: sheet.some(({ weight }) => weight >= DECISIVE),
      attribution: sheet,
    },
    evidence: packets(
      ...evidence(
        {
          ...packetOf(sighting, reset.packet, reset.time),
          note: `reset in the ${reset.from === 0 ? "agent's" : "server's"} name, ${spoken(quietBefore(reset))} after the last packet`,
        },
        next === null
          ? null
          : { ...packetOf(next, next.startPacket, next.start), note: 'the agent opens a new one' },
      ),
    ),
    cause: `${sighting.service.name}|${actorKey(actor, world)}`,
    requirements: brokenBySevering(sighting.service),
  }
}
