/** Servers, by service and name: where agents are, and how many connections each has had. */
import { sql } from 'kysely'
import { endpointText } from '../../model/packet.ts'
import { isoTime } from '../../model/time.ts'
import type { Page, ServerRow } from '../../model/view.ts'
import { HANDSHAKE_STEPS_PER_DECADE } from '../codes.data.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkFilter, checkPage, isSet } from './filter.ts'
import type { Filter, PageRequest } from './filter.ts'
import { oneOf } from './incident-filter.ts'
import { serviceNumbers } from './names.ts'
import { rowsOf, sqlite } from './tables.ts'

const LIST = 'servers'

/** Servers of some services, or of all; by service and number. */
export function listServers(
  store: Store,
  filter: Pick<Filter, 'service'>,
  page: PageRequest,
): Page<ServerRow> {
  checkPage(page)
  checkFilter(filter)
  const after = sortKeyOf(LIST, page.cursor)
  let matching = sqlite.selectFrom('server as v')
  if (isSet(filter.service))
    matching = matching.where(oneOf('v.service', serviceNumbers(store, filter.service)))
  let query = matching.select(['v.id', 'v.service'])
  if (after !== null) query = query.where(sql<boolean>`(v.service, v.id) > (${after[0]}, ${after[1]})`)
  const keys = rowsOf(
    store,
    query
      .orderBy('v.service')
      .orderBy('v.id')
      .limit(page.limit + 1),
  )
  const { shown, next } = cut(LIST, keys, page.limit, (key) => [key.service, key.id])
  const [counted] = rowsOf(store, matching.select(sql<number>`count(*)`.as('n')))
  return { items: shown.flatMap(({ id }) => serverRow(store, id) ?? []), next, total: counted?.n ?? 0 }
}

interface StoredServer {
  readonly id: number
  readonly service: number
  readonly service_name: string
  readonly name: string
  readonly address: string
  readonly port: number
  readonly identified_by: string
  readonly last_seen: number
  readonly agents: number
}

const BY_ID = `
  SELECT v.*, s.name AS service_name,
    (SELECT count(*) FROM placement p WHERE p.service = v.service AND p.server = v.name) AS agents
  FROM server v JOIN service s ON s.id = v.service WHERE v.id = ?`
const TALLIES = 'SELECT connections, open, handshakes FROM tally WHERE service = ? AND server = ?'

/** One server by its number in the database. */
export function serverRow(store: Store, id: number): ServerRow | null {
  const server = prepared<StoredServer>(store, BY_ID).get(id)
  if (server === undefined) return null
  type Tally = { readonly connections: number; readonly open: number; readonly handshakes: string }
  const tallies = prepared<Tally>(store, TALLIES).all(server.service, id)
  return {
    id: endpointText(server),
    name: server.name,
    service: server.service_name,
    address: server.address,
    port: server.port,
    identifiedBy: server.identified_by,
    agents: server.agents,
    connections: tallies.reduce((sum, { connections }) => sum + connections, 0),
    open: tallies.reduce((sum, { open }) => sum + open, 0),
    medianHandshakeSeconds: medianSeconds(tallies.map(({ handshakes }) => handshakes)),
    lastSeen: isoTime(server.last_seen),
  }
}

/** The middle of the step that the median lies in. */
function medianSeconds(texts: readonly string[]): number | null {
  const counts = new Map<number, number>()
  for (const text of texts)
    for (const [step, n] of Object.entries(JSON.parse(text) as Record<string, number>))
      counts.set(Number(step), (counts.get(Number(step)) ?? 0) + n)
  let left = [...counts.values()].reduce((sum, n) => sum + n, 0) / 2
  for (const [step, n] of [...counts].sort(([a], [b]) => a - b)) {
    left -= n
    if (left <= 0) return Number((10 ** ((step + 0.5) / HANDSHAKE_STEPS_PER_DECADE)).toPrecision(3))
  }
  return null
}
