/** Connections as rows, fetched by their numbers, and as the record that the analysis made of them. */
import { communityId } from '../../model/community-id.ts'
import { isoTime, toSeconds } from '../../model/time.ts'
import type { ConnectionRow } from '../../model/view.ts'
import { END_REASONS, HANDSHAKES } from '../codes.data.ts'
import { type ConnectionFacts, connectionFacts } from '../connection-facts.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { addressText } from './address-text.ts'

interface StoredConnection {
  readonly id: number
  readonly analysis: number
  readonly number: number
  readonly capture: number | null
  readonly tap: string
  readonly service_name: string | null
  readonly agent_name: string | null
  readonly server_name: string | null
  readonly start: number
  readonly end: number
  readonly end_reason: number
  readonly facts: Uint8Array
}

const BY_ID = `
  SELECT c.*, s.name AS service_name, a.name AS agent_name, v.name AS server_name,
    (SELECT capture FROM analysis_input WHERE analysis = c.analysis AND ordinal = c.input) AS capture
  FROM connection c LEFT JOIN service s ON s.id = c.service
    LEFT JOIN agent a ON a.id = c.agent LEFT JOIN server v ON v.id = c.server
  WHERE c.id = ?`

const stored = (store: Store, id: number): StoredConnection | undefined =>
  prepared<StoredConnection>(store, BY_ID).get(id)

/** The tunnels that a connection was found in. */
export const pathOf = ({ path }: Pick<ConnectionFacts, 'path'>): readonly string[] =>
  path === '' ? [] : (JSON.parse(path) as string[])

/** Rows in the order of the keys; a connection that has gone in between is left out. */
export const connectionRows = (store: Store, keys: readonly { readonly id: number }[]): ConnectionRow[] =>
  keys.flatMap(({ id }) => {
    const found = stored(store, id)
    return found === undefined ? [] : [rowOf(found, connectionFacts(found.facts))]
  })

const rowOf = (c: StoredConnection, facts: ConnectionFacts): ConnectionRow => {
  const client = { address: addressText(facts.clientAddress), port: facts.clientPort }
  const serverEndpoint = { address: addressText(facts.serverAddress), port: facts.serverPort }
  return {
    id: c.id,
    capture: c.capture ?? 0,
    tap: c.tap,
    stream: facts.stream,
    // Not kept: it follows from the addresses.
    communityId: communityId(client, serverEndpoint),
    service: c.service_name,
    agent: c.agent_name,
    server: c.server_name,
    client,
    serverEndpoint,
    resolvedName: facts.resolvedName === '' ? null : facts.resolvedName,
    path: pathOf(facts),
    start: isoTime(c.start),
    end: isoTime(c.end),
    endReason: END_REASONS[c.end_reason] ?? null,
    clientBytes: facts.clientBytes,
    serverBytes: facts.serverBytes,
    maxIdleSeconds: toSeconds(facts.maxIdle),
  }
}

/** What flow records do not say of a connection is null, and what they say besides. */
function flowMembers({ clientIpBytes, serverIpBytes, maxIdleAtMost }: ConnectionFacts): object {
  if (maxIdleAtMost === null) return {}
  const untold = Object.fromEntries(NOT_IN_FLOWS.map((name) => [name, null]))
  return { ...untold, clientIpBytes, serverIpBytes, maxIdleAtMostSeconds: toSeconds(maxIdleAtMost) }
}

const NOT_IN_FLOWS = [
  'stream',
  'clientBytes',
  'serverBytes',
  'clientUniqueBytes',
  'serverUniqueBytes',
  'retransmissions',
  'outOfOrder',
  'keepAlives',
  'captureDuplicates',
] as const

/** The record of `analyze --format ndjson`, in its order; null if there is no connection of the number. */
export function connectionRecord(
  store: Store,
  id: number,
): { readonly analysis: number; readonly number: number; readonly record: object } | null {
  const found = stored(store, id)
  if (found === undefined) return null
  const facts = connectionFacts(found.facts)
  const { id: _, capture: __, path, ...shown } = rowOf(found, facts)
  const record = {
    kind: 'connection',
    id: found.number,
    ...shown,
    tap: found.tap === '' ? null : found.tap,
    handshake: HANDSHAKES[facts.handshake] ?? 'none',
    handshakeRttSeconds: facts.handshakeRtt === null ? null : toSeconds(facts.handshakeRtt),
    clientPackets: facts.clientPackets,
    serverPackets: facts.serverPackets,
    clientUniqueBytes: facts.clientUniqueBytes,
    serverUniqueBytes: facts.serverUniqueBytes,
    retransmissions: facts.retransmissions,
    outOfOrder: facts.outOfOrder,
    keepAlives: facts.keepAlives,
    captureDuplicates: facts.captureDuplicates,
    tls: facts.tls === '' ? null : (JSON.parse(facts.tls) as unknown),
    http: facts.requests === null ? null : { requests: facts.requests, responses: facts.responses ?? 0 },
    path,
    idleBeforeEndSeconds: toSeconds(facts.idleBeforeEnd),
    ...flowMembers(facts),
  }
  return { analysis: found.analysis, number: found.number, record }
}
