/** Who said the first word of an end; and which sighting shows that a path was lost while it was idle. */
import type * as O from '../../model/observation.ts'
import { isEarlierEnd } from '../../model/observation.ts'
import { hopsTravelled } from '../../model/hop-limit.ts'
import type { Side } from '../../model/packet.ts'
import { type Ending, isAgentSide, isNearerServer } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'

/** Ends this close together have one cause: a restart takes its connections with it at once. */
export const TOGETHER: Micros = seconds(2)
/** A reconnection belongs to the loss before it if it comes this soon; polling products come at their next
 * check-in. */
export const RECONNECT_WITHIN: Micros = seconds(120)

/**
 * The sighting that shows how a path was lost while idle; null if the agent closed it itself, or it was not
 * idle. On a relay's server side the relay's close may be the agent's: the agent's side decides where it was
 * captured.
 */
export function lostSighting(path: TrackedPath): TrackedSighting | null {
  const agentSide = path.sightings.filter(isAgentSide)
  const byAgent = agentSide.filter(closedByAgent)
  // Another tap may show that somebody had met nobody before: then the agent gave up on it.
  const vain = byAgent.length === 0 ? null : firstInVain(agentSide)
  if (byAgent.some((s) => !isLater(s, vain))) return null
  const idle = (s: TrackedSighting): boolean =>
    s.ending?.silence != null && s.ending.silence.outcome !== 'unknown'
  const cut = vain ?? agentSide.find(idle) ?? path.sightings.find(idle) ?? null
  if (cut === null || agentSide.length === 0) return cut
  // A relay keeps its own connection for whoever comes next, and closes it when nobody does.
  const { end } = cut.ending!.silence!
  if (agentSide.every((s) => wasOver(s, end))) return null
  return isGivenUp(cut) && agentSide.some(hasClosed) ? null : cut
}

/** Where somebody first met nobody after a silence; null if nobody did. */
function firstInVain(sightings: readonly TrackedSighting[]): TrackedSighting | null {
  const inVain = sightings.filter(({ ending }) => ending?.silence?.outcome === 'unanswered')
  return inVain.toSorted((a, b) => a.ending!.silence!.end - b.ending!.silence!.end)[0] ?? null
}

/** The agent closed after another tap's first packet that nobody answered; clocks of taps differ by less. */
const isLater = ({ ending }: TrackedSighting, vain: TrackedSighting | null): boolean =>
  vain !== null && ending !== null && (firstEnd(ending, 0)?.time ?? 0) > vain.ending!.silence!.end + TOGETHER

/** A relay did not wait for an answer any longer: silent as the server was, the agent had asked. */
const isGivenUp = ({ leg, ending, awaitsAnswer }: TrackedSighting): boolean =>
  leg === 'back' &&
  awaitsAnswer &&
  ending?.silence?.brokenBy === 0 &&
  (ending.silence.outcome === 'closed' || ending.silence.outcome === 'aborted')

/** Its end was seen, and was not idle. */
const hasClosed = ({ ending }: TrackedSighting): boolean =>
  ending !== null && ending.silence === null && laterOf([firstEnd(ending, 0), firstEnd(ending, 1)]) !== null

/** When the later one came of what each side may have done; null if neither did. */
export function laterOf([one, other]: readonly [
  { readonly time: Micros } | null,
  { readonly time: Micros } | null,
]): Micros | null {
  if (one === null || other === null) return (one ?? other)?.time ?? null
  return Math.max(one.time, other.time)
}

/** Somebody had ended the connection some time before; clocks of taps differ by less. */
const wasOver = ({ ending }: TrackedSighting, at: Micros): boolean =>
  ending !== null && (laterOf([firstEnd(ending, 0), firstEnd(ending, 1)]) ?? at) < at - TOGETHER

/** The agent said the first word of the end, and not because nobody answered it. */
export function closedByAgent(sighting: TrackedSighting): boolean {
  const end = sighting.ending
  if (end === null) return sighting.leftByAgent
  if (end.silence?.outcome === 'unanswered') return false
  // A RST that carries the agent's address need not be the agent's: the way it came tells.
  const reset = end.resets[0]
  const forged = reset !== null && (cameAnotherWay(reset) || isContradicted(sighting))
  return isEarlierEnd(firstEnd(end, 0), firstEnd(end, 1)) && !forged
}

/** A reset did not come from as far as the side's other packets. */
export const cameAnotherWay = ({ hopLimit, usualHopLimit }: O.Reset): boolean =>
  hopLimit !== null && usualHopLimit !== null && hopsTravelled(hopLimit) !== hopsTravelled(usualHopLimit)

/**
 * Each side was reset in the name of the other, and neither reset passed the tap that is nearer to its
 * sender: a device between the taps sent both, whatever marks they bear (domain knowledge 4.1, A and H).
 */
function isContradicted(sighting: TrackedSighting): boolean {
  if (sighting.ending?.resets[1] !== null) return false
  return sighting.path.sightings.some(({ ending }, i, all) => {
    const isOther = ending !== null && ending.resets[1] !== null && firstEnd(ending, 0) === null
    return isOther && isNearerServer(sighting, all[i]!)
  })
}

/** The responder said the first word of the end, as far as this sighting shows. */
export const closedByResponder = ({ ending }: TrackedSighting): boolean =>
  ending !== null && isEarlierEnd(firstEnd(ending, 1), firstEnd(ending, 0))

/** How the side ended its direction, by what came first. */
const firstEnd = ({ finished, resets }: Ending, side: Side): O.Finished | O.Reset | null =>
  isEarlierEnd(finished[side], resets[side]) ? finished[side] : resets[side]

/**
 * Whether an agent's next connection is its return from a loss: one that it had opened before, beside the
 * lost one, is none. What broke the silence is the first that can have shown the agent the loss; where it was
 * the server's word, the agent may have known before.
 */
export function isReturn(next: TrackedSighting, lost: TrackedSighting | null, endedAt: Micros): boolean {
  const silence = lost?.ending?.silence ?? null
  if (silence === null) return next.start >= endedAt - TOGETHER
  const isUnheard = silence.outcome === 'unanswered' && silence.brokenBy === 1
  return next.start >= (isUnheard ? silence.start : silence.end) - TOGETHER
}
