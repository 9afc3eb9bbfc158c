/**
 * Upheavals: connections through one device, or to one server, that end all at once, and those who come
 * back all at once afterwards. A device that restarts does that; a timer that many connections reach
 * together does not count, nor do those that come and go by themselves.
 */
import { EVERYBODY, type MassEnd } from '../../model/cadence.ts'
import type { ConnectionId } from '../../model/connection.ts'
import type { Finished, Reset } from '../../model/observation.ts'
import { isAgentSide, isBehindOnly, type Leg, relayAddress, type Service } from '../../model/party.ts'
import { otherSide, packetOf, type PacketReference, type Tap } from '../../model/packet.ts'
import { densest } from '../../model/statistics.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { closedByAgent, closedByResponder, TOGETHER, RECONNECT_WITHIN } from './lost-paths.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** So many, and so large a share of those open, make an upheaval (as of a herd that moves: starting
 * values). */
const LEAST = 10
const LEAST_SHARE = 0.3
/**
 * Fewer are an upheaval if they were everybody's: of so many agents that it is no accident (as many as are
 * taken for a restart where one of them was idle), after silences of their own, by word of whoever listens,
 * and if most of them came back. Without that, it may be the end of what was to be done, or of the capture.
 */
const LEAST_OF_ALL = 4
/** They come back at once: so many within so long a time. Agents that were told to take their time do not. */
export const RETURN_SPAN: Micros = seconds(10)
/** Idle for as long as each other, but for a second or a tenth: one timer ended them. */
const SAME_TIMER: Micros = seconds(1)
const SAME_SHARE = 0.8
/** Devices that are followed, and connections that are noted of one upheaval. */
const DEVICES_MAX = 1 << 12
const NOTED_MAX = 1 << 14
/** The two sides of a relay, and several taps, show one upheaval within this time. */
const SAME_UPHEAVAL: Micros = seconds(5)

interface Moment {
  readonly sighting: TrackedSighting
  readonly at: Micros
  readonly packet: number
}

interface End extends Moment {
  readonly idle: Micros
  readonly manner: 'fin' | 'rst'
  /** Connections that were open through the device right before. */
  readonly open: number
}

/** An upheaval: who ended, and who came since. */
interface Upheaval {
  readonly ends: End[]
  readonly ended: Set<ConnectionId>
  readonly returns: Moment[]
}

/** One end of many connections, at one tap: whoever closes them has its address. They are counted by where
 * they seemed to run when they began, which does not change. */
interface Device {
  readonly tap: Tap
  readonly leg: Leg
  readonly service: Service
  readonly address: string
  readonly isServer: boolean
  open: number
  /** The latest ends: those close to the last one. */
  recent: End[]
  upheaval: Upheaval | null
}

export function followUpheavals(surroundings: Surroundings): Follower {
  return new Upheavals(surroundings).follower
}

class Upheavals {
  private readonly around: Surroundings
  private readonly devices = new Map<string, Device[]>()
  private followed = 0
  private readonly toldUntil = new Map<Service, Micros>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': ({ start: at, packet }, sighting) => {
        if (sighting === null || !isFollowed(sighting.service, sighting.firstLeg)) return
        const moment = { sighting, at, packet }
        opened(this.listenerOf(sighting), moment)
        opened(this.relayOf(sighting), moment)
      },
      finished: (o, sighting) => {
        if (sighting === null || !o.first) return
        this.ended(sighting, o, o.idleBefore, 'fin')
        this.leaves(sighting)
      },
      reset: (o, sighting) => {
        if (sighting === null || o.afterFin) return
        // One that was provoked says when its provocation came.
        this.ended(sighting, o, Math.max(o.idleBefore, o.sinceProvocation ?? 0), 'rst')
        if (sighting.ending?.resets[otherSide(o.from)] == null) this.leaves(sighting)
      },
    },
    // What a FIN or RST ended, left then: it is kept for a while, in case that more of it comes.
    closed: (sighting, { endedBy }) => {
      if (endedBy === null) this.leaves(sighting)
    },
  }

  /** It is not open any more, where it was counted. */
  private leaves(sighting: TrackedSighting): void {
    const { service, firstLeg } = sighting
    if (!isFollowed(service, firstLeg)) return
    closed(this.listenerOf(sighting))
    closed(this.relayOf(sighting))
  }

  private deviceAt(sighting: TrackedSighting, address: string, isServer: boolean): Device | null {
    const { tap, service, firstLeg: leg } = sighting
    const list = this.devices.get(address)
    if (list !== undefined)
      for (const known of list)
        if (known.service === service && known.tap === tap && known.leg === leg) return known
    if (this.followed >= DEVICES_MAX) return null
    this.followed++
    const device: Device = { tap, leg, service, address, isServer, open: 0, recent: [], upheaval: null }
    if (list === undefined) this.devices.set(address, [device])
    else list.push(device)
    return device
  }

  /** Who listens: a server, or the relay that stands for it. */
  private listenerOf(sighting: TrackedSighting): Device | null {
    const { address } = sighting.responder
    const isServer = sighting.firstLeg !== 'front' && !this.around.inventory.rolesOf(address).relays
    return this.deviceAt(sighting, address, isServer)
  }

  /** The relay that opened it. */
  private relayOf(sighting: TrackedSighting): Device | null {
    return sighting.firstLeg === 'back' ? this.deviceAt(sighting, relayAddress(sighting), false) : null
  }

  private ended(sighting: TrackedSighting, o: Finished | Reset, idle: Micros, manner: 'fin' | 'rst'): void {
    const { leg, firstLeg, service, handshake, start } = sighting
    if (!isFollowed(service, leg) || handshake === null || o.time - start < service.idleThreshold) return
    // An agent's own word ends its own connection only.
    if (o.from === 0 && firstLeg !== 'back') return
    const device = o.from === 0 ? this.relayOf(sighting) : this.listenerOf(sighting)
    if (device === null) return
    const { time: at, packet } = o
    const end: End = { sighting, at, packet, idle, manner, open: device.open }
    const { upheaval, recent } = device
    if (upheaval !== null && at - upheaval.ends.at(-1)!.at <= TOGETHER) return add(upheaval, end)
    while (recent.length > 0 && at - recent[0]!.at > TOGETHER) recent.shift()
    recent.push(end)
    if (isMuch(recent)) this.begin(device)
  }

  private begin(device: Device): void {
    const upheaval: Upheaval = { ends: [], ended: new Set(), returns: [] }
    for (const end of device.recent) add(upheaval, end)
    device.recent = []
    if (!isMuch(upheaval.ends)) return
    device.upheaval = upheaval
    this.plan(device, upheaval)
  }

  /** Judged when no more of them come. */
  private plan(device: Device, upheaval: Upheaval): void {
    const due = upheaval.ends.at(-1)!.at + 2 * TOGETHER
    this.around.later(due, () => {
      if (upheaval.ends.at(-1)!.at + 2 * TOGETHER > due) this.plan(device, upheaval)
      else this.judge(device, upheaval)
    })
  }

  private judge(device: Device, upheaval: Upheaval): void {
    const ends = upheaval.ends.filter((end) => !isAgents(end))
    const due = upheaval.ends[0]!.at + RECONNECT_WITHIN
    const isOver = (): void => {
      if (device.upheaval === upheaval) device.upheaval = null
    }
    if (isUpheaval(ends) && this.tell(device, ends))
      return this.around.later(due, () => {
        isOver()
        this.tellReturn(ends, upheaval.returns, massEnd(device, ends))
      })
    if (!mayBeAll(device, ends)) return isOver()
    this.around.later(due, () => {
      isOver()
      if (areBack(ends, upheaval.returns)) this.tell(device, ends)
    })
  }

  /** Unless it has been told of another side or tap. */
  private tell(device: Device, ends: readonly End[]): boolean {
    if (ends[0]!.at - (this.toldUntil.get(device.service) ?? -Infinity) <= SAME_UPHEAVAL) return false
    this.toldUntil.set(device.service, ends.at(-1)!.at)
    this.around.tell(massEnd(device, ends))
    return true
  }

  private tellReturn(ends: readonly End[], returns: readonly Moment[], end: MassEnd): void {
    const keys = new Set(ends.map(agentKey))
    const own = returns.filter((r) => keys.has(agentKey(r)) || isNobodys(r.sighting))
    const back = densest(own, ({ at }) => at, RETURN_SPAN)
    if (back.length < LEAST || back.length < LEAST_SHARE * ends.length) return
    const [first, last] = [back[0]!, back.at(-1)!]
    this.around.tell({
      kind: 'mass-return',
      end,
      first: reference(first),
      last: reference(last),
      returns: back.length,
      sighting: first.sighting,
    })
  }
}

function opened(device: Device | null, moment: Moment): void {
  if (device === null) return
  device.open++
  const { upheaval } = device
  // That it opened may be known only by what ended it: it did not come back then.
  if (upheaval === null || moment.at < upheaval.ends[0]!.at) return
  if (upheaval.returns.length < NOTED_MAX) upheaval.returns.push(moment)
}

function closed(device: Device | null): void {
  if (device !== null && device.open > 0) device.open--
}

function add({ ends, ended }: Upheaval, end: End): void {
  const { connection } = end.sighting
  if (ends.length >= NOTED_MAX || ended.has(connection)) return
  ended.add(connection)
  ends.push(end)
}

function massEnd({ service, address, isServer }: Device, ends: readonly End[]): MassEnd {
  const [first, last] = [ends[0]!, ends.at(-1)!]
  const servers = new Set(ends.flatMap(({ sighting }) => serverNames(sighting)))
  return {
    kind: 'mass-end',
    service,
    leg: first.sighting.leg,
    address,
    isServer,
    isPassedOn: 2 * ends.filter(isServers).length > ends.length,
    isBehindOnly: !isServer && 2 * ends.filter(isSeenBehindOnly).length > ends.length,
    manner: 2 * ends.filter(({ manner }) => manner === 'rst').length > ends.length ? 'rst' : 'fin',
    first: reference(first),
    last: reference(last),
    ends: ends.length,
    agents: new Set(ends.map(agentKey)).size,
    open: Math.max(first.open, ends.length),
    servers: [...servers].sort(),
    sighting: first.sighting,
  }
}

/** Agents that stay: of a known product or service, and no browsers. */
function isFollowed(service: Service, leg: Leg): boolean {
  if (leg === 'probe' || leg === 'internal' || service.style === 'web') return false
  return service.configured !== null || service.profile !== 'generic'
}

/** Enough of them to look closer. */
const isMuch = (ends: readonly End[]): boolean =>
  (ends.length >= LEAST && ends.length >= LEAST_SHARE * ends[0]!.open) || areAll(ends)

const areAll = (ends: readonly End[]): boolean =>
  ends.length >= LEAST_OF_ALL && ends.length >= EVERYBODY * ends[0]!.open

/** Of many agents, and not by a timer that they reached together. */
function isUpheaval(ends: readonly End[]): boolean {
  if (new Set(ends.map(agentKey)).size < LEAST) return false
  const { idleThreshold } = ends[0]!.sighting.service
  return medianIdle(ends) < idleThreshold || !areAlike(ends)
}

/** All connections of the few agents that are there: theirs by name or address, and of no common length. */
function mayBeAll({ address }: Device, ends: readonly End[]): boolean {
  if (!areAll(ends) || ends.some(({ sighting }) => sighting.responder.address !== address)) return false
  return agentsOf(ends).size >= LEAST_OF_ALL && !areAlike(ends)
}

function areBack(ends: readonly End[], returns: readonly Moment[]): boolean {
  const agents = agentsOf(ends)
  const back = new Set([...agentsOf(returns)].filter((agent) => agents.has(agent)))
  return 2 * back.size > agents.size
}

const agentsOf = (moments: readonly Moment[]): Set<string> =>
  new Set(moments.filter(({ sighting }) => !isNobodys(sighting)).map(agentKey))

const medianIdle = (ends: readonly End[]): Micros =>
  ends.map(({ idle }) => idle).sort((a, b) => a - b)[ends.length >> 1]!

/** Silent for as long as each other, as by one timer. */
function areAlike(ends: readonly End[]): boolean {
  const median = medianIdle(ends)
  const alike = ends.filter(({ idle }) => Math.abs(idle - median) <= Math.max(SAME_TIMER, median / 10))
  return alike.length >= SAME_SHARE * ends.length
}

/** The relay closed towards the server because the agent had closed. */
const isAgents = ({ sighting: { leg, path } }: End): boolean =>
  leg === 'back' && path.sightings.some((s) => isAgentSide(s) && closedByAgent(s))

const isSeenBehindOnly = ({ sighting: { leg, path } }: End): boolean => leg === 'back' && isBehindOnly(path)

/** The server behind the relay closed first. */
const isServers = ({ sighting: { leg, path } }: End): boolean =>
  leg === 'front' && path.sightings.some((s) => s.leg === 'back' && closedByResponder(s))

/** Behind a relay agents may have no names: their connections stand for them. */
const agentKey = ({ sighting: { agent, leg, originator, connection } }: Moment): string =>
  agent !== null ? agent.id : leg === 'back' ? String(connection) : originator.address

const isNobodys = ({ agent, leg }: TrackedSighting): boolean => agent === null && leg === 'back'

const serverNames = ({ path, server }: TrackedSighting): string[] => {
  const known = server ?? path.sightings.find((s) => s.server !== null)?.server ?? null
  return known === null ? [] : [known.name]
}

const reference = ({ sighting, at, packet }: Moment): PacketReference => ({
  ...packetOf(sighting, packet, at),
})
