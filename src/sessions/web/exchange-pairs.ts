/**
 * Requests with their responses on both sides of a relay, paired one by one: whatever connections the relay
 * uses for them. A pair needs a mark that the relay passes on (a request id, the client's address, a cookie),
 * or that nothing else fits; where two fit equally well, there is none.
 */
import { headerValue } from '../../model/http.ts'
import type { HttpBody, HttpRequest } from '../../model/http.ts'
import type { HttpBodySeen, HttpRequestSeen, HttpTransaction } from '../../model/observation.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { identityInRequest } from '../agents/identity.ts'
import type { TrackedSighting } from '../sighting.ts'
import { TapClocks } from '../relays/tap-clocks.ts'

/** Exchanges held at once, on either side; the oldest is given up. */
const EXCHANGES_MAX = 4096
/** Text of bodies held at once; of further ones the hash is compared alone. */
const EXCERPTS_MAX = 32 << 20
/** Clocks that were never compared are this close: taps of one network are, by NTP, or by hand. */
const APART: Micros = seconds(2)
/** A relay passes a request on within this time (starting value: load balancers give up connecting after 4
 * to 10 s). */
const PASSED_ON_WITHIN: Micros = seconds(10)
/** Time stamps of packets are this exact: kernels take them when an interrupt hands packets over, some tens
 * of microseconds late (pcap-tstamp(7)). */
const EXACT: Micros = 100
/** Bodies of a connection whose hashes are remembered. */
const HASHES_MAX = 16
/** A body comes so much later than its head, at most, for a comparison of both sides. */
const WAITS = 6

export interface Exchanged {
  readonly sighting: TrackedSighting
  readonly request: HttpRequest
  transaction: HttpTransaction | null
  requestBody: HttpBody | null
  responseBody: HttpBody | null
  /** The other side of it. */
  mate: Exchanged | null
  pairedBy: string
  /** Its answer may be another request's. */
  isDoubtful: boolean
  /** It was let go: nothing more is kept for it. */
  over: boolean
}

interface ExchangePairsOptions {
  later(at: Micros, act: () => void): void
  readonly settle: Micros
  /** The clients' side first. */
  paired(front: Exchanged, back: Exchanged): void
}

export class ExchangePairs {
  readonly clocks = new TapClocks()
  private readonly options: ExchangePairsOptions
  /** By connection and index. */
  private readonly held = new Map<string, Exchanged>()
  /** Those that have no mate yet, by what they ask for: on the servers' side, and on the clients'. */
  private readonly single = { front: new Map<string, Exchanged[]>(), back: new Map<string, Exchanged[]>() }
  /** The latest request, by connection. */
  private readonly latest = new WeakMap<TrackedSighting, number>()
  /** The latest bodies of responses, by connection. */
  private readonly hashes = new WeakMap<TrackedSighting, string[]>()
  private excerpts = 0

  constructor(options: ExchangePairsOptions) {
    this.options = options
  }

  requested(sighting: TrackedSighting, o: HttpRequestSeen): void {
    if (!isFirstView(sighting)) return
    const entry: Exchanged = {
      sighting,
      request: o.request,
      transaction: null,
      requestBody: null,
      responseBody: null,
      mate: null,
      pairedBy: '',
      isDoubtful: false,
      over: false,
    }
    if (this.held.size >= EXCHANGES_MAX) this.letGo(...this.held.entries().next().value!)
    this.held.set(keyOf(o.connection, o.index), entry)
    this.latest.set(sighting, o.index)
    const asked = askedFor(o.request)
    const singles = this.singlesLike(entry)
    const list = singles.get(asked)
    if (list === undefined) singles.set(asked, [entry])
    else list.push(entry)
  }

  answered(sighting: TrackedSighting, o: HttpTransaction): void {
    const key = keyOf(o.connection, o.index)
    const entry = this.held.get(key)
    if (entry === undefined) return
    // Another request came before the answer: pipelined, or one was missed, and the answer is another's.
    // HTTP/2 tells them apart.
    entry.isDoubtful = o.stream === undefined && (this.latest.get(sighting) ?? 0) > o.index
    if (o.response === null) return this.letGo(key, entry)
    entry.transaction = o
    const { later, settle } = this.options
    const isFront = entry.sighting.leg === 'front'
    // The other side's clock may be behind: the front, which looks for the back, waits longer for it.
    if (isFront) later(o.response.time + settle, () => this.look(key, entry, 0))
    else later(this.lastLook(entry), () => this.letGo(key, entry))
  }

  bodySeen(o: HttpBodySeen): void {
    const entry = this.held.get(keyOf(o.connection, o.index))
    if (entry === undefined) return
    const length = o.body.excerpt?.length ?? 0
    const isKept = this.excerpts + length <= EXCERPTS_MAX
    const body = isKept ? o.body : { ...o.body, excerpt: null, excerptCut: true }
    if (isKept) this.excerpts += length
    if (o.of === 'request') entry.requestBody = body
    else entry.responseBody = body
    if (o.of === 'response' && body.sha256 !== null) this.remember(entry.sighting, body.sha256)
  }

  private remember(sighting: TrackedSighting, hash: string): void {
    const known = this.hashes.get(sighting)
    if (known === undefined) return void this.hashes.set(sighting, [hash])
    if (known.includes(hash)) return
    known.push(hash)
    if (known.length > HASHES_MAX) known.shift()
  }

  /** Responses may belong to other requests than it seems: some are missing, or one side's is another's on
   * the other. */
  private isDoubtful(front: Exchanged, back: Exchanged): boolean {
    if (front.isDoubtful || back.isDoubtful) return true
    const [received, sent] = [front.responseBody?.sha256 ?? null, back.responseBody?.sha256 ?? null]
    if (received === null || sent === null || received === sent) return false
    const isElsewhere = (sighting: TrackedSighting, hash: string): boolean =>
      this.hashes.get(sighting)?.includes(hash) === true
    return isElsewhere(front.sighting, sent) || isElsewhere(back.sighting, received)
  }

  /** The clients' side of an exchange behind the relay, as far as it is found by now. */
  frontOf(connection: number, index: number): { sighting: TrackedSighting; index: number } | null {
    const front = this.held.get(keyOf(connection, index))?.mate ?? null
    return front === null ? null : { sighting: front.sighting, index: front.transaction!.index }
  }

  /** When nothing more will be asked of an exchange that has its response. */
  private lastLook({ transaction }: Exchanged): Micros {
    return transaction!.response!.time + 2 * this.options.settle + PASSED_ON_WITHIN
  }

  private look(key: string, front: Exchanged, tries: number): void {
    if (front.over) return
    const back = front.mate ?? this.mateOf(front)
    const { later, settle, paired } = this.options
    // It stays for a while: others may find that they are not the only ones.
    if (back === null) return later(this.lastLook(front), () => this.letGo(key, front))
    if (front.mate === null) this.join(front, back)
    if (tries < WAITS && isUnfinished(front, back)) {
      const at = front.transaction!.response!.time + settle * 2 ** (tries + 1)
      return later(at, () => this.look(key, front, tries + 1))
    }
    if (!this.isDoubtful(front, back)) paired(front, back)
    this.letGo(key, front)
  }

  private join(front: Exchanged, back: Exchanged): void {
    front.mate = back
    back.mate = front
    back.pairedBy = front.pairedBy
    this.forget(front)
    this.forget(back)
    if (!front.isDoubtful && !back.isDoubtful) this.clocks.matched(timesOf(front), timesOf(back))
  }

  /** The one exchange behind the relay that this can be. */
  private mateOf(front: Exchanged): Exchanged | null {
    const candidates = (this.single.back.get(askedFor(front.request)) ?? []).filter((b) =>
      this.fits(front, b),
    )
    let best: Exchanged | null = null
    let bestGrade = -1
    let isAlone = true
    for (const candidate of candidates) {
      const { grade, by } = likeness(front, candidate)
      if (grade < bestGrade) continue
      isAlone = grade > bestGrade
      best = candidate
      bestGrade = grade
      front.pairedBy = by
    }
    if (best === null || bestGrade < 0 || !isAlone) return null
    // Without a mark, it has to be the only one that was asked so, and this the only one that asked.
    return bestGrade > 0 || (candidates.length === 1 && this.isAloneBefore(best, front)) ? best : null
  }

  private isAloneBefore(back: Exchanged, front: Exchanged): boolean {
    const others = this.single.front.get(askedFor(back.request)) ?? []
    return others.every((other) => other === front || !this.fits(other, back))
  }

  private singlesLike({ sighting }: Exchanged): Map<string, Exchanged[]> {
    return sighting.leg === 'back' ? this.single.back : this.single.front
  }

  /** The back's exchange lies within the front's, by clocks as far as they are known. */
  private fits(front: Exchanged, back: Exchanged): boolean {
    if (front.sighting.service !== back.sighting.service) return false
    if (front.transaction === null || back.transaction === null) return false
    const [f, b] = [timesOf(front), timesOf(back)]
    const known = this.clocks.between(f.tap, b.tap)
    const offset = known?.offset ?? 0
    const slack = EXACT + (known === null ? APART : known.residual)
    const after = b.request - offset - f.request
    return (
      after >= -slack && after <= PASSED_ON_WITHIN + slack && f.response - (b.response - offset) >= -slack
    )
  }

  private letGo(key: string, entry: Exchanged): void {
    if (entry.over) return
    entry.over = true
    this.held.delete(key)
    this.forget(entry)
    for (const body of [entry.requestBody, entry.responseBody]) this.excerpts -= body?.excerpt?.length ?? 0
  }

  private forget(entry: Exchanged): void {
    const singles = this.singlesLike(entry)
    const asked = askedFor(entry.request)
    const left = singles.get(asked)?.filter((other) => other !== entry) ?? []
    if (left.length > 0) singles.set(asked, left)
    else singles.delete(asked)
  }
}

const keyOf = (connection: number, index: number): string => `${connection}|${index}`

const askedFor = ({ method, target }: HttpRequest): string => `${method} ${target}`

/** Of what several taps saw of one connection, one view is enough. */
const isFirstView = (sighting: TrackedSighting): boolean =>
  sighting.path.sightings.find(({ leg }) => leg === sighting.leg) === sighting

const timesOf = ({ sighting, request, transaction }: Exchanged) => ({
  tap: sighting.tap,
  request: request.time,
  response: transaction!.response!.time,
})

/** One side's body is there, the other's not yet. */
const isUnfinished = (front: Exchanged, back: Exchanged): boolean =>
  (front.responseBody === null) !== (back.responseBody === null) ||
  (front.requestBody === null) !== (back.requestBody === null)

/** Header lines that a client, or the first device behind it, makes unique to a request; relays pass them
 * on. */
const REQUEST_IDS = ['x-request-id', 'x-correlation-id', 'traceparent']

/** How much speaks for two requests being one: -1, something against it; 0, nothing; more is more. */
function likeness(front: Exchanged, back: Exchanged): { grade: number; by: string } {
  const a = front.request
  const b = back.request
  for (const name of REQUEST_IDS) {
    const id = headerValue(a, name)
    if (id === null || headerValue(b, name) === null) continue
    return id === headerValue(b, name) ? { grade: 4, by: `the same ${name}` } : UNLIKE
  }
  if (isOfOthers(front, back)) return UNLIKE
  const grounds = [
    isForwardedFrom(b, front.sighting.originator.address) ? 'the client’s address, forwarded' : null,
    isOneConnection(front, back) ? 'the same connection' : null,
    sharesCookie(a, b) ? 'the same cookie' : null,
  ].filter((ground) => ground !== null)
  if (grounds.length === 0 && saysOtherwise(a, b)) return UNLIKE
  return { grade: grounds.length, by: grounds.join(', ') || 'nothing else fits' }
}

const UNLIKE = { grade: -1, by: '' } as const

/** Both name the agent that asks, and it is not one: in the target or a field of its own, not in a cookie,
 * which relays rewrite. */
function isOfOthers(front: Exchanged, back: Exchanged): boolean {
  const [one, other] = [front, back].map(({ request, sighting }) =>
    identityInRequest(request, sighting.service),
  )
  if (one == null || other == null || one.by !== other.by || one.by === 'cookie') return false
  return one.id !== other.id
}

/** Fields in which a client says what it is: relays pass them on (RFC 9110 §10.1.5, §11.6.2). One that puts
 * its own there needs a mark that tells more. */
const OF_THE_CLIENT = ['user-agent', 'authorization']

const saysOtherwise = (a: HttpRequest, b: HttpRequest): boolean =>
  OF_THE_CLIENT.some((name) => {
    const [one, other] = [headerValue(a, name), headerValue(b, name)]
    return one !== null && other !== null && one !== other
  })

/** The relay uses one connection for all requests of the client's: they stand at the same place in both. */
const isOneConnection = (front: Exchanged, back: Exchanged): boolean =>
  front.sighting.path === back.sighting.path && front.transaction!.index === back.transaction!.index

const isForwardedFrom = ({ forwarded }: HttpRequest, address: string): boolean =>
  [...(forwarded?.clients ?? []), ...(forwarded?.single ?? [])].some((node) => node.address === address)

/** A value that both present, long enough to be somebody's own: 64 bits in hex or more. One that stands for a
 * server is that of all whom it serves. */
const COOKIE_LENGTH_MIN = 16

const sharesCookie = (a: HttpRequest, b: HttpRequest): boolean =>
  a.cookies?.some(
    ({ name, valueHash, valueLength, role }) =>
      valueLength >= COOKIE_LENGTH_MIN &&
      role !== 'persistence' &&
      b.cookies?.some((other) => other.name === name && other.valueHash === valueHash) === true,
  ) === true
