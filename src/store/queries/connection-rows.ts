/** Connections as rows, fetched by their numbers, and as the record that the analysis made of them. */
import { communityId } from '../../model/community-id.ts'
import { isoTime, toSeconds } from '../../model/time.ts'
import type { ConnectionRow } from '../../model/view.ts'
import { END_REASONS, REST_MEMBERS } from '../codes.data.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { addressText } from './address-text.ts'

interface StoredConnection {
  readonly id: number
  readonly analysis: number
  readonly number: number
  readonly capture: number | null
  readonly tap: string
  readonly stream: number | null
  readonly service_name: string | null
  readonly agent_name: string | null
  readonly server_name: string | null
  readonly client_address: Uint8Array
  readonly client_port: number
  readonly server_address: Uint8Array
  readonly server_port: number
  readonly start: number
  readonly end: number
  readonly end_reason: number
  readonly client_bytes: number
  readonly server_bytes: number
  readonly max_idle: number
  readonly idle_before_end: number
  readonly rest: string
}

const BY_ID = `
  SELECT c.*, s.name AS service_name, a.name AS agent_name, v.name AS server_name,
    (SELECT capture FROM analysis_input WHERE analysis = c.analysis AND ordinal = c.input) AS capture
  FROM connection c LEFT JOIN service s ON s.id = c.service
    LEFT JOIN agent a ON a.id = c.agent LEFT JOIN server v ON v.id = c.server
  WHERE c.id = ?`

const stored = (store: Store, id: number): StoredConnection | undefined =>
  prepared<StoredConnection>(store, BY_ID).get(id)

type Rest = Partial<Record<(typeof REST_MEMBERS)[number], unknown>>

/** The members that no column holds. */
function restOf({ rest }: StoredConnection): Rest {
  const values = JSON.parse(rest) as unknown[]
  const members = REST_MEMBERS.map((member, place) => [member, values[place] ?? null])
  return { ...(Object.fromEntries(members) as Rest), path: values[REST_MEMBERS.indexOf('path')] ?? [] }
}

/** Rows in the order of the keys; a connection that has gone in between is left out. */
export const connectionRows = (store: Store, keys: readonly { readonly id: number }[]): ConnectionRow[] =>
  keys.flatMap(({ id }) => {
    const found = stored(store, id)
    return found === undefined ? [] : [rowOf(found)]
  })

const rowOf = (c: StoredConnection): ConnectionRow => {
  const client = { address: addressText(c.client_address), port: c.client_port }
  const serverEndpoint = { address: addressText(c.server_address), port: c.server_port }
  return {
    id: c.id,
    capture: c.capture ?? 0,
    tap: c.tap,
    stream: c.stream,
    // Not kept: it follows from the addresses.
    communityId: communityId(client, serverEndpoint),
    service: c.service_name,
    agent: c.agent_name,
    server: c.server_name,
    client,
    serverEndpoint,
    start: isoTime(c.start),
    end: isoTime(c.end),
    endReason: END_REASONS[c.end_reason] ?? 'open',
    clientBytes: c.client_bytes,
    serverBytes: c.server_bytes,
    maxIdleSeconds: toSeconds(c.max_idle),
  }
}

/** The record of `analyze --format ndjson`, in its order; null if there is no connection of the number. */
export function connectionRecord(
  store: Store,
  id: number,
): { readonly analysis: number; readonly number: number; readonly record: object } | null {
  const found = stored(store, id)
  if (found === undefined) return null
  const { id: _, capture: __, ...shown } = rowOf(found)
  const record = {
    kind: 'connection',
    id: found.number,
    ...shown,
    tap: found.tap === '' ? null : found.tap,
    ...restOf(found),
    communityId: shown.communityId,
    idleBeforeEndSeconds: toSeconds(found.idle_before_end),
  }
  return { analysis: found.analysis, number: found.number, record }
}
