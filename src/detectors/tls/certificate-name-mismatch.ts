/** A server's certificate does not cover the name that its clients ask for. */
import type { CertificateShown } from '../../model/tls-events.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { ProfileName } from '../../model/deployment.ts'
import type { Service } from '../../model/party.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'
import { covers, tooShallow } from './certificate-names.ts'
import { onceEach } from './told.ts'

export const certificateNameMismatch = detector({
  type: 'certificate-name-mismatch',
  asserts: 'A server showed a certificate that does not cover the name which the client asked for.',
  notThis: [
    'a name that the certificate lists, or that its wildcard covers',
    'a client that names nobody, and no name in the configuration',
    'a handshake of the relay’s own with its server: no agent sees that certificate',
    'a product whose agents do not go by names',
  ],
  requirements: ['S2-24', 'S2-39', 'S2-40', 'S2-41', 'S2-42'],
  flows: unseen('certificates'),
  parameters: {},
  watch(_values, _world, raise) {
    const isNew = onceEach()
    return {
      'certificate-shown'(event) {
        const { sighting, chain, name } = event
        if (name === null || isRelaysOwn(event) || !goesByNames(sighting.service)) return
        const leaf = chain[0]!
        if (covers(leaf, name)) return
        if (isNew(`${sighting.service.name}|${name}|${leaf.fingerprintSha256}`)) raise(finding(event, name))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { name, names } = first.details as { name: string; names: readonly string[] }
    return {
      title: `A certificate of ${first.service ?? 'a service'} does not name ${name}`,
      summary:
        `Clients ask for ${name} and are shown a certificate for ${names.slice(0, NAMES_SHOWN).join(', ') || 'no name at all'}.` +
        (findings.length === 1 ? '' : ` ${counted(findings.length, 'such certificate')} were seen.`),
      remedy: `Give every server that clients reach by ${name} a certificate that lists this name, or a wildcard that covers it: it stands for one label only.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** Names of a certificate that a sentence lists. */
const NAMES_SHOWN = 4

/** Agents of these verify keys or an authority of their own, and their servers' certificates name hosts
 * (article 158445: each manager makes its own; KB87820; DLP 16.1, "Secure Communications"). */
const NAMELESS: ReadonlySet<ProfileName> = new Set([
  'symantec-dlp',
  'symantec-dlp-12.5',
  'symantec-sepm',
  'mcafee-epo',
])
const goesByNames = ({ profile }: Service): boolean => !NAMELESS.has(profile)

/** No agent sees it: the relay ends the agents' TLS, as seen or as configured. */
const isRelaysOwn = ({ isRelays, isPassedThrough, sighting }: CertificateShown): boolean =>
  isRelays ||
  (sighting.leg === 'back' && !isPassedThrough && sighting.service.configured?.tlsMode === 'termination')

function finding(event: CertificateShown, name: string): Finding {
  const { sighting, chain, namedBy, at, packet, isPassedThrough } = event
  const leaf = chain[0]!
  const wildcard = tooShallow(leaf, name)
  const { server, responder, leg, service } = sighting
  const passes = isPassedThrough || leg === 'back'
  return {
    type: 'certificate-name-mismatch',
    severity: service.configured === null ? 'info' : 'warning',
    at,
    ...about(sighting),
    // Which agent saw it first says nothing: all do.
    agent: null,
    actor:
      leg === 'front' && server === null
        ? { role: 'unknown', address: responder.address, confidence: 0.6 }
        : { role: 'server', address: server?.address ?? responder.address, confidence: 0.9 },
    manner: null,
    confidence: namedBy === 'configuration' ? 0.8 : 0.97,
    details: {
      name,
      namedBy,
      names: leaf.names,
      subject: leaf.subject,
      issuer: leaf.issuer,
      fingerprintSha256: leaf.fingerprintSha256,
      wildcardTooShallow: wildcard,
    },
    evidence: packets({
      ...packetOf(sighting, packet, at),
      note: `asked for ${name}, shown a certificate for ${leaf.names.slice(0, NAMES_SHOWN).join(', ') || 'no name'}`,
    }),
    cause: `${service.name}|${name}`,
    requirements: ['S2-24', 'S2-39', ...(passes ? ['S2-40'] : []), wildcard === null ? 'S2-42' : 'S2-41'],
  }
}
