/** A store in memory that tests fill row by row; what a test does not care about is filled in. */
import { SECOND } from '../../../src/model/time.ts'
import type { Micros } from '../../../src/model/time.ts'
import { factsPacker, NUMBERS, OPTIONAL_NUMBERS } from '../../../src/store/connection-facts.ts'
import { openStore } from '../../../src/store/store.ts'
import type { Store } from '../../../src/store/store.ts'

export type Row = Readonly<Record<string, unknown>>

/** 2026-11-21T00:00:00Z */
export const MIDNIGHT: Micros = Date.parse('2026-11-21T00:00:00Z') * 1000
export const at = (seconds: number): Micros => MIDNIGHT + Math.round(seconds * SECOND)
export const HOUR = 3600

const ADDRESSES = [Uint8Array.of(10, 10, 1, 101), Uint8Array.of(10, 10, 3, 11)] as const

/** What a connection's row holds packed; `values` in place of those that a test does not care about. */
export function facts(
  values: Readonly<Partial<Record<string, number>>> = {},
  path: readonly string[] = [],
  [client, server]: readonly [Uint8Array, Uint8Array] = ADDRESSES,
  name = '',
): Buffer {
  const packer = factsPacker()
  const pathText = path.length === 0 ? '' : JSON.stringify(path)
  packer.begin(client, server, pathText.length + name.length)
  const usual: typeof values = { clientPort: 5e4, serverPort: 443, clientBytes: 10, serverBytes: 20 }
  for (const name of NUMBERS) packer.number(values[name] ?? usual[name] ?? 0)
  for (const name of OPTIONAL_NUMBERS) packer.optional(values[name] ?? -1)
  packer.text('')
  packer.text(pathText)
  // Rows from before names were kept end here.
  if (name !== '') packer.text(name)
  return packer.end()
}

const DEFAULTS: Readonly<Record<string, Row>> = {
  service: { first_seen: at(0), last_seen: at(24 * HOUR) },
  server: { address: '10.10.3.11', port: 443, identified_by: 'config', last_seen: at(0) },
  agent: { identified_by: 'http-header', confidence: 0.9, first_seen: at(0), last_seen: at(24 * HOUR) },
  capture: { size: 1000, stored: 'a.pcap', uploaded: at(0) },
  analysis: { state: 'done', created: at(0), finished: at(1), published: 1 },
  analysis_input: { ordinal: 0, tap: 'client', start: at(0), end: at(24 * HOUR) },
  session: { analysis: 1, connections: 1, bytes: 10, ended_by: 'agent' },
  connection: {
    analysis: 1,
    input: 0,
    end_reason: 1,
    survived: 0,
    tap: 'client',
    facts: facts(),
  },
  incident: {
    type: 'severed-idle',
    severity: 3,
    state: 'open',
    title: 'Cut',
    summary: 'It cut.',
    remedy: 'Raise it.',
    filter: 'tcp',
    actor_role: 'load-balancer',
    actor_address: '10.10.2.10',
    actor_name: 'lb1',
    actor_confidence: 0.9,
    confidence: 0.8,
    requirements: '["S0-04"]',
    details: '{}',
    occurrences: 1,
    agents: 1,
    created: at(0),
    changed: at(0),
  },
  occurrence: {
    analysis: 1,
    type: 'severed-idle',
    severity: 3,
    tap: 'client',
    actor_role: 'load-balancer',
    actor_address: '10.10.2.10',
    actor_confidence: 0.9,
    confidence: 0.8,
    sentence: 'Cut.',
    details: '{}',
  },
}

export interface SmallStore extends Store {
  /** Adds a row and answers its number. */
  add(table: string, row: Row): number
}

export function smallStore(): SmallStore {
  const store = openStore(':memory:')
  return {
    ...store,
    add(table, row) {
      const whole = { ...DEFAULTS[table], ...row }
      const names = Object.keys(whole)
      const insert = `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')})
        VALUES (${names.map(() => '?').join(', ')})`
      return Number(store.db.prepare(insert).run(...Object.values(whole)).lastInsertRowid)
    },
  }
}

/** One analysis of one capture, so that whatever refers to them may be added. */
export function readStore(): SmallStore {
  const store = smallStore()
  store.add('capture', { name: 'client.pcap', sha256: 'ab' })
  store.add('analysis', {})
  store.add('analysis_input', { analysis: 1, capture: 1 })
  return store
}
