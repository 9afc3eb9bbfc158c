/**
 * Which sightings are one connection: the same tuple at two taps, the same initial sequence numbers behind
 * address translation, the same TLS ClientHello, PROXY header, opening or agent on both legs of a relay, or
 * silences that end together (wakings.ts). Weakest last; a join is never undone, so no single time joins.
 */
import type { Agent, Sighting } from '../model/party.ts'
import type { ConnectionOpened } from '../model/observation.ts'
import type { Endpoint } from '../model/packet.ts'
import { seconds, type Micros } from '../model/time.ts'
import { Lately } from './lately.ts'
import { Oldest } from '../model/oldest.ts'
import { Remembered } from '../model/remembered.ts'
import type { TrackedPath, TrackedSighting } from './sighting.ts'

/** The two legs of a relayed connection begin this close, clock differences between taps included. */
export const LEGS_APART: Micros = seconds(2)
/** ... and their agent names itself this soon on both, though not at once: a certificate may tell of it on
 * one, and on the other the first request. */
const NAMED_WITHIN: Micros = seconds(300)
/** Clocks that are kept by NTP in one network agree to this, mostly (RFC 5905: tens of milliseconds). */
export const CLOCKS_AGREE: Micros = seconds(0.1)
/** Keys remembered per kind of join; the oldest is forgotten. */
const REMEMBERED_MAX = 1 << 16
/** From so many on, those of connections that are over are forgotten: they join nothing any more. */
const SWEPT_FROM = 1 << 10
/** After so many new keys, twice as many of the oldest are looked at. */
const SWEPT_AFTER = 1 << 9
/** An opening shorter than this is said by everybody. */
const OPENING_MIN = 16

/** Open connections by what they have in common with others. */
class Open {
  private readonly entries = new Map<string, TrackedSighting>()
  private readonly oldest = new Oldest(this.entries)
  private unswept = 0

  get(key: string): TrackedSighting | null {
    return this.entries.get(key) ?? null
  }

  /** Keeps it; the oldest goes when there are too many. */
  put(key: string, sighting: TrackedSighting): void {
    const { entries } = this
    const isNew = !entries.delete(key)
    if (entries.size >= REMEMBERED_MAX) entries.delete(this.oldest.next()!)
    entries.set(key, sighting)
    if (isNew && entries.size > SWEPT_FROM && ++this.unswept >= SWEPT_AFTER) this.sweep()
  }

  /** Of the oldest, those that are over go, and the others to the end of the line. */
  private sweep(): void {
    const { entries } = this
    this.unswept = 0
    let left = 2 * SWEPT_AFTER
    for (const [key, sighting] of entries) {
      entries.delete(key)
      if (!sighting.closed) entries.set(key, sighting)
      if (--left === 0) return
    }
  }
}

/** The sighting that left this key before; leaves the new one if there was none that lives. */
function exchange<K>(
  memory: Pick<Lately<K, TrackedSighting>, 'get' | 'put'>,
  key: K,
  sighting: TrackedSighting,
): TrackedSighting | null {
  const other = memory.get(key)
  if (other === null || other.closed) memory.put(key, sighting, sighting.start)
  return other === sighting ? null : other
}

/** Where on the way through relays a connection runs: from an agent, from one to the next, to the server. */
const PLACES = ['front', 'between', 'back'] as const
type Place = (typeof PLACES)[number]

const isOnOneLeg = (a: TrackedSighting, b: TrackedSighting): boolean =>
  a.tap === b.tap && a.leg === b.leg && a.isBetweenRelays === b.isBetweenRelays

/** Both began on one leg at one time: what they have in common tells them not apart. */
const isTwin = (a: TrackedSighting, b: TrackedSighting): boolean =>
  a.tap === b.tap && Math.abs(a.start - b.start) <= 2 * LEGS_APART

/** The relay is known as one, or keeps the agent's address: of others, words that anybody may say tell
 * nothing. */
const isKnownOrKeeps = (a: TrackedSighting, b: TrackedSighting): boolean =>
  (a.leg !== 'direct' && b.leg !== 'direct') || a.originator.address === b.originator.address

/** A relay opens its connection after it was called. One that it had before may serve for a client's next
 * call, and is that one's half no more than others' that it serves for. */
const isInOrder = (a: TrackedSighting, b: TrackedSighting): boolean => {
  const [nearer, farther] = a.leg === 'front' && !a.isBetweenRelays ? [a, b] : [b, a]
  return nearer.start <= farther.start + CLOCKS_AGREE
}

/** Why two sightings are one TCP connection, with other addresses perhaps. */
export const SAME_SEQUENCE = 'same initial sequence numbers'

/**
 * Of one agent's connections two that began together may be one: at two taps, of which the second does not
 * show the first one; or at one tap on both sides of a translator, to the same listener from two addresses.
 * Nothing but that says so where the translator changes sequence numbers as well, and with one tap nobody
 * compares them.
 */
export function mayBeOne(before: Sighting, after: Sighting): boolean {
  if (before.leg === 'back' || before.leg !== after.leg || before.path === after.path) return false
  if (Math.abs(before.start - after.start) > LEGS_APART) return false
  if (before.tap !== after.tap) return !before.path.sightings.some(({ tap }) => tap === after.tap)
  const [here, there] = [before.responder, after.responder]
  const isSameListener = here.address === there.address && here.port === there.port
  return isSameListener && !before.closed && before.originator.address !== after.originator.address
}

/** Clients at more than one address begin so. */
const MANY = 'many'

export class Paths {
  private readonly byTuple = new Open()
  private readonly bySequence = new Lately<number, TrackedSighting>()
  private readonly byHello = new Open()
  /** By what was said first, or asked for whom; and when several at once said so last. */
  private readonly saying = new Lately<string, TrackedSighting>()
  private readonly saidTwice = new Lately<string, Micros>()
  /** Who began so on the agents' side: tap and address, or MANY. */
  private readonly speakers = new Remembered<string, string>(REMEMBERED_MAX)
  /** Who named itself on a leg, by its id. */
  private readonly byAgent = {
    front: new Lately<string, TrackedSighting>(NAMED_WITHIN),
    between: new Lately<string, TrackedSighting>(NAMED_WITHIN),
    back: new Lately<string, TrackedSighting>(NAMED_WITHIN),
  }
  private readonly joined: (path: TrackedPath) => void
  private readonly mayBeRelays: (sighting: TrackedSighting) => boolean

  /**
   * `joined` is called after two paths became one; `mayBeRelays` says of a connection that goes straight to a
   * server whether a relay may have opened it, one that keeps the agents' addresses or has more of its own
   * than are known.
   */
  constructor(
    joined: (path: TrackedPath) => void,
    mayBeRelays: (sighting: TrackedSighting) => boolean = () => false,
  ) {
    this.joined = joined
    this.mayBeRelays = mayBeRelays
  }

  /** A connection begins: is it one that another tap sees too? With one tap, nobody asks for the tuple of a
   * relay's own. */
  opened(
    sighting: TrackedSighting,
    [own, peer]: ConnectionOpened['initialSequence'],
    severalTaps = true,
  ): void {
    const isAskedFor = severalTaps || sighting.leg !== 'back'
    const tuple = isAskedFor ? tupleKey(sighting.originator, sighting.responder) : ''
    const twin = isAskedFor ? this.byTuple.get(tuple) : null
    if (isAskedFor) this.byTuple.put(tuple, sighting)
    const midstream = sighting.handshake !== 'complete'
    if (twin !== null && twin.tap !== sighting.tap) {
      const close = Math.abs(twin.start - sighting.start) <= LEGS_APART
      if (close || (midstream && !twin.closed)) this.join(twin, sighting, 'same addresses and ports')
    }
    if (own === null || peer === null) return
    const translated = exchange(this.bySequence, sequenceKey(own, peer), sighting)
    if (translated !== null && Math.abs(translated.start - sighting.start) <= LEGS_APART) {
      this.join(translated, sighting, SAME_SEQUENCE)
    }
  }

  /** A ClientHello's random is 28 octets of chance or more: equal ones are one handshake (RFC 8446
   * §4.1.2). */
  hello(sighting: TrackedSighting, random: string): void {
    const other = exchange(this.byHello, random, sighting)
    if (other !== null) this.join(other, sighting, 'same TLS ClientHello')
  }

  /** A PROXY header names the client's side of the relay. */
  proxied(sighting: TrackedSighting, source: Endpoint, destination: Endpoint): void {
    const front = this.byTuple.get(tupleKey(source, destination))
    if (front !== null && front !== sighting) this.join(front, sighting, 'PROXY header')
  }

  /** The same first octets on both legs of a relay. */
  opening(sighting: TrackedSighting, text: string): void {
    const place = this.placeOn(sighting)
    if (text.length < OPENING_MIN || place === null) return
    if (this.isSaidByMany(sighting, place, text)) return
    this.said(sighting, place, text, 'same first octets', isKnownOrKeeps)
  }

  /** The first request of a connection: a client asks a relay, and the relay asks the same for that client,
   * whose address it names (`client`; RFC 7239) or keeps. */
  asked(sighting: TrackedSighting, client: string | null, request: string): void {
    const place = this.placeOn(sighting)
    if (place === null) return
    const isClients = place === 'front' || (client === null && sighting.leg === 'direct')
    const from = isClients ? sighting.originator.address : client
    if (from !== null)
      this.said(sighting, place, `${from} ${request}`, 'same request of one client', isInOrder)
  }

  /** Joins whoever says the same on another leg at that time. What several say at once tells nobody apart. */
  private said(
    sighting: TrackedSighting,
    place: Place,
    text: string,
    why: string,
    mayBe: (a: TrackedSighting, b: TrackedSighting) => boolean = () => true,
  ): void {
    const key = `${place}|${text}`
    const others = PLACES.filter((p) => p !== place).map((p) => this.saidOn(`${p}|${text}`, sighting))
    const twin = this.saying.get(key)
    this.saying.put(key, sighting, sighting.start)
    if (twin !== null && isTwin(twin, sighting) && !this.hasOtherLeg(twin))
      return this.saidTwice.put(key, sighting.start, sighting.start)
    for (const other of others)
      if (other !== null && mayBe(other, sighting) && this.areLegs(other, sighting))
        this.join(other, sighting, why)
  }

  /** Who said it alone. */
  private saidOn(key: string, { start }: TrackedSighting): TrackedSighting | null {
    const twice = this.saidTwice.get(key)
    return twice !== null && Math.abs(twice - start) <= 2 * LEGS_APART ? null : this.saying.get(key)
  }

  /** Clients at two addresses begin alike: a greeting, or a capture that cut off what would tell them
   * apart. */
  private isSaidByMany(sighting: TrackedSighting, place: Place, text: string): boolean {
    const known = this.speakers.get(text)
    if (place === 'front' && known !== MANY) {
      const speaker = `${sighting.tap}|${sighting.originator.address}`
      const isOther = known !== undefined && known !== speaker && known.startsWith(`${sighting.tap}|`)
      if (known === undefined || isOther) this.speakers.set(text, isOther ? MANY : speaker)
    }
    return this.speakers.get(text) === MANY
  }

  /** The same agent on both legs of a relay at the same time. */
  named(sighting: TrackedSighting, agent: Agent, at: Micros): void {
    const place = this.placeOn(sighting)
    if (place === null) return
    const others = PLACES.filter((p) => p !== place).map((p) => this.byAgent[p].get(agent.id))
    this.byAgent[place].put(agent.id, sighting, at)
    for (const other of others)
      if (other !== null && this.areLegs(other, sighting))
        this.join(other, sighting, 'same agent at the same time')
  }

  /** Nothing can be read on one of the legs, but they fall silent and wake together. */
  wokeTogether(front: TrackedSighting, back: TrackedSighting): void {
    if (this.areLegs(front, back)) this.join(front, back, 'silences that end together')
  }

  private placeOn(sighting: TrackedSighting): Place | null {
    const { leg, isBetweenRelays } = sighting
    if (leg === 'direct') return this.mayBeRelays(sighting) ? 'back' : null
    if (leg !== 'front' && leg !== 'back') return null
    return isBetweenRelays ? 'between' : leg
  }

  /** It was joined with another leg: it is not what a further one is looked for. */
  private hasOtherLeg(sighting: TrackedSighting): boolean {
    const place = this.placeOn(sighting)
    return sighting.path.sightings.some((other) => this.placeOn(other) !== place)
  }

  private areLegs(a: TrackedSighting, b: TrackedSighting): boolean {
    return (
      this.placeOn(a) !== this.placeOn(b) &&
      Math.abs(a.start - b.start) <= LEGS_APART &&
      a.service === b.service
    )
  }

  /** What went straight to a server is what a relay made of a connection to it. */
  private becomeRelays(sighting: TrackedSighting): void {
    const { leg, path, responder } = sighting
    if (leg !== 'direct' || !this.mayBeRelays(sighting)) return
    const isRelayed = path.sightings.some(
      (s) => s.leg === 'front' && s.responder.address !== responder.address,
    )
    if (isRelayed) sighting.leg = 'back'
  }

  private join(a: TrackedSighting, b: TrackedSighting, why: string): void {
    const into = a.path
    const from = b.path
    if (into === from) return
    // Two connections of one tap on one leg are two connections, whatever they share.
    const clash = from.sightings.some((s) => into.sightings.some((o) => isOnOneLeg(o, s)))
    if (clash) return
    into.join(from, why)
    for (const sighting of into.sightings) if (why !== SAME_SEQUENCE) this.becomeRelays(sighting)
    this.joined(into)
  }
}

/** Of two numbers of 32 bits as much as a number holds: 53 bits of chance (RFC 6528) are enough for those
 * that begin within two seconds. */
const sequenceKey = (own: number, peer: number): number => (own >>> 0) * 2 ** 21 + (peer & 0x1f_ffff)

const tupleKey = (from: Endpoint, to: Endpoint): string =>
  `${from.address}|${from.port}|${to.address}|${to.port}`
