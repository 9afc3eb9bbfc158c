/** Client and server speak different protocols, or meet at no port. */
import type { Finding, Severity } from '../../model/incident.ts'
import type { Path } from '../../model/party.ts'
import type { ProtocolMismatched } from '../../model/tls-events.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const protocolMismatch = detector({
  type: 'protocol-mismatch',
  asserts: 'A client speaks TLS where the server does not, or the other way round, or knocks at an old port.',
  notThis: [
    'a server that refuses TLS by an alert about anything but versions',
    'an answer of which the capture lost a part',
    'a few tries at a port, as a scanner makes',
    'agents that go from one protocol to the other',
    'a service of which nothing is known',
  ],
  requirements: ['S1-09', 'S1-10', 'S1-13', 'S1-17'],
  flows: unseen('which protocol is spoken'),
  parameters: {},
  watch(_values, _world, raise) {
    const told = new WeakSet<Path>()
    return {
      'protocol-mismatched'(event) {
        const path = event.sighting?.path ?? null
        if ((path !== null && told.has(path)) || !event.proof.some(({ packet }) => packet > 0)) return
        // Other taps see the same.
        if (path !== null) told.add(path)
        raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const how = first.details['how'] as ProtocolMismatched['how']
    const clients = new Set(findings.map((f) => f.details['client'])).size
    return {
      title: `${TITLES[how]}: ${first.service ?? 'a service'}`,
      summary: `${counted(clients, 'client')}, ${counted(findings.length, 'time')}: ${SENTENCES[how]}`,
      remedy: REMEDIES[how],
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

type How = ProtocolMismatched['how']

const TITLES: Readonly<Record<How, string>> = {
  'not-tls': 'Clients speak TLS to a server that does not',
  'tls-only': 'Clients speak in clear to a server that wants TLS',
  version: 'Clients and server have no TLS version in common',
  port: 'Clients try a port where nobody listens',
  mixed: 'Some agents speak TLS, others do not',
}

const SENTENCES: Readonly<Record<How, string>> = {
  'not-tls': 'a ClientHello was answered in another protocol.',
  'tls-only': 'a request in clear was answered by a TLS record.',
  version: 'the server refused every TLS version that was offered.',
  port: 'the usual port of the product was refused again and again; the service is configured on others.',
  mixed: 'agents of one list use HTTP and HTTPS.',
}

const REMEDIES: Readonly<Record<How, string>> = {
  'not-tls': 'Switch TLS on at the server, or name HTTP in the list of servers that the agents are given.',
  'tls-only': 'Name HTTPS in the list of servers that the agents are given.',
  version: 'Raise the older side: TLS 1.0 and 1.1 are switched off in current systems (RFC 8996).',
  port: 'Put the port into the server list before agents are installed; give those that have the old one a new list.',
  mixed: 'Finish the change of protocol: agents that kept the old one have not fetched the new list.',
}

const REQUIREMENTS: Readonly<Record<How, readonly string[]>> = {
  'not-tls': ['S1-10'],
  'tls-only': ['S1-10'],
  version: ['S1-10'],
  port: ['S1-13'],
  mixed: ['S1-09', 'S1-17'],
}

function finding({ how, service, sighting, client, server, proof }: ProtocolMismatched): Finding {
  const last = proof.at(-1)!
  const severity: Severity = how === 'mixed' ? 'info' : 'warning'
  return {
    type: 'protocol-mismatch',
    severity,
    at: last.at,
    ...(sighting === null
      ? { tap: last.tap, agent: null, server: null, service: service.name, connection: null, tuple: null }
      : about(sighting)),
    service: service.name,
    actor: { role: 'unknown', address: null, confidence: 0.5 },
    manner: null,
    confidence: 0.9,
    details: { how, client, address: server.address, port: server.port },
    evidence: packets(...proof.filter(({ packet }) => packet > 0)),
    cause: `${service.name}|${how}|${server.address}:${server.port}`,
    requirements: REQUIREMENTS[how],
  }
}
