/**
 * Certificates that servers show, and clients that refuse them, as far as the capture can read them: up to
 * TLS 1.2, and with keys (RFC 8446 hides them).
 */
import type { ObservationOf } from '../../model/observation.ts'
import { addressNumber } from '../../model/address.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { isAgentSide, type Sighting } from '../../model/party.ts'
import type { CertificateShown } from '../../model/tls-events.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

type Handshake = ObservationOf<'tls-handshake'>

/** bad, unsupported, revoked, expired, unknown certificate, and unknown authority (RFC 8446 §6.2). */
const REFUSALS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48])

export function followCertificates({ tell, later, settle, severalTaps }: Surroundings): Follower {
  return {
    observe: {
      'tls-handshake'(o, sighting) {
        if (sighting === null || o.certificates.length === 0 || sighting.leg === 'internal') return
        const say = (): void => tell(shown(o, sighting))
        // What the other leg shows of it, and whose server it is, is known a little later.
        if (severalTaps() || sighting.leg !== 'direct') later(o.time + settle, say)
        else say()
      },
      'tls-alert'(o, sighting) {
        const seen = sighting?.tls ?? null
        if (sighting === null || seen === null || seen.client === null || sighting.leg === 'internal') return
        if (o.description === null || !REFUSALS.has(o.description) || o.from !== seen.client.side) return
        if (seen.certificates.length === 0) return
        const { time: at, packet, description } = o
        const { certificates: chain } = seen
        const shownIn = certificateIn(seen, sighting)
        later(at + settle, () =>
          tell({ kind: 'certificate-refused', sighting, at, packet, description, shownIn, chain }),
        )
      },
    },
  }
}

/** The packet in which the server's chain came. */
export const certificateIn = (o: Handshake, sighting: Sighting): PacketReference =>
  packetOf(sighting, o.certificatesIn?.packet ?? o.packet, o.certificatesIn?.time ?? o.packetTime)

function shown(o: Handshake, sighting: TrackedSighting): CertificateShown {
  const random = o.client?.random
  const others = sighting.path.isJoined ? sighting.path.sightings : []
  const handshakes = others.filter((s) => s.leg !== sighting.leg && s.tls?.client != null)
  const { at, packet } = certificateIn(o, sighting)
  return {
    kind: 'certificate-shown',
    sighting,
    at,
    packet,
    chain: o.certificates,
    ...nameFor(o, sighting),
    isRelays: sighting.leg === 'back' && handshakes.some(({ tls }) => tls!.client!.random !== random),
    isPassedThrough: handshakes.some(({ tls }) => tls!.client!.random === random),
  }
}

/** The name that the client means: what it says, what it had looked up, or what the operator says it uses. */
function nameFor(o: Handshake, sighting: TrackedSighting): Pick<CertificateShown, 'name' | 'namedBy'> {
  const said = o.client?.serverName ?? null
  if (said !== null) {
    // An address is no name (RFC 6066 §3).
    const name = addressNumber(said) === null ? plain(said) : ''
    return name === '' ? { name: null, namedBy: null } : { name, namedBy: 'server name' }
  }
  if (sighting.resolvedName !== null) return { name: plain(sighting.resolvedName), namedBy: 'DNS' }
  const fqdn = sighting.service.configured?.fqdn ?? null
  // A relay of its own that names nobody does not go by the name of the agents, nor does a check.
  if (fqdn === null || !isAgentSide(sighting)) return { name: null, namedBy: null }
  return { name: plain(fqdn), namedBy: 'configuration' }
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')
