/**
 * What relays do with the TLS of agents, where both of their legs were captured: pass it on as it is, end
 * it, or change it. One handshake has one ClientHello.random on both legs (RFC 8446 §4.1.2: 28 octets of
 * chance or more).
 */
import type { ObservationOf } from '../../model/observation.ts'
import type { TlsRelayed } from '../../model/tls-events.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { SAME_SEQUENCE } from '../paths.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'

type Handshake = ObservationOf<'tls-handshake'>

/** bad_record_mac and decrypt_error: what one side sent is not what the other received (RFC 8446 §6.2). */
const DAMAGED: ReadonlySet<number> = new Set([20, 51])

export function followTlsRelays({ tell, later, settle, severalTaps }: Surroundings): Follower {
  const told = new WeakSet<TrackedPath>()
  const alerts = new WeakMap<TrackedPath, number>()
  const consider = (sighting: TrackedSighting): void => {
    const { path } = sighting
    if (!path.isJoined || told.has(path)) return
    const event = relayed(path, alerts.get(path) ?? null)
    if (event === null) return
    told.add(path)
    tell(event)
  }
  const isOfInterest = ({ leg }: TrackedSighting): boolean =>
    leg === 'front' || leg === 'back' || (leg === 'direct' && severalTaps())
  return {
    observe: {
      'tls-handshake'(o, sighting) {
        if (sighting === null || o.client === null || o.server === null || !isOfInterest(sighting)) return
        later(o.time + settle, () => consider(sighting))
      },
      'http-request'(o, sighting) {
        // By then the request has told both legs whose they are.
        if (sighting === null || sighting.requests > 1 || sighting.leg !== 'back') return
        later(o.time + settle, () => consider(sighting))
      },
      'tls-alert'(o, sighting) {
        const { description, packet, from, time: at } = o
        if (sighting === null || description === null || !DAMAGED.has(description)) return
        if (sighting.path.isJoined) alerts.set(sighting.path, description)
        else if (sighting.leg !== 'probe' && sighting.leg !== 'internal')
          later(at + settle, () => {
            if (!sighting.path.isJoined)
              tell({ kind: 'tls-damaged', sighting, at, packet, from, description })
          })
      },
    },
    closed(sighting) {
      if (sighting.tls !== null && sighting.path.isJoined && isOfInterest(sighting)) consider(sighting)
    },
  }
}

function relayed(path: TrackedPath, alert: number | null): TlsRelayed | null {
  const [front, back] = legsOf(path)
  const hello = front?.tls ?? null
  if (front === null || back === null || hello?.client == null || hello.server === null) return null
  const common = { kind: 'tls-relayed', front, back, hello, at: hello.time, joinedBy: path.joinedBy } as const
  const backHello = back.tls
  if (backHello === null) {
    const isClear = back.handshake === 'complete' && back.requests > 0
    return isClear ? { ...common, outcome: 'offloaded', backHello: null, differing: [] } : null
  }
  if (backHello.client === null || backHello.server === null) return null
  if (backHello.client.random !== hello.client.random)
    return { ...common, outcome: 'terminated', backHello, differing: [] }
  const differing = differences(hello, backHello)
  if (alert !== null && differing.length > 0) differing.push(`alert ${alert}`)
  return { ...common, outcome: differing.length > 0 ? 'modified' : 'passed', backHello, differing }
}

/** The agent's side of the relay and the server's, each with its handshake if some tap saw that. */
function legsOf(path: TrackedPath): readonly [TrackedSighting | null, TrackedSighting | null] {
  const of = (leg: string): TrackedSighting | null => {
    const list = path.sightings.filter((s) => s.leg === leg)
    return list.find(({ tls }) => tls?.server != null) ?? list[0] ?? null
  }
  const front = of('front')
  const back = of('back')
  if (front !== null && back !== null) return [front, back]
  // Nobody said who relays: one handshake under two pairs of addresses, on two TCP connections, says it too.
  if (path.joinedBy.includes(SAME_SEQUENCE)) return [null, null]
  const seen = path.sightings.filter(({ tls, handshake }) => tls?.server != null && handshake === 'complete')
  const [first, ...others] = seen.toSorted((a, b) => a.start - b.start)
  const other = others.find((s) => s.responder.address !== first!.responder.address)
  return first === undefined || other === undefined || !path.joinedBy.includes('same TLS ClientHello')
    ? [null, null]
    : [first, other]
}

/** What of one handshake does not look the same on both legs. */
function differences(front: Handshake, back: Handshake): string[] {
  const [a, b] = [front.client!, back.client!]
  const [s, t] = [front.server!, back.server!]
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['server name', a.serverName, b.serverName],
    ['offered version', a.version, b.version],
    ['ALPN offered', a.alpn.join(), b.alpn.join()],
    ['ClientHello', a.hash || null, b.hash || null],
    ['ServerHello.random', s.random, t.random],
    ['version', s.version, t.version],
    ['cipher suite', s.cipherSuite, t.cipherSuite],
    ['certificate', leafOf(front), leafOf(back)],
  ]
  return pairs
    .filter(([what, x, y]) => x !== y && !(isOptional(what) && (x === null || y === null)))
    .map(([what]) => what)
}

/** What one of the captures may not hold proves nothing by being absent there. */
const isOptional = (what: string): boolean => what === 'ClientHello' || what === 'certificate'
const leafOf = ({ certificates }: Handshake): string | null => certificates[0]?.fingerprintSha256 ?? null
