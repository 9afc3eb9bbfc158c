/** A client refused the certificate that it was shown. */
import type { CertificateRefused } from '../../model/tls-events.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { Path } from '../../model/party.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const certificateUntrusted = detector({
  type: 'certificate-untrusted',
  asserts: 'A client ended the handshake with an alert that refuses the certificate of its server.',
  notThis: [
    'a self-signed certificate that clients accept',
    'a server that refuses the certificate of its client',
    'an alert about anything else',
  ],
  requirements: ['S1-11', 'S2-44'],
  flows: unseen('certificates'),
  parameters: {},
  watch(_values, _world, raise) {
    const told = new WeakSet<Path>()
    return {
      'certificate-refused'(event) {
        const { path, leg } = event.sighting
        // Other taps see the same.
        if (leg === 'probe' || told.has(path)) return
        told.add(path)
        raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = new Set(findings.map((f) => f.agent?.id ?? f.tuple?.[0].address)).size
    const { issuer, reason, isAlone } = first.details as { issuer: string; reason: string; isAlone: boolean }
    return {
      title: `Clients of ${first.service ?? 'a service'} refuse its certificate: ${reason}`,
      summary:
        `${counted(agents, 'client')} ended ${counted(findings.length, 'handshake')} with the alert “${reason}”. The certificate was issued by ${issuer}` +
        (isAlone ? '; the server sent none of an authority with it.' : '.'),
      remedy: REMEDIES[reason] ?? INSTALL,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const REASONS: Readonly<Record<number, string>> = {
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'revoked',
  45: 'expired',
  46: 'certificate unknown',
  48: 'unknown authority',
}

const INSTALL =
  'Install the root of the authority on the clients, and every intermediate certificate on the server.'
/** Where more certificates would not help, by reason (RFC 8446 §6.2). */
const REMEDIES: Readonly<Record<string, string>> = {
  expired: 'Renew the certificate; look at the clients’ clocks if it is valid.',
  revoked: 'Replace the certificate: its authority has taken it back.',
  'unsupported certificate':
    'Give the server a certificate with a key and a signature that these clients take: older ones know neither ECDSA nor RSA-PSS.',
}

function finding(event: CertificateRefused): Finding {
  const { sighting, chain, description, at, packet, shownIn } = event
  const leaf = chain[0]!
  const reason = REASONS[description] ?? `alert ${description}`
  const { service, server, responder } = sighting
  return {
    type: 'certificate-untrusted',
    severity: service.configured === null && service.profile === 'generic' ? 'info' : 'warning',
    at,
    ...about(sighting),
    actor: { role: 'server', address: server?.address ?? responder.address, confidence: 0.7 },
    manner: null,
    confidence: 0.95,
    details: {
      alert: description,
      reason,
      subject: leaf.subject,
      issuer: leaf.issuer,
      selfSigned: leaf.selfSigned,
      chain: chain.map(({ subject }) => subject),
      // A root need not be sent; what stands between it and the leaf must be (RFC 8446 §4.4.2).
      isAlone: chain.length === 1 && !leaf.selfSigned,
    },
    evidence: packets(
      { ...shownIn, note: `certificate of ${leaf.subject}` },
      { ...packetOf(sighting, packet, at), note: `alert ${description}: ${reason}` },
    ),
    cause: `${service.name}|${leaf.fingerprintSha256}|${description}`,
    requirements: service.profile === 'symantec-sepm' ? ['S1-11'] : ['S2-44'],
  }
}
