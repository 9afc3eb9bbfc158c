/** The sightings of open connections, by number: as objects while there is something to say of them, as rows
 * of columns while there is not. */
import type { ConnectionId } from '../model/connection.ts'
import type { Agent, Service } from '../model/party.ts'
import { type Micros, seconds } from '../model/time.ts'
import { Oldest } from '../model/oldest.ts'
import { Quiet } from './quiet.ts'
import { NO_CONNECTION, placeOf, type Stay, type TrackedSighting } from './sighting.ts'
import { attachmentOf } from './agents/tracked-agent.ts'

/** Objects kept at once; beyond it, the oldest that says nothing but its addresses is forgotten and made anew
 * when it speaks. A power of two. */
export const SIGHTINGS_MAX = 1 << 14
/** Minutes in which all are looked at. */
const MINUTES_OF_ROUND = 720
/** Sightings looked at to find one that can be forgotten: where most have something to say, a look is in
 * vain. */
const FORGET_TRIES = 2
/** After looks in vain, so many at most come before the next look. */
const VAIN_MAX = 16

export class Sightings {
  /** The latest ones, by number: a map whose entries come and go all the time costs more than they do. As
   * long as the largest place that was taken. */
  private readonly recent: (TrackedSighting | null)[] = []
  /** Their numbers, so that nobody has to look at the sightings themselves, which are all over the memory;
   * NO_CONNECTION: none is there. */
  private readonly numbers: ConnectionId[] = []
  /** Older ones, whose places others have taken. */
  private readonly older = new Map<ConnectionId, TrackedSighting>()
  private readonly oldest = new Oldest(this.older)
  private count = 0
  /** Sightings to come before one is looked for that can be forgotten, and how many that were the last
   * time. */
  private untilLook = 0
  private pause = 0
  /** The place of the latest ones that was looked at last. */
  private hand = 0
  private readonly quiet = new Quiet((connection) => this.known(connection))
  private readonly left: (sighting: TrackedSighting) => void

  /** `left` is called with those that are forgotten because they were left behind. */
  constructor(left: (sighting: TrackedSighting) => void = () => {}) {
    this.left = left
  }

  get(connection: ConnectionId): TrackedSighting | undefined {
    const known = this.known(connection)
    if (known !== null) return known
    const quiet = this.quiet.take(connection)
    if (quiet === null) return undefined
    this.add(quiet)
    return quiet
  }

  /** A sighting of a connection that had one takes its place. */
  add(sighting: TrackedSighting): void {
    const known = this.known(sighting.connection)
    if (known !== null) this.remove(known)
    if (this.count >= SIGHTINGS_MAX && --this.untilLook < 0) this.makeRoom(sighting.start)
    const { recent, numbers } = this
    const place = placeOf(sighting.connection, SIGHTINGS_MAX)
    while (recent.length <= place) {
      recent.push(null)
      numbers.push(NO_CONNECTION)
    }
    const before = recent[place]!
    if (before !== null) this.older.set(numbers[place]!, before)
    recent[place] = sighting
    numbers[place] = sighting.connection
    this.count++
  }

  /** The sighting of a connection that is over: it is not kept any longer. */
  take(connection: ConnectionId): TrackedSighting | null {
    const known = this.known(connection)
    if (known === null) return this.quiet.take(connection)
    this.remove(known)
    return known
  }

  /** Whether a row would say all of a sighting: nothing but that it opened, and that its agent is there. */
  canRest(sighting: TrackedSighting): boolean {
    return (
      sighting.leg === 'direct' &&
      sighting.handshake !== null &&
      sighting.requests + sighting.responses === 0 &&
      sighting.initialBytes === null &&
      sighting.outerAddress === null &&
      isPlain(sighting) &&
      !sighting.path.hasNext &&
      this.known(sighting.connection) === sighting
    )
  }

  /** Another minute: looks at some of them, at all within half a day, and forgets those that were left
   * behind. */
  timePassed(now: Micros): void {
    const { recent, older } = this
    for (let left = Math.ceil(recent.length / MINUTES_OF_ROUND); left > 0; left--) {
      this.hand = (this.hand + 1) % recent.length
      const sighting = recent[this.hand]!
      if (sighting === null || !isLeftBehind(sighting, now)) continue
      this.remove(sighting)
      this.giveUp(sighting)
    }
    for (let left = Math.ceil(older.size / MINUTES_OF_ROUND); left > 0; left--) {
      const sighting = older.get(this.oldest.next()!)!
      this.remove(sighting)
      if (isLeftBehind(sighting, now)) this.giveUp(sighting)
      else this.keep(sighting)
    }
  }

  /** Keeps a sighting as a row, the latest visit of a stay: nobody else may hold it. */
  rest(sighting: TrackedSighting, stay: Stay): void {
    this.remove(sighting)
    this.quiet.keep(sighting, stay)
  }

  /** What is remembered of an agent and a service refers to sightings from then on, not to numbers. */
  wake(agent: Agent, service: Service): void {
    const attachment = attachmentOf(agent, service)
    if (attachment === null) return
    const { quiet, stay } = attachment
    if (quiet !== NO_CONNECTION) this.get(quiet)
    if (stay !== null && stay.quiet !== NO_CONNECTION) this.get(stay.quiet)
  }

  /** The sighting of a connection of which there is something to say; null if there is none. */
  known(connection: ConnectionId): TrackedSighting | null {
    const place = placeOf(connection, SIGHTINGS_MAX)
    if (place < this.numbers.length && this.numbers[place] === connection) return this.recent[place]!
    return this.older.size === 0 ? null : (this.older.get(connection) ?? null)
  }

  private remove({ connection }: TrackedSighting): void {
    const place = placeOf(connection, SIGHTINGS_MAX)
    if (this.numbers[place] === connection) {
      this.recent[place] = null
      this.numbers[place] = NO_CONNECTION
    } else this.older.delete(connection)
    this.count--
  }

  /** Looks for a sighting to forget, the less often the longer there was none. */
  private makeRoom(now: Micros): void {
    this.pause = this.forget(now) ? 0 : Math.min(VAIN_MAX, this.pause + 1)
    this.untilLook = this.pause
  }

  /** Forgets the oldest sighting about which its addresses say all, or that was left behind; those with more
   * to say go to the end of the line. Whether there was one. */
  private forget(now: Micros): boolean {
    for (let tries = FORGET_TRIES; tries > 0; tries--) {
      const connection = this.oldest.next()
      if (connection === undefined) return false
      const sighting = this.older.get(connection)!
      this.remove(sighting)
      const isLeft = isLeftBehind(sighting, now)
      if (isLeft) this.giveUp(sighting)
      if (isLeft || isPlain(sighting) || this.count > 4 * SIGHTINGS_MAX) return true
      this.keep(sighting)
    }
    return false
  }

  /** What happens on it is told of another sighting: nobody waits for this one to end. */
  private giveUp(sighting: TrackedSighting): void {
    sighting.closed = true
    sighting.path.letGo()
    this.left(sighting)
  }

  /** Among the older ones. */
  private keep(sighting: TrackedSighting): void {
    this.older.set(sighting.connection, sighting)
    this.count++
  }
}

/**
 * Its agent has gone on elsewhere for a day, in which nothing was told of it: what a host or a device had to
 * say of a dead connection, it has said by then (RFC 1122 4.2.3.6: keep-alives come after two hours). What
 * several taps show of it is compared when it ends.
 */
function isLeftBehind({ path, lastAt }: TrackedSighting, now: Micros): boolean {
  if (!path.hasNext || path.isJoined) return false
  // Of a next one that rests nobody knows at once when it began.
  const since = path.next === null ? lastAt + LEFT_AFTER : Math.max(lastAt, path.next.start)
  return now - since > LEFT_AFTER
}
const LEFT_AFTER: Micros = seconds(86_400)

/** Made anew from its addresses, it would be the same. */
const isPlain = (sighting: TrackedSighting): boolean =>
  sighting.visited &&
  sighting.speaker === null &&
  sighting.ending === null &&
  sighting.tls === null &&
  !sighting.path.isJoined
