/**
 * What is spoken where TLS is expected, and TLS where something else is: for services that are configured, or
 * whose product is known.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import type { HttpRequest } from '../../model/http.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import type { Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import type { ProtocolMismatched } from '../../model/tls-events.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'

/** protocol_version and inappropriate_fallback (RFC 8446 §6.2, RFC 7507). */
const NO_COMMON_VERSION: ReadonlySet<number> = new Set([70, 86])
/** Tries at a port where nobody listens that make no accident: over this time, and so many. */
const WRONG_PORT_SPAN: Micros = seconds(30)
const WRONG_PORT_TRIES = 3
/** Clients remembered for that, and for what they speak; the oldest is forgotten. */
const CLIENTS_MAX = 4096

/** It begins as an alert or a handshake record does (RFC 8446 §5.1). */
const isTlsRecord = (text: string): boolean =>
  (text.charCodeAt(0) === 21 || text.charCodeAt(0) === 22) &&
  text.charCodeAt(1) === 3 &&
  text.charCodeAt(2) <= 4

type Proof = ProtocolMismatched['proof'][number]

export function followSpoken(surroundings: Surroundings): Follower {
  const { tell, later, settle } = surroundings
  const speakers = new Mixture(tell)
  /** Connections whose server was heard to speak TLS, if only to refuse. */
  const speaksTls = new WeakSet<TrackedSighting>()
  return {
    observe: {
      'connection-failed': followKnocking(surroundings),
      opening(o, sighting) {
        if (o.side !== 1 || sighting === null || !isWatched(sighting) || !isTlsRecord(o.text)) return
        speaksTls.add(sighting)
        // The answer to a request in clear is a TLS record: an alert.
        if (o.protocol !== 'http') return
        const note = 'answered by a TLS record'
        const proof = [start(sighting), { ...packetOf(sighting, o.packet, o.packetTime), note }]
        tell(mismatch('tls-only', sighting, proof))
      },
      'tls-alert'(o, sighting) {
        if (sighting === null || o.from !== 1 || !isWatched(sighting)) return
        speaksTls.add(sighting)
        if (o.description === null || !NO_COMMON_VERSION.has(o.description)) return
        const note = `alert ${o.description}: no version in common`
        const proof = [start(sighting), { ...packetOf(sighting, o.packet, o.time), note }]
        later(o.time + settle, () => tell(mismatch('version', sighting, proof)))
      },
      'tls-handshake'(o, sighting) {
        if (sighting === null || o.client === null || o.server === null || !isWatched(sighting)) return
        speakers.speaks(sighting, 'TLS', o.client.packet, o.client.time)
      },
      'http-transaction'(o, sighting) {
        if (o.decrypted || o.index > 0 || o.requestFrom !== 0 || o.request === null) return
        if (sighting === null || sighting.tls !== null || !isWatched(sighting)) return
        speakers.speaks(sighting, 'HTTP', o.request.packet, o.request.time)
        tellClear(sighting, o.request, o.response?.status ?? null)
      },
    },
    closed(sighting, summary) {
      const { tls } = sighting
      if (tls === null || tls.server !== null || tls.client === null || !isWatched(sighting)) return
      if (speaksTls.has(sighting) || !isAnswered(summary)) return
      const { packet, packetTime, client } = tls
      const asked = { ...packetOf(sighting, client.packet, client.time), note: 'ClientHello' }
      const note = `answered with ${summary.halves[1].uniqueBytes} octets that are no TLS`
      const proof = [asked, { ...packetOf(sighting, packet, packetTime), note }]
      tell(mismatch('not-tls', sighting, proof))
    },
  }

  function tellClear(sighting: TrackedSighting, request: HttpRequest, status: number | null): void {
    const { time: at, packet, method } = request
    later(at + settle, () => {
      if (sighting.leg === 'probe') return
      const isTlsInFront = sighting.path.sightings.some((s) => s.tls !== null)
      tell({ kind: 'clear-text', sighting, at, packet, method, status, isTlsInFront })
    })
  }
}

/** Who tries the product's usual port at a server that is configured on others. */
function followKnocking({ inventory, services, tell }: Surroundings): Knocking {
  const tries = new Remembered<string, { first: Proof; count: number; isTold: boolean }>(CLIENTS_MAX)
  return (o) => {
    if (o.manner !== 'refused') return
    const owner = inventory.rolesOf(o.responder.address)
    const configured = owner.serverOf[0]?.service ?? owner.vipOf[0]
    const { port } = o.responder
    if (configured === undefined || configured.ports.includes(port) || configured.ports.length === 0) return
    if (!PROFILES[configured.profile].ports.includes(port)) return
    const from = inventory.rolesOf(o.originator.address)
    if (from.relays || from.ignored || from.serverOf.length > 0) return
    const key = `${o.tap}|${o.originator.address}|${o.responder.address}|${port}`
    const note = `${port} is refused`
    const proof: Proof = { ...packetOf(o, o.packet, o.start), note }
    const known = tries.get(key)
    if (known === undefined) {
      tries.set(key, { first: proof, count: 1, isTold: false })
      return
    }
    known.count++
    if (known.isTold || known.count < WRONG_PORT_TRIES || o.start - known.first.at < WRONG_PORT_SPAN) return
    known.isTold = true
    tell({
      kind: 'protocol-mismatched',
      how: 'port',
      service: services.configured(configured.name),
      sighting: null,
      client: o.originator.address,
      server: o.responder,
      proof: [known.first, proof],
    })
  }
}
type Knocking = NonNullable<NonNullable<Follower['observe']>['connection-failed']>

/** The whole answer was captured, and it is there. */
const isAnswered = ({ halves, handshake }: ConnectionSummary): boolean =>
  handshake === 'complete' && halves[1].uniqueBytes > 0 && halves.every((half) => half.missingBytes === 0)

const isWatched = ({ service, leg }: TrackedSighting): boolean =>
  (service.configured !== null || service.profile !== 'generic') && leg !== 'internal' && leg !== 'probe'

const start = (sighting: TrackedSighting): Proof => ({
  ...packetOf(sighting, sighting.startPacket, sighting.start),
  note: 'the connection begins',
})

function mismatch(
  how: ProtocolMismatched['how'],
  sighting: TrackedSighting,
  proof: readonly Proof[],
): ProtocolMismatched {
  const { service, originator, responder } = sighting
  return {
    kind: 'protocol-mismatched',
    how,
    service,
    sighting,
    client: originator.address,
    server: responder,
    proof,
  }
}

/** Which agents of a management server list speak TLS, and which do not (article 151499: a list names one
 * protocol). Told once for a service. */
class Mixture {
  private readonly tell: (event: ProtocolMismatched) => void
  private readonly clients = new Map<Service, Readonly<Record<Spoken, Map<string, PacketReference>>>>()
  private readonly told = new Set<Service>()

  constructor(tell: (event: ProtocolMismatched) => void) {
    this.tell = tell
  }

  speaks(sighting: TrackedSighting, what: Spoken, packet: number, at: Micros): void {
    const { service, leg } = sighting
    if (service.profile !== 'symantec-sepm' || leg === 'back' || this.told.has(service)) return
    let known = this.clients.get(service)
    if (known === undefined) this.clients.set(service, (known = { TLS: new Map(), HTTP: new Map() }))
    const client = sighting.originator.address
    const other = what === 'TLS' ? 'HTTP' : 'TLS'
    if (known[what].has(client)) return
    const now = packetOf(sighting, packet, at)
    if (known[what].size < CLIENTS_MAX) known[what].set(client, now)
    // Who speaks both is on its way from one to the other.
    if (known[other].has(client)) return
    for (const [who, theirs] of known[other]) {
      if (known[what].has(who)) continue
      this.told.add(service)
      const proof = [
        { ...theirs, note: `${who} speaks ${other}` },
        { ...now, note: `${client} speaks ${what}` },
      ]
      this.tell(mismatch('mixed', sighting, proof))
      return
    }
  }
}
type Spoken = 'TLS' | 'HTTP'
