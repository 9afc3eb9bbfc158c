/**
 * Moves of addresses that may stand for many: of a relay that nobody stated, or of a translator. Who is at
 * several servers at once did not move from the one to the other; whether it left the one before, its last
 * packet there will tell. An agent keeps one connection, and two for the moment in which it moves.
 */
import type { Finding } from '../../model/incident.ts'
import type { Agent, Visit } from '../../model/party.ts'
import { takenBack } from '../suspicions.ts'

/** Addresses whose moves wait for the end of a connection, or may be taken back, and moves of each: of
 * further ones none is told, or none is taken back. */
const ADDRESSES_MAX = 4096
const MOVES_MAX = 16

export interface Move {
  readonly visit: Visit
  readonly previous: Visit
}

export class Parallel {
  private readonly waiting = new Map<Agent, Move[]>()
  private readonly told = new Map<Agent, Finding[]>()
  private readonly many = new WeakSet<Agent>()
  private readonly judge: (move: Move, last: boolean) => void
  private readonly raise: (finding: Finding) => void

  constructor(judge: (move: Move, last: boolean) => void, raise: (finding: Finding) => void) {
    this.judge = judge
    this.raise = raise
  }

  /** An agent moved: what waited for the ends of its connections is judged first. */
  moved(move: Move): void {
    const { agent } = move.visit
    this.settle(agent)
    if (this.many.has(agent)) return
    if (mayStandForMany(move)) this.wait(move)
    else this.judge(move, false)
  }

  /** The agent turned to another server, as it may. */
  settle(agent: Agent): void {
    const moves = this.waiting.get(agent)
    if (moves === undefined) return
    if (moves.some((move, i) => wentOn(move, moves[i + 1]))) return this.standsForMany(agent)
    const open = moves.filter((move) => {
      const { closed } = move.previous.sighting
      if (closed) this.unlessParallel(move, false)
      return !closed
    })
    if (open.length > 0) this.waiting.set(agent, open)
    else this.waiting.delete(agent)
  }

  /** Of an address alone, what was told is remembered: it may turn out to stand for many. */
  note({ visit: { agent, sighting } }: Move, found: Finding): void {
    if (agent.identifiedBy !== 'address' || sighting.leg !== 'direct') return
    const told = this.told.get(agent) ?? []
    if (told.length === 0 && this.told.size >= ADDRESSES_MAX) return
    this.told.set(agent, told)
    if (told.length < MOVES_MAX) told.push(found)
  }

  ended(): void {
    for (const [agent, moves] of this.waiting) {
      if (moves.some((move, i) => wentOn(move, moves[i + 1]))) this.standsForMany(agent)
      else for (const move of moves) this.unlessParallel(move, true)
    }
  }

  private wait(move: Move): void {
    const { agent } = move.visit
    const moves = this.waiting.get(agent) ?? []
    if (moves.length === 0 && this.waiting.size >= ADDRESSES_MAX) return
    this.waiting.set(agent, moves)
    if (moves.length < MOVES_MAX) moves.push(move)
  }

  private unlessParallel(move: Move, last: boolean): void {
    const { visit, previous } = move
    const { lastAt } = previous.sighting
    if (lastAt <= visit.at || hasLeft(previous, visit.at)) this.judge(move, last)
  }

  private standsForMany(agent: Agent): void {
    this.many.add(agent)
    this.waiting.delete(agent)
    for (const found of this.told.get(agent) ?? []) this.raise(takenBack(found))
    this.told.delete(agent)
  }
}

/** Known by an address only, and still connected to the server before as far as is known. */
function mayStandForMany({ visit: { agent, sighting }, previous: { sighting: before } }: Move): boolean {
  if (agent.identifiedBy !== 'address' || sighting.leg !== 'direct' || before.leg !== 'direct') return false
  return !before.closed && before.ending === null
}

/** What came last on its connection to the server before is the server's, and the agent never answered it. */
function hasLeft({ sighting }: Visit, at: number): boolean {
  const silence = sighting.ending?.silence ?? null
  return silence?.outcome === 'unanswered' && silence.brokenBy === 1 && silence.start <= at
}

/** Whoever left the server, and the next one after it, was heard there still: of its own accord, and not
 * because the server closed. */
function wentOn({ previous }: Move, next: Move | undefined): boolean {
  const summary = previous.sighting.ending?.summary
  if (summary == null || next === undefined || summary.endedBy === 1) return false
  const [{ lastPacketAt, rstAt }] = summary.halves
  return rstAt === null && (lastPacketAt ?? -Infinity) > next.visit.at
}
