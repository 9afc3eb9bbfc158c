/**
 * Enrolments, and what the client did in the minute after the answer: whoever is enrolled goes on to
 * something else; whoever is not asks for the same again, or leaves (S2-33 and S2-34 of the domain's
 * catalogue). Only services whose configuration names the paths of enrolment.
 */
import { isOfSeveral } from '../../model/deployment.ts'
import type { HttpRequestSeen, HttpTransaction } from '../../model/observation.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { isAgentSide } from '../../model/party.ts'
import type { EnrolmentFailed } from '../../model/web.ts'
import { isEnrolment } from '../../model/request-path.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** A client that goes on does so within a minute (the same as for what follows a Set-Cookie). */
const GOES_ON_WITHIN: Micros = seconds(60)
/** A client that breaks off because of the answer does so at once. */
const BREAKS_WITHIN: Micros = seconds(1)
/** Enrolments that wait at once; further ones are not followed. */
const WAITING_MAX = 1 << 14
/** The same request so often is no dialogue, whatever the answer was (starting value). */
const REPEATED_MIN = 3

interface Waiting {
  readonly sighting: TrackedSighting
  readonly transaction: HttpTransaction
  attempts: number
  repeat: PacketReference | null
  reset: PacketReference | null
  wentOn: boolean
}

export function followEnrolments(surroundings: Surroundings): Follower {
  const { later, tell } = surroundings
  const waiting = new Map<string, Waiting>()
  let end = Infinity

  function asked({ request }: HttpRequestSeen, sighting: TrackedSighting): void {
    const key = clientKey(sighting, surroundings)
    const pending = key === null ? undefined : waiting.get(key)
    if (pending === undefined) return
    const { method, target, bodyBytes } = pending.transaction.request!
    if (request.time <= pending.transaction.response!.time) return
    if (request.method !== method || request.target !== target) pending.wentOn = true
    else if (request.bodyBytes === bodyBytes) {
      pending.attempts++
      pending.repeat ??= packetOf(sighting, request.packet, request.time)
    } else pending.wentOn = true
  }

  function answered(o: HttpTransaction, sighting: TrackedSighting): void {
    const key = clientKey(sighting, surroundings)
    if (key === null || waiting.has(key) || waiting.size >= WAITING_MAX) return
    const { status, time } = o.response!
    // A challenge, or another place to ask: a step of the dialogue.
    if (status === 401 || status === 407 || (status >= 300 && status < 400)) return
    const one = { sighting, transaction: o, attempts: 1, repeat: null, reset: null, wentOn: false }
    waiting.set(key, one)
    later(time + GOES_ON_WITHIN, () => {
      waiting.delete(key)
      judge(one, time + GOES_ON_WITHIN <= end)
    })
  }

  /** `watched`: the minute was captured to its end. */
  function judge(one: Waiting, watched: boolean): void {
    const { sighting, transaction, attempts } = one
    const verdict = one.wentOn ? null : verdictOf(one, watched)
    if (verdict !== null) tell({ kind: 'enrolment-failed', sighting, transaction, attempts, ...verdict })
  }

  return {
    observe: {
      'http-request'(o, sighting) {
        if (waiting.size > 0 && sighting !== null && o.requestFrom === 0) asked(o, sighting)
      },
      'http-transaction'(o, sighting) {
        if (sighting === null || o.response === null || o.request === null) return
        if (isEnrolment(sighting.service, o.request.target)) answered(o, sighting)
      },
      reset(o, sighting) {
        if (waiting.size === 0 || sighting === null || o.from !== 0) return
        const key = clientKey(sighting, surroundings)
        const pending = key === null ? undefined : waiting.get(key)
        if (pending === undefined || pending.sighting !== sighting) return
        if (o.time - pending.transaction.response!.time <= BREAKS_WITHIN)
          pending.reset = packetOf(o, o.packet, o.time)
      },
      'capture-ended'({ time }) {
        end = Math.min(end, time)
      },
    },
  }
}

type Verdict = Pick<EnrolmentFailed, 'how' | 'proof'>

function verdictOf({ transaction, attempts, repeat, reset }: Waiting, watched: boolean): Verdict | null {
  const { status, setCookieLines } = transaction.response!
  const isSuspect = status >= 400 || setCookieLines > 1
  if (attempts >= REPEATED_MIN || (attempts > 1 && isSuspect && watched))
    return { how: 'repeated', proof: repeat }
  if (!watched) return null
  if (status >= 400) return { how: 'refused', proof: null }
  return reset === null ? null : { how: 'reset', proof: reset }
}

/** Whoever named itself; else the address that asks, on the clients' side of a relay, unless several are
 * behind it: what one of them asks, another has not asked again. */
function clientKey(sighting: TrackedSighting, { inventory, agents }: Surroundings): string | null {
  const { speaker, leg, tap, service } = sighting
  const { address } = sighting.originator
  if (service.configured?.enrolment == null) return null
  if (speaker !== null) return `${tap}|${leg}|${service.name}|${speaker.id}`
  if (isOfSeveral(inventory.rolesOf(address).natOutside) || agents.isShared(tap, address)) return null
  return isAgentSide(sighting) ? `${tap}|${service.name}|${address}` : null
}
