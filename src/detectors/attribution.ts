/**
 * Who ended an idle path: the network, the server, or the agent. Evidence first, verdict last, every item on
 * the sheet.
 */
import { isOfSeveral } from '../model/deployment.ts'
import type { PathEnded, World } from '../model/event.ts'
import { otherSide } from '../model/packet.ts'
import type { Actor, AttributionItem, Manner } from '../model/incident.ts'
import type { Silence } from '../model/observation.ts'
import { isRecordReference } from '../model/record-reference.ts'
import { type Agent, isBehindOnly, type Path, type Service, type Sighting } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'
import { deviceActor, relayActor, sayingActor, serverActor } from './actors.ts'
import { spoken } from './detector.ts'
import { mayHaveAnswered, TRIED_FOR, triedFor, waitedFor } from './given-up.ts'
import { beganBefore, spokenSilence } from './silence-length.ts'
import { firstWord, isRelays, legsBehind } from './relay-legs.ts'
import { resetMeaning } from './reset-lore.ts'
import { DECISIVE, MEDIUM, otherTap, resetSheet, STRONG, totalWeight, WEAK } from './reset-sheet.ts'
import type { Signature } from './timer.ts'
import { wasUnanswered } from './unanswered.ts'

export interface IdleEnd {
  /** Who is to answer for it. `undecided`: the capture does not tell. */
  readonly by: 'network' | 'server' | 'agent' | 'undecided'
  readonly sighting: Sighting
  readonly silence: Silence
  readonly signature: Signature
  readonly manner: Manner
  /** When it happened: the severing packet, or the first that nobody answered. */
  readonly at: Micros
  readonly actor: Actor
  readonly sheet: readonly AttributionItem[]
  readonly confidence: number
  /**
   * Why one alone decides nothing; null where it does. `unseen`: only the servers' side shows it, and the
   * agent may have ended it itself, or its host was asleep. `nobodys`: nor does anything show whose it was,
   * and so whether its agent came back. `stateless`: the server's address answered as a host does that has no
   * such connection. `unserved`: what the agent asked was never answered, nor anything before, and the relay
   * that ended it may never have found a server for it.
   */
  readonly undecided: 'unseen' | 'nobodys' | 'stateless' | 'unserved' | null
}

/** A server that closes idle connections by design does so within this of its timeout. */
const DESIGN_TOLERANCE: Micros = seconds(2)
/** Two coincide now and then; this many do not. */
const RESTART_STRANGERS = 3
/**
 * Nor do fewer that end at one instant, if that is when most of those around it do: of ends that come by
 * chance, one in twenty falls within this of another one that is within two seconds.
 */
const AT_ONCE_STRANGERS = 2
const AT_ONCE: Micros = seconds(0.1)
/** Gaps of one timer differ by no more than this, or a tenth. */
const SAME_TIMER: Micros = seconds(1)
/** A server failure this close to the end explains it. */
const FAILURE_NEAR: Micros = seconds(5)
/** What answers others this soon after somebody met nobody was there at the time. */
const ALIVE_WITHIN: Micros = seconds(30)

const CAME_BACK: AttributionItem = {
  test: 'the agent came back',
  weight: MEDIUM,
  observed: 'it had not meant to leave',
}

export const AGENTS_UNSEEN: AttributionItem = {
  test: 'the agents’ side',
  weight: 0,
  observed: 'not captured: they may have closed by a timer of their own',
}

/** The end of an idle path; null if it was not idle, or the agent's own doing, or part of a restart. */
export function judge(event: PathEnded, world: World): IdleEnd | null {
  const sighting = event.lost
  const silence = sighting?.ending?.silence
  if (sighting === null || silence == null || silence.outcome === 'unknown') return null
  if (isBlind(silence) || isRestart(event, silence) || isOneSided(event, sighting, silence)) return null
  if (wasClosing(event.path, sighting, silence)) return null
  const { server } = sighting
  if (server !== null && world.failureOf(server, event.at - FAILURE_NEAR, event.at + FAILURE_NEAR) !== null)
    return null
  switch (silence.outcome) {
    case 'unanswered':
      return judgeSilent(event, sighting, silence, world)
    case 'reset':
    case 'aborted':
      return judgeReset(event, sighting, silence, world)
    case 'closed':
      return judgeFin(event, sighting, silence, world)
    case 'answered':
      return null
  }
}

/** The tap saw nothing at all and then everything at once: a pause of the capture, or a clock that was
 * set. */
function isBlind(silence: Silence): boolean {
  // A lone connection is silent with its tap; only bytes in flight show that something was missed.
  return silence.inFlight > 0 && silence.tapSilence > 0.9 * (silence.end - silence.start)
}

/** One side ended it, and the other was not heard at all, nor when the agent came back: its direction does
 * not pass this tap (domain knowledge 7, X-05), and it may have closed first. A FIN tells whether it had, by
 * what it acknowledges; save one that is the first packet of all. */
function isOneSided({ next }: PathEnded, { ending, tap }: Sighting, silence: Silence): boolean {
  const { outcome, brokenBy, lastFrom, startPacket } = silence
  if (outcome === 'closed' ? startPacket > 0 : outcome !== 'aborted') return false
  if (next?.handshake === 'complete' && next.tap === tap) return false
  const other = otherSide(brokenBy)
  return lastFrom[other] === null && ending?.finished[other] == null && ending?.resets[other] == null
}

/** A side had closed before the silence, at this tap or at another one: what was left over was cleared up. */
function wasClosing({ sightings }: Path, sighting: Sighting, { start }: Silence): boolean {
  return sightings.some(
    ({ leg, ending }) =>
      (leg === sighting.leg || leg !== 'back') &&
      ending?.finished.some((fin) => fin !== null && fin.time <= start) === true,
  )
}

/** Others of the same device ended at the same moment after silences of their own length, or none: no idle
 * timer does that. What nobody answers did not end then: its agent happened to speak. */
function isRestart(event: PathEnded, silence: Silence): boolean {
  if (silence.outcome === 'unanswered') return false
  const own = silence.end - silence.start
  const strangers = event.endedTogether.filter((other) => {
    const theirs = other.ending?.silence
    return theirs == null || Math.abs(theirs.end - theirs.start - own) > Math.max(SAME_TIMER, own / 10)
  })
  return strangers.length >= RESTART_STRANGERS || endsAtOnce(event, strangers, silence)
}

/** Of the connections to the same listener, others at one instant: what else its relay or server ended, a
 * pool's idle connections among it, says nothing of them. */
function endsAtOnce(
  { lost, endedTogether }: PathEnded,
  strangers: readonly Sighting[],
  { end }: Silence,
): boolean {
  const toSame = ({ path }: Sighting): Sighting | undefined =>
    path.sightings.find((s) => s.tap === lost?.tap && s.leg === lost.leg && isSameResponder(s, lost))
  const endings = (all: readonly Sighting[]): Micros[] =>
    all.map((other) => endOf(toSame(other))).filter(Number.isFinite)
  const atOnce = endings(strangers).filter((at) => Math.abs(at - end) <= AT_ONCE)
  return atOnce.length >= AT_ONCE_STRANGERS && 2 * atOnce.length > endings(endedTogether).length
}

/** When the first word of its end came; Infinity if none did. */
function endOf(sighting: Sighting | undefined): Micros {
  const ending = sighting?.ending
  const words = [...(ending?.finished ?? []), ...(ending?.resets ?? [])]
  return Math.min(...words.map((word) => word?.time ?? Infinity))
}

function judgeSilent(event: PathEnded, sighting: Sighting, silence: Silence, world: World): IdleEnd | null {
  const tried = triedFor(silence)
  const sheet: AttributionItem[] = [
    {
      test: 'retransmissions without an answer',
      weight: silence.retransmissions >= 2 ? STRONG : WEAK,
      observed: `${silence.retransmissions} within ${spoken(tried)}`,
    },
  ]
  const until = silence.end + tried + ALIVE_WITHIN
  const asked = (1 - silence.brokenBy) as 0 | 1
  if (mayHaveAnswered(sighting, silence)) return null
  const { server } = sighting
  if (server !== null && world.failureOf(server, silence.end - FAILURE_NEAR, until) !== null) return null
  // Only what passes after the first try shows that the way was open when nobody answered.
  const alive = asked === 1 ? world.pathAlive(sighting, silence.end, until) : null
  const next = event.next?.handshake === 'complete' ? event.next : null
  const returned = next !== null && (asked === 1 ? isSameResponder(next, sighting) : next.start <= until)
  if (alive !== null)
    sheet.push({
      test: 'path alive for others',
      weight: STRONG,
      observed: `${world.packetName(alive)} was answered`,
    })
  if (returned)
    sheet.push({
      test: 'the agent came back at once',
      weight: STRONG,
      observed: 'a new connection to the same service opened',
    })
  const behind = asked === 1 ? otherTap(event.path, sighting) : sameLegElsewhere(event.path, sighting)
  const arrived =
    behind !== null && (asked === 1 ? sawPacketAfter(behind, silence.end) : heard(behind, silence))
  // The way to the agent was open: it is the host that does not answer.
  if (asked === 0 && arrived) return null
  const swallowed = behind !== null && !arrived
  // Nobody answers, and nothing shows that anybody could: the server may be gone. That is not for this
  // detector.
  const couldAnswer = alive !== null || (swallowed && (asked === 0 || heard(behind, silence)))
  const waited = asked === 1 ? waitedFor(silence, next, until) : tried
  if (!returned && (waited < TRIED_FOR || !couldAnswer)) return null
  // A host that does not answer may be asleep, and who comes meanwhile may be another one behind the same
  // address.
  if (asked === 0 && !swallowed && !(isKnown(sighting.service) && isItself(sighting, returned, world)))
    return null
  if (swallowed) {
    sheet.push({
      test: 'the other tap',
      weight: DECISIVE,
      observed: `the packets never reached ${behind.tap}`,
    })
  }
  const actor = deviceActor(sighting, world, 0.7, 0.85)
  const end = verdict('network', sighting, silence, 'silent', 'silent', silence.end, sheet, actor)
  return { ...end, undecided: asked === 0 && !swallowed ? 'unseen' : null }
}

function judgeReset(event: PathEnded, sighting: Sighting, silence: Silence, world: World): IdleEnd | null {
  const from = silence.outcome === 'aborted' ? silence.brokenBy : ((1 - silence.brokenBy) as 0 | 1)
  const reset = sighting.ending?.resets[from] ?? null
  if (reset === null) return null
  const isAborted = silence.outcome === 'aborted'
  const signature = isAborted ? 'rst-at-expiry' : 'rst-on-next'
  const sheet = resetSheet(event.path, sighting, reset, from, world)
  const total = totalWeight(sheet)
  const at = reset.time
  const end = (by: IdleEnd['by'], actor: Actor): IdleEnd =>
    verdict(by, sighting, silence, signature, 'rst', at, sheet, actor)
  const confidence = Math.min(0.95, 0.6 + total * 0.05)
  const said = resetMeaning(reset)
  if (said !== null && said !== 'passed-on')
    return end('network', sayingActor(sighting, from, world, Math.max(confidence, 0.8)))
  if (total > 0) return end('network', deviceActor(sighting, world, confidence, confidence))
  // A segment of a connection that was never seen before: its sender may have changed its address, or the
  // server its mind.
  if (silence.startPacket === 0 && silence.outcome === 'reset') return null
  // Its own marks say that the sender of this leg sent it, and that one may say that it only passed it on.
  if (sighting.leg === 'front' && from === 1) {
    const behind = isAborted ? towardsServer(event.path, sighting, silence) : []
    if (isShownBy(behind, sighting, silence))
      return judgeRelayed(event.path, behind, sheet, end, sighting, world)
    if (isServersEnd(sighting, silence, world)) return null
    return said === 'passed-on' || isByDesign(sighting, silence)
      ? end('server', serverActor(sighting, 0.7))
      : unlessUnserved(end('network', relayActor(sighting, world, 0.8)))
  }
  if (isRelays(sighting) && from === 0) {
    // The agent's own end, passed on; unless it says so, the agent's return tells, as after a FIN. A segment
    // of the server that meets no state is another matter: no end had been passed on before.
    if (said === 'passed-on') return null
    const relay = relayActor(sighting, world, 0.7)
    if (isAborted) return closedByRelay(event, sighting, sheet, world, () => end('network', relay))
    // Who acknowledges what came has a connection, and gave it up (RFC 9293 §3.10.7.1).
    return reset.acknowledges ? null : end('network', relay)
  }
  // Of a reset that is all that was captured of its connection, nobody knows who sent it, unless the way that
  // others of its sender came tells.
  if (from === 0 || (silence.startPacket === 0 && total > -STRONG)) return null
  const { address } = sighting.originator
  const isTranslated = world.natMapping(address) !== null || world.translatesFor(address)
  if (isAborted || reset.acknowledges || !isTranslated) return end('server', serverActor(sighting, 0.85))
  // A host without a connection answers so (RFC 9293 §3.10.7.1): the server forgot it, or the translator of
  // addresses did, so that the server is asked by somebody whom it does not know.
  const nobody: Actor = { role: 'unknown', address: null, confidence: 0.3 }
  return { ...end('network', nobody), undecided: 'stateless' }
}

function judgeFin(event: PathEnded, sighting: Sighting, silence: Silence, world: World): IdleEnd | null {
  const from = silence.brokenBy
  const fin = sighting.ending?.finished[from] ?? null
  // The server closed instead of an answer: what had asked it got through.
  if (from === 0 && silence.breaker === 'data' && fin?.packet !== silence.outcomePacket) return null
  // Between requests either side may close at any time, and browsers expect it (RFC 9112 §9.5).
  if (sighting.service.style === 'web' && sighting.leg !== 'direct') return null
  const sheet: AttributionItem[] = []
  const end = (by: IdleEnd['by'], actor: Actor): IdleEnd =>
    verdict(by, sighting, silence, 'fin', 'fin', silence.end, sheet, actor)
  // Whoever closes by FIN holds the connection: its other packets came the same way, or the route has changed
  // since.
  if (fin !== null && fin.usualHopLimit !== null && fin.hopLimit !== fin.usualHopLimit) {
    sheet.push({
      test: 'hop limit',
      weight: WEAK,
      observed: `${fin.hopLimit}, others of this side ${fin.usualHopLimit}`,
    })
  }
  if (sighting.leg === 'front' && from === 1) {
    const behind = towardsServer(event.path, sighting, silence)
    if (isShownBy(behind, sighting, silence))
      return judgeRelayed(event.path, behind, sheet, end, sighting, world)
    if (isServersEnd(sighting, silence, world)) return null
    if (isByDesign(sighting, silence)) {
      sheet.push({
        test: "the server's own timeout",
        weight: -STRONG,
        observed: `closed after ${spokenSilence(silence)}`,
      })
      return end('server', serverActor(sighting, 0.7))
    }
    sheet.push({
      test: 'closed by the relay',
      weight: MEDIUM,
      observed: 'the FIN comes from the virtual address',
    })
    return unlessUnserved(end('network', relayActor(sighting, world, 0.75)))
  }
  if (isRelays(sighting) && from === 0) {
    const relay = relayActor(sighting, world, 0.7, true)
    return closedByRelay(event, sighting, sheet, world, () => end('network', relay))
  }
  return from === 1 ? end('server', serverActor(sighting, 0.85)) : null
}

/** Its server ended it, and the relay passed that on: it is told of the leg behind, whose agent is not
 * known. */
const isServersEnd = ({ service }: Sighting, { start, end }: Silence, world: World): boolean =>
  world.isServersEnd(service, end, end - start)

/** Who asks and has not been sent an octet so far waits for the server, or waits at the relay for one: in a
 * queue, or because none is up. Its relay's patience is not the timer of idle connections. */
function unlessUnserved(end: IdleEnd): IdleEnd {
  const isUnserved = end.silence.bytes[1] === 0 && wasUnanswered(end.sighting, end.silence)
  return isUnserved ? { ...end, undecided: 'unserved' } : end
}

/** A relay closed towards the server: for its own timer, or because the agent closed. The agent's return
 * tells; where it is not known whose connection it was, nothing does but the agents' side. */
function closedByRelay(
  { next, path }: PathEnded,
  { service }: Sighting,
  sheet: AttributionItem[],
  world: World,
  end: () => IdleEnd,
): IdleEnd | null {
  if (service.style === 'web') return null
  if (next !== null) {
    sheet.push(CAME_BACK)
    if (isBehindOnly(path)) sheet.push(AGENTS_UNSEEN)
    return { ...end(), undecided: isBehindOnly(path) ? 'unseen' : null }
  }
  // A relay keeps some connections for whoever comes next. Those that last are an agent's own.
  if (service.style !== 'persistent' || world.isFrontCaptured(service)) return null
  return path.sightings.every(({ agent }) => agent === null) ? { ...end(), undecided: 'nobodys' } : null
}

/** The same connection nearer to the server: legs of relays, or the agent's own that was passed through. */
function towardsServer(path: Path, front: Sighting, silence: Silence): readonly Sighting[] {
  const legs = legsBehind(path, silence)
  return legs.length > 0 ? legs : path.sightings.filter((s) => s !== front && s.leg === 'direct')
}

/** Behind the relay, or where its server may have closed by design, at that server. */
const isShownBy = (legs: readonly Sighting[], front: Sighting, silence: Silence): boolean =>
  legs.some(({ leg }) => leg !== 'front') || (legs.length > 0 && !isByDesign(front, silence))

/** Further legs were captured: whoever ended one of them first is known. */
function judgeRelayed(
  path: Path,
  legs: readonly Sighting[],
  sheet: AttributionItem[],
  end: (by: IdleEnd['by'], actor: Actor) => IdleEnd,
  front: Sighting,
  world: World,
): IdleEnd {
  const { by, leg, said, before } = firstWord(front, legs, world)
  if (said === null) return end('network', relayActor(before, world, 0.75))
  const isServer = by === 'server'
  // A reset is not taken at its word: a device between the relay and the server may have sent it.
  const forged = said.kind === 'reset' ? resetSheet(path, leg, said, isServer ? 1 : 0, world) : []
  if (totalWeight(forged) > 0) {
    sheet.push(...forged)
    return end('network', deviceActor(leg, world, 0.8, 0.8))
  }
  const what = isServer ? 'the server closed first' : 'the relay closed towards the server'
  sheet.push({
    test: 'both legs',
    weight: isServer ? -DECISIVE : DECISIVE,
    observed: `${what} (${leg.tap} ${world.packetName(said)})`,
  })
  if (isServer) return end('server', serverActor(leg, 0.95))
  return by === 'unclear'
    ? end('network', { role: 'load-balancer', address: null, confidence: 0.75 })
    : end('network', relayActor(before, world, 0.95))
}

/** The service's servers close idle connections after just this long, by design; or may have, where the
 * silence began before the capture. */
function isByDesign({ service }: Sighting, silence: Silence): boolean {
  const timeout = service.serverIdleTimeout
  if (timeout === null) return false
  const longer = silence.end - silence.start - timeout
  return (beganBefore(silence) ? longer : Math.abs(longer)) <= Math.max(DESIGN_TOLERANCE, timeout / 10)
}

function verdict(
  by: IdleEnd['by'],
  sighting: Sighting,
  silence: Silence,
  signature: Signature,
  manner: Manner,
  at: Micros,
  sheet: readonly AttributionItem[],
  actor: Actor,
): IdleEnd {
  return {
    by,
    sighting,
    silence,
    signature,
    manner,
    at,
    actor,
    sheet,
    confidence: actor.confidence,
    undecided: null,
  }
}

const isSameResponder = (a: Sighting, b: Sighting): boolean =>
  a.responder.address === b.responder.address && a.responder.port === b.responder.port

/** Configured, or a product that is known: not just anybody's connection to anything. */
const isKnown = (service: Service): boolean => service.configured !== null || service.profile !== 'generic'

/** It said who it is; an address may be shared by many. */
const isNamed = (agent: Agent | null): boolean =>
  agent !== null &&
  !['address', 'proxy-header', 'forwarded-header', 'tls-fingerprint'].includes(agent.identifiedBy)

/** Who came back is who had left: it says so, or, of flow records, where nobody says anything, it has an
 * address of its own. */
function isItself({ agent, startPacket }: Sighting, returned: boolean, world: World): boolean {
  if (isNamed(agent)) return true
  if (!isRecordReference(startPacket) || !returned || agent?.identifiedBy !== 'address') return false
  return !isOfSeveral(world.natMapping(agent.id))
}

/** The same connection at another tap, not the other side of a relay. */
const sameLegElsewhere = ({ sightings }: Path, { tap, leg }: Sighting): Sighting | null =>
  sightings.find((s) => s.tap !== tap && s.leg === leg) ?? null

/** What the server said after a silence came by there as well. Clocks of taps differ, by less than half a
 * silence. */
function heard({ ending }: Sighting, { start, end }: Silence): boolean {
  const since = (start + end) / 2
  const broken = ending?.silence?.brokenBy === 1 ? ending.silence.end : null
  const times = [broken, ending?.unanswered[1]?.time, ending?.summary?.halves[1].lastPacketAt]
  return times.some((at) => at != null && at > since)
}

/** Something of the agent's came by there after that time. What broke a silence of its own was the
 * server's word. */
function sawPacketAfter({ ending, lastAt }: Sighting, at: Micros): boolean {
  const { silence = null, summary = null } = ending ?? {}
  if (silence?.brokenBy === 1 && silence.start < at && silence.end > at) return false
  return summary === null ? lastAt > at : (summary.halves[0].lastPacketAt ?? -Infinity) > at
}
