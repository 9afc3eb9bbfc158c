/** What must be found, what was, and how far both agree. In columns: millions of findings cost little. */
import type { Finding, IncidentType } from '../../src/model/incident.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'

/** Clocks and waiting for proof move a finding by no more than this from what it is about. */
const TOLERANCE: Micros = 10 * SECOND
/** Nobody in particular: all agents of a service. */
export const ALL = -1

class Column {
  private values = new Float64Array(64)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const bigger = new Float64Array(2 * this.length)
      bigger.set(this.values)
      this.values = bigger
    }
    this.values[this.length++] = value
  }

  at(i: number): number {
    return this.values[i]!
  }

  get octets(): number {
    return this.values.byteLength
  }
}

/** Rows of an agent and a span of time each. */
class Rows {
  readonly agents = new Column()
  readonly from = new Column()
  readonly to = new Column()
  /** The row may be found, and need not. */
  readonly optional = new Column()

  add(agent: number, from: Micros, to: Micros, isOptional: boolean): void {
    this.agents.push(agent)
    this.from.push(from)
    this.to.push(to)
    this.optional.push(isOptional ? 1 : 0)
  }

  get length(): number {
    return this.agents.length
  }

  get octets(): number {
    return this.agents.octets + this.from.octets + this.to.octets + this.optional.octets
  }

  byAgent(): Map<number, number[]> {
    const rows = new Map<number, number[]>()
    for (let i = 0; i < this.length; i++) {
      const agent = this.agents.at(i)
      const list = rows.get(agent)
      if (list === undefined) rows.set(agent, [i])
      else list.push(i)
    }
    return rows
  }
}

export interface Score {
  readonly type: string
  /** What must be found, and how much of it was. */
  readonly truth: number
  readonly found: number
  /** Findings, and how many of them are true. */
  readonly told: number
  readonly right: number
}

export const recallOf = ({ truth, found }: Score): number => (truth === 0 ? 1 : found / truth)
export const precisionOf = ({ told, right }: Score): number => (told === 0 ? 1 : right / told)

export class Truth {
  private readonly expected = new Map<string, Rows>()
  private readonly findings = new Map<string, Rows>()
  private readonly numberOf: (agent: string) => number
  /** Findings that nothing explains: the first few, for whoever looks. */
  readonly strange: string[] = []
  readonly missed: string[] = []

  constructor(numberOf: (agent: string) => number) {
    this.numberOf = numberOf
  }

  expect(type: IncidentType, service: string, agent: number, from: Micros, to: Micros = from): void {
    rowsOf(this.expected, `${type}|${service}`).add(agent, from, to, false)
  }

  /** Right if it is told, and no loss if it is not: what the tap shows does not decide it. */
  allow(type: IncidentType, service: string, agent: number, from: Micros, to: Micros = from): void {
    rowsOf(this.expected, `${type}|${service}`).add(agent, from, to, true)
  }

  /** A finding counts if it alarms, or if its type is among those whose truth is known. */
  tell({ type, severity, service, agent, at }: Finding, counts: ReadonlySet<string>): void {
    if (severity === 'info' && !counts.has(type)) return
    const number = agent === null ? ALL : this.numberOf(agent.id)
    rowsOf(this.findings, `${type}|${service}`).add(number, at, at, false)
  }

  /** What is noted of findings, in columns. */
  get octetsOfFindings(): number {
    return [...this.findings.values()].reduce((sum, rows) => sum + rows.octets, 0)
  }

  scores(): Score[] {
    const byType = new Map<string, Score>()
    for (const key of new Set([...this.expected.keys(), ...this.findings.keys()])) {
      const type = key.split('|')[0]!
      const score = this.compare(key)
      const sum = byType.get(type) ?? { type, truth: 0, found: 0, told: 0, right: 0 }
      byType.set(type, {
        type,
        truth: sum.truth + score.truth,
        found: sum.found + score.found,
        told: sum.told + score.told,
        right: sum.right + score.right,
      })
    }
    return [...byType.values()].sort((a, b) => a.type.localeCompare(b.type))
  }

  private compare(key: string): Omit<Score, 'type'> {
    const expected = this.expected.get(key) ?? new Rows()
    const findings = this.findings.get(key) ?? new Rows()
    const rows = expected.byAgent()
    const met = new Uint8Array(expected.length)
    let right = 0
    for (let i = 0; i < findings.length; i++) {
      const at = findings.from.at(i)
      const agent = findings.agents.at(i)
      let isRight = false
      for (const row of [...(rows.get(agent) ?? []), ...(agent === ALL ? [] : (rows.get(ALL) ?? []))]) {
        if (at < expected.from.at(row) - TOLERANCE || at > expected.to.at(row) + TOLERANCE) continue
        met[row] = 1
        isRight = true
      }
      if (isRight) right++
      else note(this.strange, key, agent, at)
    }
    let truth = 0
    let found = 0
    for (let row = 0; row < expected.length; row++) {
      if (expected.optional.at(row) === 1) continue
      truth++
      if (met[row] === 1) found++
      else note(this.missed, key, expected.agents.at(row), expected.from.at(row))
    }
    return { truth, found, told: findings.length, right }
  }
}

/** Examples kept for each type and service. */
const EXAMPLES = 3

function note(list: string[], key: string, agent: number, at: Micros): void {
  if (list.filter((line) => line.startsWith(`${key} `)).length >= EXAMPLES) return
  list.push(`${key} ${agent === ALL ? 'all' : `agent ${agent}`} at ${(at / 3600 / SECOND).toFixed(4)} h`)
}

function rowsOf(map: Map<string, Rows>, key: string): Rows {
  let rows = map.get(key)
  if (rows === undefined) map.set(key, (rows = new Rows()))
  return rows
}
