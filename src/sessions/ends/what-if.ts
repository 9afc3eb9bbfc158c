/**
 * What other timers would have meant for the connections that were seen: who was silent for longer, and who
 * came back after longer.
 *
 * Of a connection its longest silence that was answered counts: it shows that the path bore it, and a timer
 * that is shorter would have cut it. A silence that ended its connection is counted apart, and one that
 * merely went before a FIN not at all: nobody would have missed that connection. An absence begins when the
 * last connection of an address to a service closed, which is when a table of a load balancer begins to
 * forget it. What several taps or legs show of one connection counts once.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import type { ConnectionOpened, Silence } from '../../model/observation.ts'
import { type Micros, toSeconds } from '../../model/time.ts'
import type { WhatIf, WhatIfExample, WhatIfRecord } from '../../model/what-if.ts'
import type { Follower } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Services that are told of; connections of further ones are not looked at. */
const SERVICES_MAX = 4096
/** Names of agents kept, in all; further ones are not counted. */
const AGENTS_MAX = 1 << 20
/** Pairs of address and service whose last connection is remembered; of further ones no absence is known. */
const PRESENCES_MAX = 1 << 18
/** Connections of an address that wait behind one that is not over; further ones are not judged. */
const WAITING_MAX = 64
/**
 * Connections of which a silence is remembered with its packets; of further ones the length alone is told.
 */
const SILENCES_MAX = 1 << 16
/** Examples of each answer. */
const EXAMPLES_MAX = 3

export interface WhatIfFollower extends Follower {
  records(): readonly WhatIfRecord[]
}

/** What was found for one value at one service. */
interface Answer {
  readonly question: WhatIf
  hits: number
  already: number
  shortest: Micros
  longest: Micros
  readonly agents: Set<string>
  readonly kept: Map<Micros, number>
  examples: WhatIfExample[]
}

interface Account {
  connections: number
  returns: number
  readonly agents: Set<string>
  readonly returned: Set<string>
  readonly answers: readonly Answer[]
}

/**
 * An address at a service. Its connections are judged in the order in which they began, each once all earlier
 * ones are over: only then it is known how long it was away.
 */
interface Presence {
  readonly waiting: Waiting[]
  /** The last packet of any, and where the latest was. */
  lastEnd: Micros
  server: string | null
}

interface Waiting {
  readonly presence: Presence
  /** Null: it is not over. */
  over: Seen | null
}

export function followWhatIfs(questions: readonly WhatIf[]): WhatIfFollower {
  return new WhatIfs(questions).follower
}

class WhatIfs {
  private readonly questions: readonly WhatIf[]
  private readonly heartbeats: readonly Micros[]
  private readonly asksPersistence: boolean
  private readonly accounts = new Map<string, Account>()
  private readonly presences = new Map<string, Presence>()
  private readonly waiting = new Map<number, Waiting>()
  /** The first answered silence of connections that are open. */
  private readonly silences = new Map<number, Silence>()
  private named = 0

  constructor(questions: readonly WhatIf[]) {
    this.questions = questions
    this.heartbeats = questions.filter(({ what }) => what === 'heartbeat').map(({ value }) => value)
    this.asksPersistence = questions.some(({ what }) => what === 'persistence')
  }

  readonly follower: WhatIfFollower = {
    observe: {
      'connection-opened': (o, sighting) => this.opened(o, sighting),
      silence: (o) => this.silent(o),
    },
    closed: (sighting, summary) => this.closed(sighting, summary),
    records: () => this.records(),
  }

  private opened({ connection }: ConnectionOpened, sighting: TrackedSighting | null): void {
    if (!this.asksPersistence || sighting === null || !isOfAgents(sighting)) return
    const key = keyOf(sighting)
    let presence = this.presences.get(key)
    if (presence === undefined) {
      if (this.presences.size >= PRESENCES_MAX) return
      presence = { waiting: [], lastEnd: -Infinity, server: null }
      this.presences.set(key, presence)
    }
    if (this.waiting.size >= PRESENCES_MAX || presence.waiting.length >= WAITING_MAX) return
    const waiting: Waiting = { presence, over: null }
    presence.waiting.push(waiting)
    this.waiting.set(connection, waiting)
  }

  private silent(o: Silence): void {
    if (o.outcome === 'answered' && this.silences.size < SILENCES_MAX && !this.silences.has(o.connection))
      this.silences.set(o.connection, o)
  }

  private closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const silence = this.silences.get(summary.connection) ?? null
    const waiting = this.waiting.get(summary.connection)
    this.silences.delete(summary.connection)
    this.waiting.delete(summary.connection)
    const agent = sighting.agent?.id ?? sighting.originator.address
    const seen: Seen = { sighting, summary, agent, silence }
    if (waiting !== undefined) {
      waiting.over = seen
      this.settle(waiting.presence)
    }
    const account = this.accountOf(sighting)
    if (account === null) return
    account.connections++
    this.note(account.agents, agent)
    for (const answer of account.answers)
      if (answer.question.what !== 'persistence') this.judgeSilence(answer, seen)
  }

  /** Judges those of which all earlier ones are over. */
  private settle(presence: Presence): void {
    for (
      let over = presence.waiting[0]?.over ?? null;
      over !== null;
      over = presence.waiting[0]?.over ?? null
    ) {
      presence.waiting.shift()
      const { sighting, summary } = over
      if (presence.lastEnd > -Infinity)
        this.returned(over, Math.max(0, summary.start - presence.lastEnd), presence)
      presence.lastEnd = Math.max(presence.lastEnd, summary.end)
      presence.server = sighting.server?.id ?? null
    }
  }

  private returned(seen: Seen, away: Micros, { server: previous }: Presence): void {
    const { sighting, agent } = seen
    const account = this.accountOf(sighting)
    if (account === null) return
    account.returns++
    this.note(account.returned, agent)
    const { connection, tap, start, startPacket } = sighting
    const packets = startPacket > 0 ? [startPacket] : []
    for (const answer of account.answers) {
      if (answer.question.what !== 'persistence' || away <= answer.question.value) continue
      const server = sighting.server?.id ?? null
      if (server !== null && previous !== null && previous !== server) answer.already++
      this.hit(answer, seen, away, { connection, tap, seconds: toSeconds(away), at: start, packets })
    }
  }

  private judgeSilence(answer: Answer, seen: Seen): void {
    const { what, value } = answer.question
    const { sighting, summary } = seen
    const last = sighting.ending?.silence ?? null
    if (last !== null && last.end - last.start > value) answer.already++
    if (summary.longestSurvived <= value) return
    for (const heartbeat of what === 'idle-timeout' ? this.heartbeats : [])
      if (heartbeat < value) answer.kept.set(heartbeat, (answer.kept.get(heartbeat) ?? 0) + 1)
    this.hit(answer, seen, summary.longestSurvived, evidenceOf(seen, value))
  }

  private hit(answer: Answer, { agent }: Seen, length: Micros, example: Omit<WhatIfExample, 'agent'>): void {
    answer.hits++
    answer.shortest = Math.min(answer.shortest, length)
    answer.longest = Math.max(answer.longest, length)
    this.note(answer.agents, agent)
    answer.examples = withExample(answer.examples, { agent, ...example })
  }

  private note(agents: Set<string>, agent: string): void {
    if (this.named >= AGENTS_MAX || agents.has(agent)) return
    agents.add(agent)
    this.named++
  }

  /** Null for what is not of agents, or another tap or the other side of a relay shows as well. */
  private accountOf(sighting: TrackedSighting): Account | null {
    if (!isOfAgents(sighting) || sighting.path.first !== sighting) return null
    const service = sighting.service.name
    let account = this.accounts.get(service)
    if (account === undefined) {
      if (this.accounts.size >= SERVICES_MAX) return null
      const sets = { agents: new Set<string>(), returned: new Set<string>() }
      account = { connections: 0, returns: 0, ...sets, answers: this.questions.map(answerTo) }
      this.accounts.set(service, account)
    }
    return account
  }

  private records(): readonly WhatIfRecord[] {
    return this.questions.flatMap((_, i) =>
      [...this.accounts]
        .map(([service, account]) => this.recordOf(service, account, account.answers[i]!))
        .toSorted((a, b) => b.hitConnections - a.hitConnections || b.connections - a.connections),
    )
  }

  private recordOf(service: string, account: Account, answer: Answer): WhatIfRecord {
    const { what, value } = answer.question
    const isReturn = what === 'persistence'
    return {
      kind: 'what-if',
      what,
      seconds: toSeconds(value),
      service,
      connections: isReturn ? account.returns : account.connections,
      agents: (isReturn ? account.returned : account.agents).size,
      hitConnections: answer.hits,
      hitAgents: answer.agents.size,
      shortestSeconds: answer.hits === 0 ? null : toSeconds(answer.shortest),
      longestSeconds: answer.hits === 0 ? null : toSeconds(answer.longest),
      already: answer.already,
      kept:
        what === 'idle-timeout'
          ? this.heartbeats.map((heartbeat) => ({
              heartbeatSeconds: toSeconds(heartbeat),
              connections: answer.kept.get(heartbeat) ?? 0,
            }))
          : [],
      examples: answer.examples,
    }
  }
}

interface Seen {
  readonly sighting: TrackedSighting
  readonly summary: ConnectionSummary
  readonly agent: string
  readonly silence: Silence | null
}

const answerTo = (question: WhatIf): Answer => ({
  question,
  hits: 0,
  already: 0,
  shortest: Infinity,
  longest: 0,
  agents: new Set<string>(),
  kept: new Map<Micros, number>(),
  examples: [],
})

/** Health checks, and what servers say to each other, no timer of agents concerns. */
const isOfAgents = ({ leg }: TrackedSighting): boolean => leg !== 'internal' && leg !== 'probe'

const keyOf = ({ tap, service, originator }: TrackedSighting): string =>
  `${tap}|${originator.address}|${service.name}`

/**
 * Its first answered silence with its packets, where that is long enough; else its longest, of which the
 * length alone is known.
 */
function evidenceOf({ sighting, summary, silence }: Seen, value: Micros): Omit<WhatIfExample, 'agent'> {
  const { connection, tap } = sighting
  if (silence === null || silence.end - silence.start <= value)
    return { connection, tap, seconds: toSeconds(summary.longestSurvived), at: summary.end, packets: [] }
  const packets = [silence.startPacket, silence.endPacket].filter((packet) => packet > 0)
  return { connection, tap, seconds: toSeconds(silence.end - silence.start), at: silence.end, packets }
}

/** The longest of each agent, and of those the longest few: those that can be looked up before the others. */
function withExample(examples: readonly WhatIfExample[], example: WhatIfExample): WhatIfExample[] {
  const worse = (a: WhatIfExample, b: WhatIfExample): number =>
    Math.sign(b.packets.length) - Math.sign(a.packets.length) || b.seconds - a.seconds
  const same = examples.find(({ agent }) => agent === example.agent)
  if (same !== undefined && worse(same, example) <= 0) return [...examples]
  return [...examples.filter((one) => one !== same), example].toSorted(worse).slice(0, EXAMPLES_MAX)
}
