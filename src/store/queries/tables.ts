/**
 * The tables as the query builder knows them (`schema.data.ts` makes them). The builder only writes SQL: it
 * is compiled here and run through statements that each connection prepares once per text.
 */
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery } from 'kysely'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'

export interface IncidentTable {
  id: number
  type: string
  cause: string
  severity: number
  state: string
  service: number | null
  title: string
  summary: string
  remedy: string
  filter: string
  actor_role: string
  actor_address: string | null
  actor_name: string | null
  actor_confidence: number
  confidence: number
  requirements: string
  details: string
  occurrences: number
  agents: number
  start: number
  end: number
  created: number
  changed: number
}

export interface OccurrenceTable {
  id: number
  incident: number
  analysis: number
  type: string
  severity: number
  at: number
  tap: string
  service: number | null
  agent: number | null
  agent_address: string | null
  server: number | null
  server_name: string | null
  server_address: string | null
  server_port: number | null
  actor_role: string
  actor_address: string | null
  actor_confidence: number
  manner: string | null
  confidence: number
  connection_number: number | null
  sentence: string
  details: string
}

export interface ConnectionTable {
  id: number
  analysis: number
  input: number
  number: number
  service: number | null
  agent: number | null
  server: number | null
  start: number
  end: number
  end_reason: number
}

export interface Tables {
  incident: IncidentTable
  incident_text: { rowid: number; incident_text: string }
  incident_share: { incident: number; analysis: number }
  incident_agent: { incident: number; agent: number; occurrences: number; last: number }
  occurrence: OccurrenceTable
  connection: ConnectionTable
  analysis_input: {
    analysis: number
    ordinal: number
    capture: number
    start: number | null
    end: number | null
  }
  agent: { id: number; name: string; occurrences: number }
  agent_address: { agent: number; address: string }
  placement: { agent: number; service: number; server: string }
  service: { id: number; name: string }
  server: { id: number; service: number; name: string }
}

/** Builds queries over the tables; never runs one by itself. */
export const sqlite = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

interface Compilable<Row> {
  compile(): CompiledQuery<Row>
}

/** All rows of a built query. */
export function rowsOf<Row>(store: Store, query: Compilable<Row>): Row[] {
  const { sql, parameters } = query.compile()
  return prepared<Row>(store, sql).all(...parameters)
}
