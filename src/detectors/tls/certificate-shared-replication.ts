/** Members of a cluster show each other one and the same certificate. */
import type { ReplicationCertificate } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { detector, unseen } from '../detector.ts'
import { memberFinding } from '../cluster/members.ts'
import { connectionFilter, packets } from '../wording.ts'
import { listed } from '../../model/listed.ts'

export const certificateSharedReplication = detector({
  type: 'certificate-shared-replication',
  asserts: 'Two members of a cluster show the same certificate on their ports of replication.',
  notThis: ['members with certificates of their own', 'one member that is reached under several addresses'],
  requirements: ['S2-25'],
  flows: unseen('certificates'),
  parameters: {},
  watch(_values, _world, raise) {
    const owners = new Map<string, ReplicationCertificate>()
    const told = new Set<string>()
    return {
      'replication-certificate'(event) {
        const { to, certificate } = event
        const key = `${to.service.name}|${certificate.fingerprintSha256}`
        const known = owners.get(key)
        if (known === undefined) {
          if (owners.size < CERTIFICATES_MAX) owners.set(key, event)
        } else if (known.to.server !== to.server && !told.has(key)) {
          told.add(key)
          raise(finding(known, event))
        }
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { servers, subject } = first.details as { servers: readonly string[]; subject: string }
    return {
      title: `Members of ${first.service ?? 'a cluster'} share one certificate for replication`,
      summary: `${listed(servers)} both show the certificate of ${subject} to other members.`,
      remedy:
        'Give the interface of each member that is used for replication a certificate of its own; a common one belongs on the interfaces for clients.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** Certificates remembered: of members there are few. */
const CERTIFICATES_MAX = 1024

function finding(one: ReplicationCertificate, two: ReplicationCertificate): Finding {
  const { certificate } = two
  return {
    type: 'certificate-shared-replication',
    severity: 'warning',
    ...memberFinding(two.to, two),
    confidence: 0.97,
    details: {
      servers: [one.to.server.name, two.to.server.name],
      subject: certificate.subject,
      fingerprintSha256: certificate.fingerprintSha256,
    },
    evidence: packets(
      ...[one, two].map(({ tap, packet, at, ends, to }) => ({
        tap,
        packet,
        at,
        ends,
        note: `${to.server.name} shows ${certificate.fingerprintSha256.slice(0, 16)}`,
      })),
    ),
    cause: `${two.to.service.name}|${certificate.fingerprintSha256}`,
    requirements: ['S2-25'],
  }
}
