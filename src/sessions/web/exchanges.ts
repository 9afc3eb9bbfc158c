/**
 * HTTP exchanges that set cookies, with what the other leg of a relay shows of them and what the agent did
 * next.
 */
import type { DetectorEvent } from '../../model/event.ts'
import { headerValue } from '../../model/http.ts'
import type { HttpRequestSeen, HttpTransaction } from '../../model/observation.ts'
import { isEnrolment, isEnrolmentStated } from '../../model/request-path.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { LEGS_APART } from '../paths.ts'
import type { TrackedSighting } from '../sighting.ts'

/** An agent that goes on does so within a minute (RFC 6265 says nothing; browsers and agents retry
 * sooner). */
const CONTINUES_WITHIN: Micros = seconds(60)
/** Exchanges remembered from behind relays, waiting for their front. */
const BEHIND_MAX = 4096
/** ... and for how long: until the exchange in front was told, clock differences included. They are forgotten
 * so many at once. */
const FORGOTTEN_AFTER: Micros = CONTINUES_WITHIN + 5 * LEGS_APART
const FORGOTTEN_AT_ONCE = 1 << 6
/** Responses that wait for what the client does next; of further ones it is not asked, and they are not
 * told. */
const WAITING_MAX = 1 << 14

interface ExchangesOptions {
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  readonly settle: Micros
  /** An exchange is told at once, and again when it is known what the client did next. Absent:
   * false. */
  readonly isUrgent?: boolean
}

interface Behind {
  readonly sighting: TrackedSighting
  readonly transaction: HttpTransaction
}

interface Waiting {
  readonly sighting: TrackedSighting
  /** What its client was found by when it was told; it may have a name since. */
  readonly keys: readonly string[]
  readonly transaction: HttpTransaction
  next: HttpTransaction | null
}

export class Exchanges {
  private readonly options: ExchangesOptions
  private readonly behind: Behind[] = []
  /** Responses that wait for what the client does next, by client. */
  private readonly waiting = new Map<string, Waiting[]>()
  private waits = 0
  private until: Micros = Infinity

  constructor(options: ExchangesOptions) {
    this.options = options
  }

  /** A request: some agent goes on after a response that waits for just that. */
  requested(sighting: TrackedSighting, o: HttpRequestSeen): void {
    if (this.waiting.size === 0) return
    for (const key of clientKeys(sighting)) {
      for (const w of this.waiting.get(key) ?? []) {
        if (
          w.next !== null ||
          o.request.time <= w.transaction.response!.time ||
          !isSameClient(w.sighting, sighting)
        )
          continue
        w.next = { ...o, kind: 'http-transaction', response: null, interim: [] }
      }
    }
  }

  answered(sighting: TrackedSighting, o: HttpTransaction): void {
    const { response } = o
    if (response === null) return
    if (sighting.leg === 'back' && mayProve(sighting, o)) {
      this.forgetBehind(o.time - FORGOTTEN_AFTER)
      this.behind.push({ sighting, transaction: o })
    }
    if (response.setCookieLines < 2 || this.waits >= WAITING_MAX || !isOfInterest(sighting, o)) return
    this.waits++
    const keys = clientKeys(sighting)
    const waiting: Waiting = { sighting, keys, transaction: o, next: null }
    for (const key of keys) this.waiting.set(key, [...(this.waiting.get(key) ?? []), waiting])
    const { later, settle, isUrgent } = this.options
    if (isUrgent) later(response.time + settle, () => this.tellOf(waiting, true))
    later(response.time + CONTINUES_WITHIN, () => this.tell(waiting))
  }

  /** The oldest, many at once: whoever would ask for them has asked. */
  private forgetBehind(before: Micros): void {
    const { behind } = this
    const isLate = (behind[FORGOTTEN_AT_ONCE]?.transaction.time ?? Infinity) < before
    if (isLate || behind.length >= BEHIND_MAX) behind.splice(0, FORGOTTEN_AT_ONCE)
  }

  private tell(waiting: Waiting): void {
    this.waits--
    for (const key of waiting.keys) {
      const others = this.waiting.get(key)!.filter((one) => one !== waiting)
      if (others.length === 0) this.waiting.delete(key)
      else this.waiting.set(key, others)
    }
    this.tellOf(waiting, false)
  }

  private tellOf({ sighting, transaction, next }: Waiting, isEarly: boolean): void {
    this.options.tell({
      kind: 'exchange',
      sighting,
      transaction,
      behind: this.behindOf(sighting, transaction),
      next,
      watched: !isEarly && transaction.response!.time + CONTINUES_WITHIN <= this.until,
      ...(!isEarly && this.options.isUrgent === true ? { amends: true } : {}),
    })
  }

  /** Nothing more will come: what still waits was not watched for its whole minute. */
  ended(now: Micros): void {
    this.until = now
  }

  /** The server's side of the same exchange: the same request at the same time, and at the same place on the
   * same path, or of the same agent. */
  private behindOf(sighting: TrackedSighting, o: HttpTransaction): Behind | null {
    if (sighting.leg === 'back' || o.request === null) return null
    const at = o.request.time
    const candidates = this.behind.filter(
      (b) =>
        b.transaction.request !== null &&
        Math.abs(b.transaction.request.time - at) <= LEGS_APART &&
        b.transaction.request.method === o.request!.method &&
        b.transaction.request.target === o.request!.target &&
        (isSameRequest(b.transaction, o) ||
          (b.sighting.path === sighting.path
            ? b.transaction.index === o.index
            : isSameClient(b.sighting, sighting))),
    )
    const distance = (b: Behind): number => Math.abs(b.transaction.request!.time - at)
    return candidates.reduce<Behind | null>((a, b) => (a === null || distance(b) < distance(a) ? b : a), null)
  }
}

/** What a server sent may prove what was added: it set cookies; or it did not, where that matters. */
const mayProve = ({ service }: TrackedSighting, { request, response }: HttpTransaction): boolean =>
  response!.setCookieLines > 0 || (request !== null && isEnrolment(service, request.target))

/** Several cookies of different names are legal and ordinary; enrolment is where they are not, and one name
 * twice is never right. */
const isOfInterest = (sighting: TrackedSighting, o: HttpTransaction): boolean =>
  isEnrolmentStated(sighting.service) || repeats(o.response!.setCookieNames) || mayEnrol(sighting, o)

/** Where nobody states what enrolment looks like: a program asks, and has no cookie yet. */
const mayEnrol = ({ service: { profile }, leg }: TrackedSighting, { request }: HttpTransaction): boolean =>
  request !== null &&
  leg !== 'back' &&
  (profile === 'generic' || profile === 'symantec-sems') &&
  headerValue(request, 'cookie') === null &&
  !isBrowser(headerValue(request, 'user-agent'))

/** All browsers begin so, and few others (the HTML Standard's Navigator.appCodeName; browsers bear several
 * cookies). */
const isBrowser = (userAgent: string | null): boolean => userAgent?.startsWith('Mozilla/') === true

/** One name twice, be it in another case: the names alone tell it, and most responses need no closer look. */
function repeats(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++)
    for (let j = 0; j < i; j++) if (isSameName(names[i]!, names[j]!)) return true
  return false
}

const isSameName = (a: string, b: string): boolean =>
  a.length === b.length && (a === b || a.toLowerCase() === b.toLowerCase())

/** What a client is found by: its address, and the name that it gave itself. */
function clientKeys({ originator, speaker }: TrackedSighting): readonly string[] {
  return speaker === null ? [originator.address] : [originator.address, `agent ${speaker.id}`]
}

/** Headers that a client makes unique to a request; a relay passes them on. */
const REQUEST_IDS = ['x-request-id', 'x-agent-id', 'x-correlation-id', 'traceparent']

function isSameRequest(a: HttpTransaction, b: HttpTransaction): boolean {
  return REQUEST_IDS.some((name) => {
    const value = headerValue(a.request!, name)
    return value !== null && value === headerValue(b.request!, name)
  })
}

function isSameClient(a: TrackedSighting, b: TrackedSighting): boolean {
  if (a === b || a.path === b.path) return true
  if (a.speaker !== null && b.speaker !== null) return a.speaker === b.speaker
  return (
    a.leg !== 'back' &&
    b.leg !== 'back' &&
    a.originator.address === b.originator.address &&
    a.service === b.service
  )
}
