/** Records out of what the session stage knows: agents, servers, connections, as the contract names their
 * fields. */
import type { ConnectionSummary } from '../model/connection.ts'
import type { TlsHandshake } from '../model/observation.ts'
import type { Agent, Server } from '../model/party.ts'
import type { AgentRecord, ConnectionRecord, ConnectionTls, ServerRecord } from '../model/record.ts'
import { toSeconds } from '../model/time.ts'
import { cameAnotherWay } from './ends/lost-paths.ts'
import type { TrackedSighting } from './sighting.ts'
import { presentedSessions } from './agents/tls-identity.ts'

export function agentRecord(agent: Agent): AgentRecord {
  return {
    kind: 'agent',
    id: agent.id,
    identifiedBy: agent.identifiedBy,
    confidence: agent.confidence,
    addresses: agent.addresses.map(({ address, start, end }) => ({ address, start, end })),
  }
}

export const serverRecord = (server: Server): ServerRecord => ({
  kind: 'server',
  id: server.id,
  name: server.name,
  service: server.service.name,
  address: server.address,
  port: server.port,
  identifiedBy: server.identifiedBy,
})

/**
 * `stream` is null where several files are read: Wireshark numbers each by itself. The Community ID is left
 * to those who show it: it follows from the endpoints, and costs as much as all the rest.
 */
export function connectionRecord(
  sighting: TrackedSighting,
  summary: ConnectionSummary,
  oneFile: boolean,
): ConnectionRecord {
  const [client, server] = summary.halves
  const relayed = sighting.leg === 'internal' || sighting.leg === 'probe'
  return {
    kind: 'connection',
    id: summary.connection,
    tap: summary.tap,
    stream: oneFile ? summary.stream : null,
    path: summary.path ?? [],
    service: sighting.service.name,
    agent: relayed ? null : (sighting.agent?.id ?? null),
    server: sighting.server?.name ?? null,
    client: summary.originator,
    serverEndpoint: summary.responder,
    resolvedName: sighting.resolvedName,
    start: summary.start,
    end: summary.end,
    handshake: summary.handshake,
    handshakeRttSeconds: summary.handshakeRtt === null ? null : toSeconds(summary.handshakeRtt),
    clientPackets: client.packets,
    serverPackets: server.packets,
    clientBytes: client.bytes,
    serverBytes: server.bytes,
    clientUniqueBytes: client.uniqueBytes,
    serverUniqueBytes: server.uniqueBytes,
    retransmissions: client.retransmissions + server.retransmissions,
    outOfOrder: client.outOfOrder + server.outOfOrder,
    keepAlives: client.keepAlives + server.keepAlives,
    captureDuplicates: client.captureDuplicates + server.captureDuplicates,
    maxIdleSeconds: toSeconds(summary.maxIdle),
    idleBeforeEndSeconds: toSeconds(summary.idleBeforeEnd),
    longestSurvivedSeconds: toSeconds(summary.longestSurvived),
    endReason: isForeignReset(sighting, summary) ? 'middlebox-rst' : summary.endReason,
    ...(summary.flows === undefined ? {} : { flows: summary.flows }),
    tls: tlsOf(sighting),
    http:
      sighting.requests + sighting.responses === 0
        ? null
        : { requests: sighting.requests, responses: sighting.responses },
  }
}

/** The RST that ended it was another's, by the way that it came. */
function isForeignReset(sighting: TrackedSighting, summary: ConnectionSummary): boolean {
  if (summary.endReason !== 'client-rst' && summary.endReason !== 'server-rst') return false
  const reset = sighting.ending?.resets[summary.endedBy ?? 0] ?? null
  return reset !== null && cameAnotherWay(reset)
}

function tlsOf({ tls }: TrackedSighting): ConnectionTls | null {
  if (tls === null) return null
  const version = tls.server?.version ?? tls.client?.version ?? null
  return {
    version:
      version === null ? null : (VERSIONS.get(version) ?? `0x${version.toString(16).padStart(4, '0')}`),
    sni: tls.client?.serverName ?? null,
    alpn: tls.server?.alpn ?? null,
    ja3: tls.client?.ja3 ?? null,
    ja3s: tls.server?.ja3s ?? null,
    ja4: tls.client?.ja4 ?? null,
    resumed: tls.resumed,
    resumption: resumptionOf(tls),
    certificates: tls.certificates,
    ...(tls.ocsp === undefined ? {} : { ocsp: tls.ocsp }),
    decrypted: tls.decrypted,
  }
}

function resumptionOf(tls: TlsHandshake): ConnectionTls['resumption'] {
  if (tls.resumed === null || presentedSessions(tls).length === 0) return null
  return tls.resumed ? 'accepted' : 'refused'
}

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0002, 'SSL 2.0'],
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3'],
])
