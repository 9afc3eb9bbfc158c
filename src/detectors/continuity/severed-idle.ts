/** A device on the path ended a connection because it was idle, or forgot it so that the next segment met
 * nobody. */
import { type AttributionItem, type Finding, isAtLeast, type TimerEstimate } from '../../model/incident.ts'
import type { PathEnded, World } from '../../model/event.ts'
import type { Leg, Path, Sighting } from '../../model/party.ts'
import { toSeconds } from '../../model/time.ts'
import { actorKey } from '../actors.ts'
import { AGENTS_UNSEEN, type IdleEnd, judge } from '../attribution.ts'
import { DECISIVE, NEEDS_SERVER } from '../reset-sheet.ts'
import { silenceBounds, silenceDetails, silenceOf, spokenSilence, spokenSilences } from '../silence-length.ts'
import { counted, detector, evidence, ratio, spokenRange, suggested, type Description } from '../detector.ts'
import { deviceName, withinSentence } from '../../model/device-name.ts'
import { isOfThisSegment } from '../../model/hop-limit.ts'
import { packetOf } from '../../model/packet.ts'
import { loreText } from '../reset-lore.ts'
import { about, agentsAmong, connectionFilter, LAST_BEFORE, packets } from '../wording.ts'
import { bestSplit, estimateTimer, type Signature, unbounded } from '../timer.ts'
import { isSeenElsewhere, Losses, silenceBeforeReturn } from '../losses.ts'
import { Suspicions, undecided } from '../suspicions.ts'
import { witnesses } from '../witnesses.ts'
import { unansweredDetails, unansweredText } from '../unanswered.ts'
import { forgottenWords } from './forgotten.ts'
import { brokenBySevering, FREQUENT, Frequency, Regularity, repeated } from './regular.ts'

export const severedIdle = detector({
  type: 'severed-idle',
  asserts:
    'An idle connection was ended by a device on the path: by FIN, by RST, or by forgetting it silently.',
  notThis: [
    'the agent closed the connection itself',
    'the server closed it, by its own idle timeout or with its own reset',
    'many connections ended at the same moment after silences of different length: a restart',
    'the server had failed',
    'the tap itself saw nothing in the meantime',
    'the silence was shorter than the idle threshold of the service',
    'nobody answered for a moment, or the capture stopped before more was tried',
    'what does not answer is the host of the agent, which may be asleep',
    'the agent came back after a silence in which taps on both sides show nothing of it',
    'the other direction does not pass the tap',
    'a host that failed or restarted: most connections survive such a silence',
    'a web user, whose idle connection a relay closes by FIN between requests',
    'address translation lost its mapping: the server resets what comes under another tuple',
  ],
  requirements: ['S0-04', 'S0-06', 'S0-15', 'S1-19'],
  flows: suggested(
    'what ended the silence: hop limits, sequence numbers and the moment of a reset tell a device from an endpoint',
  ),
  parameters: {
    regularMin: {
      value: 3,
      unit: 'count',
      meaning: 'losses of one cause from which on they may be regular (domain 8.2, SEVER_PERIODIC)',
    },
    regularVariation: ratio(
      0.1,
      'by which regular silences may vary, as deviation over mean (domain 7.2, S0-06)',
    ),
    ...FREQUENT,
  },
  watch({ regularMin, regularVariation, ...often }, world, emit) {
    const regularity = new Regularity(regularMin, regularVariation)
    const frequency = new Frequency(often, world)
    /** Regular and frequent losses break another requirement as well. */
    const raise = (found: Finding, lost: Sighting, why: IdleEnd['undecided']): void => {
      const isRegular =
        !isAtLeast(found.details) && regularity.note(found.cause, found.details['silenceSeconds'] as number)
      const isFrequent = frequency.note(found, lost.service)
      const named = isRegular || isFrequent ? repeated(found) : found
      if (why === 'nobodys') emit(undecided(named, NEEDS_NAMES))
      else if (why === 'stateless') emit(undecided(named, NEEDS_SERVER))
      else if (why === 'unserved') emit(undecided(named, NEEDS_WAY_ON))
      else if (why === 'unseen') suspicions.add(named, found.details['silenceSeconds'] as number, lost)
      else emit(named)
    }
    const judged = new WeakSet<Path>()
    const rebound = new WeakSet<Path>()
    const losses = new Losses()
    const suspicions = new Suspicions(emit)
    const isByTimer = (lost: Sighting, next: Sighting | null): boolean => {
      const silence = next === null ? null : silenceBeforeReturn(lost, next)
      return silence === null || losses.isByTimer(lost, silence, world)
    }
    return {
      'path-continued'({ before }) {
        if (before !== null) rebound.add(before.path)
      },
      'path-ended'(event) {
        if (judged.has(event.path)) return
        const end = judge(event, world)
        if (end === null || end.by !== 'network') return
        // The server was asked under a tuple that it does not know, and refused that.
        if (end.signature === 'rst-on-next' && rebound.has(event.path)) return
        judged.add(event.path)
        if (isByTimer(end.sighting, event.next))
          raise(finding(end, event, world), end.sighting, end.undecided)
      },
      'connections-shared': ({ service, relay }) => suspicions.takeBack(service.name, relay),
      'path-abandoned'(event) {
        const { sighting, next, path } = event
        if (judged.has(path) || sighting.service.style !== 'persistent' || !seenAtServer(sighting)) return
        judged.add(path)
        if (isSeenElsewhere(sighting) || !isByTimer(sighting, next)) return
        raise(abandonedFinding(sighting, next), sighting, 'unseen')
      },
    }
  },
  describe(findings, world) {
    const first = findings[0]
    const [alike, ...others] = bySignature(findings)
    const signature = signatureOf(alike[0])
    const survived = survivedAlike(alike, world)
    const agents = agentsAmong(findings)
    const who = deviceName(findings.reduce((a, b) => (b.actor.confidence > a.actor.confidence ? b : a)).actor)
    const common = { filter: connectionFilter(findings) }
    const forgotten = others.length > 0 ? null : forgottenWords(alike, signature, survived, who)
    const timer = forgotten === null ? timerOf(alike, survived) : unbounded(survived, alike.length)
    const details = {
      signature,
      ...silenceOf(findings.find((f) => !isAtLeast(f.details)) ?? first),
      timer,
      attribution: first.details['attribution'],
    }
    if (findings.every(({ needs }) => needs !== undefined))
      return { ...undecidedWords(findings), ...common, details }
    if (forgotten !== null) return { ...forgotten, ...common, details }
    return {
      title: `${who} severs idle connections${timer.upperSeconds === null ? '' : ` after ${timerText(timer.lowerSeconds, timer.upperSeconds)}`}`,
      summary:
        `${counted(findings.length, 'idle connection')} of ${counted(agents, 'agent')} to ${first.service ?? 'the service'} ` +
        `${findings.length === 1 ? 'was' : 'were'} severed${others.length > 0 ? ':' : ''} ${[alike, ...others].map(howText).join('; ')}.${sidesText(findings)}${unansweredText(findings)} ` +
        `${survivedText(survived, alike)} ${blamelessText(findings)}${loreText(findings)}`,
      remedy: remedy(timer, who),
      ...common,
      details,
    }
  },
})

const signatureOf = ({ details }: Finding): Signature => details['signature'] as Signature

/** Those of each signature, the one first whose timer strikes first: a device that resets at expiry answers
 * later segments with a reset as well, and another timer may lie behind the same address. */
function bySignature(findings: readonly [Finding, ...Finding[]]): readonly [Alike, ...Alike[]] {
  const shortest = (alike: Alike): number => Math.min(...alike.map((f) => silenceBounds(f)[1]))
  const all = Object.values(Object.groupBy(findings, signatureOf)) as unknown as [Alike, ...Alike[]]
  return all.sort((a, b) => (shortest(a) < shortest(b) ? -1 : 1))
}

/** Findings of one signature. */
type Alike = readonly [Finding, ...Finding[]]

function timerOf(findings: Alike, survived: readonly number[]): TimerEstimate {
  const bounds = findings.map(silenceBounds)
  const vague = bounds.filter(([, high]) => high < Infinity).map(([low, high]) => high - low)
  const atMost = bounds.map(([, high]) => high)
  return estimateTimer(survived, atMost, signatureOf(findings[0]), Math.max(0, ...vague))
}

/**
 * The silences that were survived where these were not. A relay answers for itself on each of its legs: what
 * passes on the one, keep-alives among it, is nothing to a timer that guards the other.
 */
function survivedAlike(findings: readonly Finding[], world: World): readonly number[] {
  const legs = new Set(findings.map(({ details }) => details['leg'] as Leg))
  return [...legs].flatMap((leg) => world.survived(findings[0]?.service ?? '', leg))
}

/** What would decide of connections that are nobody's whether they were severed. */
const NEEDS_NAMES =
  'a capture on the agents’ side of the same time, or one of whole packets from the beginning of the connections: whose they are, and whether their agents came back'

const NEEDS_WAY_ON =
  'the log of the load balancer, or a capture of both its sides at the time: whether it passed on what the agents asked, and to whom'

/** Words for resets of hosts that have no such connection. */
function statelessWords(findings: readonly Finding[]): Pick<Description, 'title' | 'summary' | 'remedy'> {
  const agents = agentsAmong(findings)
  return {
    title: 'Idle connections may have been severed',
    summary: `The first segment on ${counted(findings.length, 'idle connection')} of ${counted(agents, 'agent')} to ${findings[0]?.service ?? 'the service'} after ${spokenSilences(findings)} without a packet drew a reset from the server’s address, of a host that has no such connection. A translator of addresses that forgot its mapping looks like this, and so does a server that was restarted or had closed.`,
    remedy:
      'Capture at the server at the same time: it shows whether the reset is its own, and whether it was asked from another address than before.',
  }
}

/** Words for connections that a relay ended while they waited, and on which nothing had come back before. */
function unservedWords(findings: readonly Finding[]): Pick<Description, 'title' | 'summary' | 'remedy'> {
  const [{ actor, service }] = findings as readonly [Finding, ...Finding[]]
  const who = deviceName(actor)
  return {
    title: 'Connections were closed before anything was answered',
    summary: `${who} closed ${counted(findings.length, 'connection')} of ${counted(agentsAmong(findings), 'agent')} to ${service ?? 'the service'} after ${spokenSilences(findings)} without a packet: the agents had asked, and nothing had come back. Its timer for idle connections looks like this, and so do a full queue and servers that are down.`,
    remedy: `Look in the log of ${withinSentence(who)} at that time for what it waited for: for a server to be free or up, or for a server’s answer.`,
  }
}

/** What only the servers' side shows, and one loss does not decide. */
function undecidedWords(findings: readonly Finding[]): Pick<Description, 'title' | 'summary' | 'remedy'> {
  const areAll = (why: string): boolean => findings.every(({ needs }) => needs === why)
  if (areAll(NEEDS_SERVER)) return statelessWords(findings)
  if (areAll(NEEDS_WAY_ON)) return unservedWords(findings)
  const told = findings.filter(({ needs }) => needs !== NEEDS_NAMES && needs !== NEEDS_SERVER)
  if (told.length > 0 && told.length < findings.length) return undecidedWords(told)
  const agents = agentsAmong(findings)
  const [{ actor, details, service }] = findings as readonly [Finding, ...Finding[]]
  const connections = counted(findings.length, 'idle connection')
  const silences = `${spokenSilences(findings)} without a packet`
  if (told.length === 0)
    return {
      title: 'Idle connections may have been severed',
      summary: `${deviceName(actor)} closed ${connections} to ${service ?? 'the service'} towards the server after ${silences}; nothing shows whose they were. Its own timer looks like this, and so do agents that closed.`,
      remedy:
        'Capture on the agents’ side at the same time: it shows who closed first. Here, whole packets from the beginning of the connections would show whose they are.',
    }
  const of = `${connections} of ${counted(agents, 'agent')} to ${service ?? 'the service'}`
  const seen =
    details['signature'] === 'silent'
      ? `New connections took the place of ${of} after ${silences}, and no end of the old ones was seen. A device that forgets idle connections looks like this, and so do hosts that slept or lost their network.`
      : `${deviceName(actor)} closed ${of} towards the server after ${silences}, and the agents came back. Its own timer looks like this, and so do agents that closed and were started anew.`
  return {
    title: 'Idle connections may have been severed',
    summary: `${seen} Three agents or more that are lost after the same silence would show a timer.`,
    remedy:
      'Capture on the agents’ side at the same time: it shows whether they spoke and met nobody, or had left.',
  }
}

function finding(end: IdleEnd, { path, next }: PathEnded, world: World): Finding {
  const { sighting, silence, signature } = end
  const ref = (packet: number | null, at: number, note: string) =>
    packet === null ? null : { ...packetOf(sighting, packet, at), note }
  const provoked = silence.outcome === 'reset'
  return {
    type: 'severed-idle',
    severity: 'critical',
    at: end.at,
    ...about(sighting),
    actor: end.actor,
    manner: end.manner,
    confidence: end.confidence,
    details: {
      signature,
      ...silenceDetails(silence),
      ...unansweredDetails(sighting, silence),
      leg: sighting.leg,
      attribution: end.sheet,
    },
    evidence: packets(
      ...evidence(
        ref(silence.startPacket, silence.start, LAST_BEFORE),
        ref(silence.endPacket, silence.end, BROKEN[signature](spokenSilence(silence))),
        provoked ? ref(silence.outcomePacket, silence.outcomeAt ?? end.at, 'the reset that it drew') : null,
        ref(
          silence.lastRetransmission,
          silence.lastRetransmissionAt ?? end.at,
          `last of ${silence.retransmissions} retransmissions, unanswered`,
        ),
        ...witnesses(path, sighting),
        next === null ? null : { ...packetOf(next, next.startPacket, next.start), note: RETURN },
      ).sort((a, b) => a.at - b.at),
    ),
    cause: `${sighting.service.name}|${causeOf(end, world)}`,
    requirements: brokenBySevering(sighting.service),
  }
}

/** Devices that are not named and act in different ways are not known to be one. */
const causeOf = ({ signature, undecided: why, manner, actor }: IdleEnd, world: World): string => {
  if (signature === 'silent') return 'silent'
  if (why === 'stateless') return why
  const by = actor.address === null ? signature : `${manner}|${actorKey(actor, world)}`
  return why === 'unserved' ? `${why}|${by}` : by
}

/** Known by the return alone: what the agent said last, this side does not show. */
function abandonedFinding(sighting: Sighting, next: Sighting): Finding {
  const summary = sighting.ending!.summary!
  const last = summary.halves[0].lastPacketAt!
  return {
    type: 'severed-idle',
    severity: 'critical',
    at: next.start,
    ...about(sighting),
    actor: { role: 'middlebox', address: null, confidence: 0.6 },
    manner: 'silent',
    confidence: 0.6,
    details: {
      signature: 'silent',
      silenceSeconds: Math.round(toSeconds(next.start - last) * 100) / 100,
      leg: sighting.leg,
      attribution: [
        {
          test: 'the agent came back',
          weight: 3,
          observed: 'a new connection, while the old one had never been closed',
        },
        {
          test: LOST_UNSEEN,
          weight: 0,
          observed: "not visible at this tap: capture on the agent's side as well",
        },
      ],
    },
    evidence: packets(
      {
        ...packetOf(sighting, summary.lastPacket, summary.end),
        note: 'last packet of the old connection',
      },
      { ...packetOf(next, next.startPacket, next.start), note: RETURN },
    ),
    cause: `${sighting.service.name}|silent`,
    requirements: brokenBySevering(sighting.service),
  }
}

const RETURN = 'the agent opens a new one'

/** The test of the sheet that says that this side does not show what became of the agent's words. */
const LOST_UNSEEN = 'what was lost on the way'

/** How those of one signature were severed, and after how long; how many they are, where others were severed
 * otherwise. Where only the server's side was captured, nobody knows what the agent sent, or what it was
 * answered. */
function howText(findings: Alike, _index: number, { length: ways }: readonly Alike[]): string {
  const isUnseen = (f: Finding): boolean =>
    (f.details['attribution'] as readonly AttributionItem[]).some(({ test }) => test === LOST_UNSEEN)
  const [how, so = ''] = findings.every(isUnseen) ? UNSEEN_HOW : HOW[signatureOf(findings[0])]
  return `${ways > 1 ? `${findings.length} ` : ''}${how}after ${spokenSilences(findings)} without a packet${so}`
}

/** Of connections that a relay held on both legs, where nothing joins those: each loss may be told twice. */
function sidesText(findings: readonly Finding[]): string {
  const on = (leg: Leg): number => findings.filter(({ details }) => details['leg'] === leg).length
  const [front, back] = [on('front'), on('back')]
  return front === 0 || back === 0
    ? ''
    : ` Of these, ${front} were on the agents’ side of the relay and ${back} on the servers’, and nothing shows which belong together.`
}

/** What stands before how long the silence was, and what behind it. */
type How = readonly [before: string, behind?: string]

const UNSEEN_HOW: How = [
  '',
  ', where this side does not see it (a new one came while the old one was still open)',
]
const HOW: Readonly<Record<Signature, How>> = {
  fin: ['by a FIN '],
  'rst-at-expiry': ['by a RST that nothing provoked '],
  'rst-on-next': ['', ', so that the next segment drew a RST'],
  silent: ['silently ', ', so that what was sent afterwards met nobody'],
}

const BROKEN: Readonly<Record<Signature, (gap: string) => string>> = {
  fin: (gap) => `FIN after ${gap} of silence`,
  'rst-at-expiry': (gap) => `RST after ${gap} of silence, unprovoked`,
  'rst-on-next': (gap) => `first segment after ${gap} of silence`,
  silent: (gap) => `first segment after ${gap} of silence: never answered`,
}

/** The tap is on the server's segment, and sees what it sees. */
const seenAtServer = ({ ending }: Sighting): boolean =>
  isOfThisSegment(ending?.summary?.halves[1].hopLimit ?? null)

const timerText = (lower: number | null, upper: number): string =>
  lower === null
    ? `at most ${inShort(upper)} s`
    : upper - lower <= 2
      ? `${inShort(upper)} s`
      : `${inShort(lower)} to ${inShort(upper)} s`

/** As devices are set: whole seconds, tenths of short ones. */
const inShort = (seconds: number): number =>
  seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)

/** What was survived below the timer, and what that timer does not explain. */
function survivedText(survived: readonly number[], alike: Alike): string {
  const severed = alike.map(({ details }) => details['silenceSeconds'] as number)
  const { shortest } = bestSplit(survived, severed)
  const shorter = survived.filter((seconds) => seconds < shortest)
  const sooner = severed.filter((seconds) => seconds < shortest)
  return (
    (shorter.length === 0
      ? 'No shorter silence that counts as idle was seen to survive.'
      : `Silences of up to ${spokenRange([Math.max(...shorter)])} were survived.`) +
    (sooner.length === 0
      ? ''
      : ` This timer does not explain that ${sooner.length} of them ${sooner.length === 1 ? 'was' : 'were'} severed after ${spokenRange(sooner)}.`)
  )
}

const isSeenBehindOnly = ({ details }: Finding): boolean =>
  (details['attribution'] as readonly AttributionItem[]).some(({ test }) => test === AGENTS_UNSEEN.test)

/** Who did not do it. What the server did behind the device, one side alone cannot show. */
function blamelessText(findings: readonly Finding[]): string {
  if (findings.every(isSeenBehindOnly))
    return 'They ended by one timer; whether that is the agents’ own, a capture on their side would show.'
  const sheets = findings.map((f) => f.details['attribution'] as readonly AttributionItem[])
  return sheets.some((sheet) => sheet.some(({ weight }) => weight >= DECISIVE))
    ? 'Neither the agents nor the server had closed them.'
    : 'The agents had not closed them; that the server had not, captures of both sides would prove.'
}

function remedy(
  timer: { safeKeepAliveSeconds: number | null; upperSeconds: number | null },
  who: string,
): string {
  const raise = `Raise the idle timeout of ${withinSentence(who)} above the longest silence that the product needs, or switch it off for this service`
  if (timer.upperSeconds === null)
    return `${raise}; how long it is, a capture from before the silences shows.`
  if (timer.safeKeepAliveSeconds === null)
    return `${raise}; until then, let agents or servers send keep-alives well within ${timer.upperSeconds} s.`
  return `${raise}; until then, a keep-alive every ${timer.safeKeepAliveSeconds} s or less keeps the connections open.`
}
