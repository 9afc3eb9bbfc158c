/** Servers behind one name show different certificates at the same time. */
import type { CertificateShown } from '../../model/tls-events.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { ProfileName } from '../../model/deployment.ts'
import type { Service } from '../../model/party.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import type { Certificate } from '../../model/tls.ts'
import { detector, span, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const certificateDiffers = detector({
  type: 'certificate-differs',
  asserts: 'Clients that ask for one name are shown different certificates at the same time.',
  notThis: [
    'a renewal: a young certificate takes the place of an old one',
    'one certificate that took the place of another, which was not seen again',
    'RSA beside ECDSA: the client’s ciphers choose',
    'servers that are asked for by names of their own',
    'a handshake of the relay’s own with its server: no agent sees that certificate',
    'a product whose servers have certificates of their own by design',
    'a service that is not configured: content networks do so',
  ],
  requirements: ['S2-27'],
  flows: unseen('certificates'),
  parameters: {
    renewal: span(
      7 * 86_400 * SECOND,
      'a certificate that became valid this shortly before is being rolled out, if the other one did not',
    ),
  },
  watch({ renewal }, _world, raise) {
    const names = new Map<string, Name>()
    return {
      'certificate-shown'(event) {
        const { sighting, name } = event
        if (name === null || event.isRelays || !mustBeOne(sighting.service)) return
        if (sighting.leg === 'back' && sighting.service.configured?.tlsMode === 'termination') return
        const key = `${sighting.service.name}|${name}`
        let known = names.get(key)
        if (known === undefined) {
          if (names.size >= NAMES_MAX) return
          names.set(key, (known = { shown: [], isTold: false }))
        }
        const pair = known.isTold ? null : differing(known, event, renewal)
        if (pair === null) return
        known.isTold = true
        raise(finding(pair, name))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { name, certificates } = first.details as { name: string; certificates: readonly unknown[] }
    return {
      title: `Servers of ${first.service ?? 'a service'} show different certificates for ${name}`,
      summary: `Clients that ask for ${name} are shown ${certificates.length} different certificates, one after the other and again.`,
      remedy:
        'Install the same certificate with its key on every server that clients reach by this name; certificates of their own belong on the interfaces between servers.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** Names of services that are followed, and certificates of each. */
const NAMES_MAX = 1024
const CERTIFICATES_MAX = 16

interface Shown {
  readonly first: CertificateShown
  last: Micros
}

interface Name {
  readonly shown: Shown[]
  isTold: boolean
}

/** Servers of these have certificates of their own (article 158445; KB87820; DLP 16.1). */
const OWN: ReadonlySet<ProfileName> = new Set([
  'symantec-dlp',
  'symantec-dlp-12.5',
  'symantec-sepm',
  'mcafee-epo',
])

const mustBeOne = ({ configured, profile }: Service): boolean => configured !== null && !OWN.has(profile)

/** Two certificates of which the first was seen again after the second: both are in use. */
function differing(
  { shown }: Name,
  event: CertificateShown,
  renewal: Micros,
): readonly [Shown, Shown] | null {
  const leaf = event.chain[0]!
  const own = shown.find(({ first }) => first.chain[0]!.fingerprintSha256 === leaf.fingerprintSha256)
  if (own === undefined) {
    if (shown.length < CERTIFICATES_MAX) shown.push({ first: event, last: event.at })
    return null
  }
  own.last = Math.max(own.last, event.at)
  const other = shown.find(
    (s) =>
      s !== own &&
      s.first.at > own.first.at &&
      s.first.at < event.at &&
      !isChosen(s.first.chain[0]!, leaf) &&
      !isRenewal(s.first.chain[0]!, leaf, event.at, renewal),
  )
  return other === undefined ? null : [own, other]
}

/** Keys of different kinds: the server has one certificate for each. */
const isChosen = (a: Certificate, b: Certificate): boolean => familyOf(a) !== familyOf(b)
const familyOf = ({ keyType }: Certificate): string => keyType.split('-', 1)[0]!

/** One of two became valid of late and the other did not: it is to take its place. */
function isRenewal(a: Certificate, b: Certificate, at: Micros, renewal: Micros): boolean {
  const isYoung = ({ notBefore }: Certificate): boolean => at - Date.parse(notBefore) * 1000 < renewal
  return isYoung(a) !== isYoung(b)
}

function finding([one, two]: readonly [Shown, Shown], name: string): Finding {
  const { sighting, at } = two.first
  const certificates = [one, two].map(({ first: { chain, sighting: by } }) => ({
    server: by.server?.name ?? null,
    subject: chain[0]!.subject,
    fingerprintSha256: chain[0]!.fingerprintSha256,
    notBefore: chain[0]!.notBefore,
  }))
  return {
    type: 'certificate-differs',
    severity: 'warning',
    at,
    ...about(sighting),
    agent: null,
    server: null,
    actor: { role: 'server', address: null, confidence: 0.8 },
    manner: null,
    confidence: 0.95,
    details: { name, certificates },
    evidence: packets(
      ...[one, two].map(({ first }) => ({
        ...packetOf(first.sighting, first.packet, first.at),
        note: `${first.sighting.server?.name ?? 'a server'} shows ${first.chain[0]!.fingerprintSha256.slice(0, 16)}`,
      })),
    ),
    cause: `${sighting.service.name}|${name}`,
    requirements: ['S2-27'],
  }
}
