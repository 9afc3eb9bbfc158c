/**
 * What a comparison needs of an analysis: gathered from its records, or read back from the ndjson that
 * `analyze` wrote. Bounded by what is kept of each kind; connections and occurrences are passed over.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { RecordKind, RequirementStatus } from '../../model/record.ts'
import { failure } from '../failure.ts'

/** The kinds that are asked of an analysis. */
export const COMPARED_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'capture',
  'session',
  'incident',
  'requirement',
  'summary',
])

/** Incidents, verdicts and servers kept of a result: more than anybody reads, few enough to hold. */
const KEPT_MAX = 20_000

export interface ComparedIncident {
  readonly type: string
  readonly severity: string
  readonly service: string | null
  readonly title: string
  readonly actor: { readonly role: string; readonly address: string | null }
  readonly occurrences: number
  readonly agents: number
  readonly timer: { readonly lowerSeconds: number | null; readonly upperSeconds: number | null } | null
}

export interface ComparedVerdict {
  readonly id: string
  readonly title: string
  readonly service: string | null
  readonly status: RequirementStatus
}

export interface Result {
  readonly name: string
  readonly incidents: ComparedIncident[]
  readonly verdicts: ComparedVerdict[]
  /** Connections of agents' sessions, by service and server. */
  readonly shares: Map<string, Map<string, number>>
  /** From the first packet of any capture to the last. */
  seconds: number
  connections: number
  agents: number
}

/** Takes the lines of ndjson, one by one. */
export interface ResultReader {
  /** Throws a failure for what is no record. */
  line(text: string): void
  /** Throws a failure if the analysis did not come to its end. */
  result(): Result
}

interface Line {
  readonly kind: string
  readonly [field: string]: unknown
}

export function resultReader(name: string): ResultReader {
  const result: Result = {
    name,
    incidents: [],
    verdicts: [],
    shares: new Map(),
    seconds: 0,
    connections: 0,
    agents: 0,
  }
  const span = { start: Infinity, end: -Infinity }
  let lines = 0
  let isWhole = false
  return {
    line(text) {
      lines++
      if (text === '' || isPassedOver(text)) return
      const record = parsed(text, `${name}, line ${lines}`)
      if (record.kind === 'capture') widen(span, record)
      else if (record.kind === 'session') addShare(result.shares, record)
      else if (record.kind === 'incident') keep(result.incidents, incidentOf(record))
      else if (record.kind === 'requirement') keep(result.verdicts, record as unknown as ComparedVerdict)
      else if (record.kind === 'summary') {
        isWhole = true
        result.connections = Number(record['connections'])
        result.agents = Number(record['agents'])
      }
    },
    result() {
      if (!isWhole)
        throw failure(`${name} holds no summary: it is no whole result of analyze --format ndjson`)
      result.seconds = Math.max(0, (span.end - span.start) / 1000)
      return result
    },
  }
}

export async function readResult(path: string): Promise<Result> {
  const reader = resultReader(path)
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  for await (const line of lines) reader.line(line)
  return reader.result()
}

/** What comes by the million need not be parsed. */
const isPassedOver = (text: string): boolean =>
  text.startsWith('{"kind":"connection"') || text.startsWith('{"kind":"occurrence"')

function parsed(text: string, where: string): Line {
  try {
    const record = JSON.parse(text) as Line | null
    if (typeof record?.kind === 'string') return record
  } catch {
    // told below
  }
  throw failure(`${where} is no record of analyze --format ndjson`)
}

function keep<T>(list: T[], one: T): void {
  if (list.length < KEPT_MAX) list.push(one)
}

function widen(span: { start: number; end: number }, { start, end }: Line): void {
  if (typeof start !== 'string' || typeof end !== 'string') return
  span.start = Math.min(span.start, Date.parse(start))
  span.end = Math.max(span.end, Date.parse(end))
}

function addShare(shares: Result['shares'], { service, server, connections }: Line): void {
  const [at, by] = [String(service), String(server)]
  const servers = shares.get(at) ?? new Map<string, number>()
  if (servers.size < KEPT_MAX || servers.has(by))
    servers.set(by, (servers.get(by) ?? 0) + Number(connections))
  if (shares.size < KEPT_MAX) shares.set(at, servers)
}

function incidentOf(record: Line): ComparedIncident {
  const details = record['details'] as { timer?: ComparedIncident['timer'] } | undefined
  const { type, severity, service, title, actor, occurrences, agents } = record as unknown as ComparedIncident
  return { type, severity, service, title, actor, occurrences, agents, timer: details?.timer ?? null }
}
