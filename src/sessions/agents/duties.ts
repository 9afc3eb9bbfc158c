/**
 * How much of the time agents are connected whose product keeps one connection all the time (domain knowledge
 * 7.2, S0-02): tells of those who are without one for much of it, and come again and again.
 *
 * Only time in which the host was demonstrably up counts: it came back soon, and the server it came back to
 * did not fail meanwhile. A host that is off misses nothing, and a server that is down is another matter.
 */
import type { Agent } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { type Attachment, NO_ROW, type Stay, type TrackedSighting } from '../sighting.ts'
import { attachmentOf } from './tracked-agent.ts'

/** Products whose agents keep a connection (S0-01, S0-02). */
const KEEPING: ReadonlySet<string> = new Set(['symantec-dlp'])
/** Less of the time, over no less of it, and more connections a day, are too little (S0-02). */
const DUTY_MIN = 0.9
const OBSERVED_MIN: Micros = seconds(4 * 3600)
const PER_DAY_MAX = 4
const DAY: Micros = seconds(86_400)
/** Who comes back this soon was up all the time: hosts are started within minutes, and not again and again
 * (starting value). */
const UP_WITHIN: Micros = seconds(900)
/** Agents that are followed, a power of two; further ones are not. */
const AGENTS_MAX = 1 << 20

/** What a row holds of an agent: since when it is followed. */
const FROM = 0
/** When it was left without a connection; -1: it has one, or it was told of. */
const LEFT = 1
/** Time without a connection in which its host was up, and time of which that is not known. */
const WITHOUT = 2
const UNKNOWN = 3
const CONNECTIONS = 4
const WORDS = 5

export function followDuties({ tell, health, blind }: Surroundings): Follower {
  const table = new Table()

  /** It comes again: what was the time before? */
  function counted(row: number, stay: Stay, at: Micros): void {
    const left = table.get(row, LEFT)
    if (left < 0 || at <= left) return
    const isUp =
      at - left <= UP_WITHIN && health.failureOf(stay.server, left, at) === null && !blind.touches(left, at)
    const word = isUp ? WITHOUT : UNKNOWN
    table.set(row, word, table.get(row, word) + at - left)
    table.set(row, LEFT, -1)
  }

  function judge(row: number, stay: Stay, sighting: TrackedSighting, agent: Agent): void {
    const without = table.get(row, WITHOUT)
    const connections = table.get(row, CONNECTIONS)
    const observed = sighting.start - table.get(row, FROM) - table.get(row, UNKNOWN)
    if (observed < OBSERVED_MIN || connections <= PER_DAY_MAX * Math.max(1, observed / DAY)) return
    const duty = 1 - without / observed
    if (duty >= DUTY_MIN) return
    table.set(row, CONNECTIONS, TOLD)
    const { first } = stay
    tell({ kind: 'seldom-connected', agent, sighting, duty, observed, connections, first })
  }

  return {
    visited(sighting, agent) {
      if (!KEEPING.has(sighting.service.profile)) return
      const attachment = attachmentOf(agent, sighting.service)
      const row = attachment === null ? NO_ROW : table.rowOf(attachment, sighting.start)
      if (row === NO_ROW || table.get(row, CONNECTIONS) === TOLD) return
      const { stay } = attachment!
      table.set(row, CONNECTIONS, table.get(row, CONNECTIONS) + 1)
      if (stay === null) return
      counted(row, stay, sighting.start)
      judge(row, stay, sighting, agent)
    },
    closed({ stay, service }, { end, endReason }) {
      if (stay === null || endReason === 'open' || !KEEPING.has(service.profile)) return
      const { attachment } = stay
      // The stay that it was part of may be over, and the agent elsewhere.
      if (attachment.duty !== NO_ROW && (attachment.stay?.open ?? 0) === 0)
        table.set(attachment.duty, LEFT, Math.max(end, table.get(attachment.duty, LEFT)))
    },
  }
}

/** CONNECTIONS of an agent that was told of: once is enough. */
const TOLD = -1

/** Rows of numbers, that grow as agents come. */
class Table {
  private words = new Float64Array(0)
  private rows = 0

  rowOf(attachment: Attachment, from: Micros): number {
    if (attachment.duty !== NO_ROW || this.rows >= AGENTS_MAX) return attachment.duty
    if ((this.rows + 1) * WORDS > this.words.length) {
      const larger = new Float64Array(Math.max(1024, Math.ceil(this.words.length * 1.5)))
      larger.set(this.words)
      this.words = larger
    }
    attachment.duty = this.rows++
    this.set(attachment.duty, FROM, from)
    this.set(attachment.duty, LEFT, -1)
    return attachment.duty
  }

  get(row: number, word: number): number {
    return this.words[row * WORDS + word]!
  }

  set(row: number, word: number, value: number): void {
    this.words[row * WORDS + word] = value
  }
}
