/**
 * Connections that are ended at one age, however busy they are: a device's limit on how long a connection may
 * live. Followed are the ends that came amid traffic and by a word that is not the agent's, by who said it.
 *
 * What ends many at one moment is a restart, and what ends them at one time of day a schedule: only ends that
 * come alone count, of several agents, and only while no connection has lived on for longer (domain knowledge
 * 7.2, S0-15: an age-based cut at a constant lifetime).
 */
import type { CutAtAge } from '../../model/cadence.ts'
import type { ConnectionId, ConnectionSummary } from '../../model/connection.ts'
import type { Finished, Reset } from '../../model/observation.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { type Micros, seconds } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { cameAnotherWay, TOGETHER } from './lost-paths.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Amid traffic: a packet had passed so shortly before (domain knowledge 7.2, S0-15). */
const ACTIVE_WITHIN: Micros = seconds(5)
/** So many ends, each of another agent, and so little spread of their ages, make a timer (8.2,
 * SEVER_PERIODIC). */
const AGENTS_MIN = 3
const VARIATION_MAX = 0.1
/** Ends remembered of one device: the latest. */
const ENDS_MAX = 64
/** Devices that are followed; ends by further ones are not compared. */
const DEVICES_MAX = 1 << 10
/** Open connections whose beginnings are remembered of one device: the first ones, which become oldest. */
const OPEN_MAX = 1 << 12

interface Cut extends PacketReference {
  readonly sighting: TrackedSighting
  readonly age: Micros
  readonly idle: Micros
  readonly manner: 'fin' | 'rst'
  told: boolean
}

/** Who ends connections of one service at one tap. */
interface Ender {
  cuts: Cut[]
  /** The last end by it, and whether others came with it. */
  lastEnd: Micros
  /** The oldest that any connection became that it might have ended ... */
  oldest: Micros
  /** ... and when those began that it still may, the first ones first. */
  readonly open: Map<ConnectionId, Micros>
}

export const followAges = (around: Surroundings): Follower => new Ages(around).follower

class Ages {
  private readonly around: Surroundings
  private readonly enders = new Map<string, Ender>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': (_o, sighting) => {
        if (sighting === null || !isFollowed(sighting)) return
        const open = this.enderOf(sighting)?.open
        if (open !== undefined && open.size < OPEN_MAX) open.set(sighting.connection, sighting.start)
      },
      finished: (o, sighting) => {
        if (sighting !== null && o.first) this.ended(sighting, o, o.idleBefore, 'fin')
      },
      reset: (o, sighting) => {
        const idle = Math.max(o.idleBefore, o.sinceProvocation ?? 0)
        if (sighting !== null && !o.afterFin) this.ended(sighting, o, idle, 'rst')
      },
    },
    closed: (sighting, summary) => this.lasted(sighting, summary),
    // Whether it became so old is not known.
    left: (sighting) => void this.enders.get(keyOf(sighting))?.open.delete(sighting.connection),
  }

  private ended(sighting: TrackedSighting, o: Finished | Reset, idle: Micros, manner: Cut['manner']): void {
    if (o.from !== 1 || !isFollowed(sighting)) return
    const ender = this.enderOf(sighting)
    if (ender === null) return
    const { time: at, packet } = o
    const isAlone = at - ender.lastEnd > TOGETHER
    ender.lastEnd = at
    // The one before did not come alone either.
    if (!isAlone) ender.cuts = ender.cuts.filter((cut) => cut.told || at - cut.at > TOGETHER)
    const age = at - sighting.start
    if (!isAlone || idle > ACTIVE_WITHIN || age < sighting.service.idleThreshold) return
    const cut: Cut = { ...packetOf(sighting, packet, at), sighting, age, idle, manner, told: false }
    if (ender.cuts.length >= ENDS_MAX) ender.cuts.shift()
    ender.cuts.push(cut)
    // Those that end with it, and what its other side says, are known a little later.
    const due = at + 2 * TOGETHER
    this.around.later(due, () => this.judge(ender, due))
  }

  /** A connection is over, by whatever word: it became that old. */
  private lasted(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const ender = this.enders.get(keyOf(sighting))
    if (ender === undefined) return
    ender.open.delete(sighting.connection)
    // What turned out to be a check, or a relay's own, no device was to end.
    if (isFollowed(sighting)) ender.oldest = Math.max(ender.oldest, summary.end - sighting.start)
  }

  private judge(ender: Ender, now: Micros): void {
    const cuts = ender.cuts.filter(({ sighting }) => isNetworks(sighting))
    const agents = new Set(cuts.map(({ sighting }) => sighting.agent?.id ?? sighting.originator.address))
    if (agents.size < AGENTS_MIN) return
    const ages = cuts.map(({ age }) => age)
    const mean = ages.reduce((a, b) => a + b, 0) / ages.length
    const spread = Math.sqrt(ages.reduce((a, b) => a + (b - mean) ** 2, 0) / ages.length)
    const [first = now] = ender.open.values()
    const oldest = Math.max(ender.oldest, now - first)
    if (spread > VARIATION_MAX * mean || oldest > (1 + VARIATION_MAX) * mean + 2 * TOGETHER) return
    for (const cut of cuts)
      if (!cut.told) {
        cut.told = true
        this.around.tell(toldOf(cut, ages, agents.size))
      }
  }

  private enderOf(sighting: TrackedSighting): Ender | null {
    const key = keyOf(sighting)
    let ender = this.enders.get(key)
    if (ender === undefined) {
      if (this.enders.size >= DEVICES_MAX) return null
      ender = { cuts: [], lastEnd: -Infinity, oldest: 0, open: new Map() }
      this.enders.set(key, ender)
    }
    return ender
  }
}

const toldOf = (
  { sighting, at, packet, age, idle, manner }: Cut,
  ages: Micros[],
  agents: number,
): CutAtAge => ({
  kind: 'cut-at-age',
  sighting,
  at,
  packet,
  age,
  idle,
  manner,
  youngest: Math.min(...ages),
  oldest: Math.max(...ages),
  ends: ages.length,
  agents,
})

const keyOf = ({ tap, firstLeg, service, responder }: TrackedSighting): string =>
  `${tap}|${firstLeg}|${service.name}|${responder.address}`

/** Connections that are meant to stay, from their beginning on, on the agents' side of whatever stands
 * between: behind it, its end may be the agent's own. */
function isFollowed({ leg, service, handshake }: TrackedSighting): boolean {
  if (service.style !== 'persistent' || handshake === null) return false
  return leg === 'front' || leg === 'direct'
}

/** Not the server's own word: it answers as a relay, or its end came another way than all else; and where the
 * servers' side was captured as well, the server had not ended it before. */
function isNetworks({ leg, ending, path }: TrackedSighting): boolean {
  const fin = ending?.finished[1] ?? null
  const reset = ending?.resets[1] ?? null
  if (fin === null && reset === null) return false
  if (leg !== 'front' && !(fin === null ? cameAnotherWay(reset!) : isAnothers(fin))) return false
  return !path.sightings.some((other) => other.leg === 'back' && endedFirst(other, 1))
}

/** A host may give its resets another hop limit than all else that it sends, but not its FINs. */
const isAnothers = ({ hopLimit, usualHopLimit }: Finished): boolean =>
  usualHopLimit !== null && hopLimit !== usualHopLimit

/** This side said the first word of the end. */
function endedFirst({ ending }: TrackedSighting, side: 0 | 1): boolean {
  const said = (of: 0 | 1): Micros =>
    Math.min(ending?.finished[of]?.time ?? Infinity, ending?.resets[of]?.time ?? Infinity)
  return said(side) < said(side === 0 ? 1 : 0)
}
