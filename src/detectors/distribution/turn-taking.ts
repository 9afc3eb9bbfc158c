/**
 * Whether a relay hands agents round: its choices take turns, agents that come back take their turn like all
 * others, and it is not the number of open connections that decides.
 */
import type { Choice } from './choices.ts'
import { leastConnections, roundRobin, type Test, turnsOf } from './algorithms.ts'

/** Returns whose turn was another server's than theirs: so many show what the relay goes by. */
const TELLING_RETURNS_MIN = 5
/** Of those, so many must have taken their turn, as a part of the share of all that do. */
const TURN_PART_MIN = 0.75
/** Choices in turn: from this share on, nothing else explains them but an idle farm. */
const CLEAR_SHARE = 0.9
/** Several processes of one device that take turns by themselves give fewer; then the connections open must
 * speak against them. */
const LEAST_SHARE_MAX = 0.9

/** Where so large a part of all connections was open at once, they may all be first ones: of agents that were
 * switched on one after the other. */
const FIRST_PART = 0.5

export interface TurnTaking {
  readonly isRoundRobin: boolean
  readonly turns: Test
  readonly least: Test
  /** Agents that came again; of them, those that came to their server. */
  readonly returns: number
  readonly kept: number
  /** Returns whose turn was another server's than theirs, and how many went there. */
  readonly telling: number
  readonly moved: number
  /** The fewest open connections explain the choices as well: on idle servers both look alike. */
  readonly leastFits: boolean
}

export function turnTaking(list: readonly Choice[], servers: number): TurnTaking {
  const turns = roundRobin(list, servers)
  const least = leastConnections(list)
  const seen = returnsIn(list, servers)
  const leastShare = shareOfFewest(list)
  const isClear = turns.value !== null && turns.value >= CLEAR_SHARE
  const isMixed = least.verdict !== 'too-few' && leastShare !== null && leastShare < LEAST_SHARE_MAX
  const areReturnsInTurn =
    seen.telling >= TELLING_RETURNS_MIN &&
    seen.moved >= TURN_PART_MIN * (turns.value ?? 1) * seen.telling &&
    seen.kept <= ((1 + 1 / servers) / 2) * seen.returns
  return {
    isRoundRobin: turns.verdict === 'shown' && areReturnsInTurn && (isClear || isMixed),
    turns,
    least,
    ...seen,
    leastFits: leastShare === null || leastShare >= LEAST_SHARE_MAX,
  }
}

/**
 * The same where agents cannot be told apart, as in flow records behind a relay: the choices alone have to be
 * in turn beyond chance. Which of them are returns is not known; null where some agent is.
 */
export function anonymousTurns(
  list: readonly Choice[],
  servers: number,
  open: readonly number[],
): TurnTaking | null {
  if (list.some(({ client }) => client !== null)) return null
  const turns = roundRobin(list, servers)
  const leastShare = shareOfFewest(list)
  const isClear = turns.verdict === 'shown' && (turns.value ?? 0) >= CLEAR_SHARE
  const mayBeFirst = Math.max(0, ...open) >= FIRST_PART * list.length
  return {
    isRoundRobin: isClear && !mayBeFirst,
    turns,
    least: leastConnections(list),
    returns: 0,
    kept: 0,
    telling: 0,
    moved: 0,
    leastFits: leastShare === null || leastShare >= LEAST_SHARE_MAX,
  }
}

function returnsIn(
  list: readonly Choice[],
  servers: number,
): Pick<TurnTaking, 'returns' | 'kept' | 'telling' | 'moved'> {
  const { next } = turnsOf(list, servers)
  const seen = { returns: 0, kept: 0, telling: 0, moved: 0 }
  for (let i = 1; i < list.length; i++) {
    const { previous, server } = list[i]!
    if (previous === null) continue
    seen.returns++
    if (server === previous) seen.kept++
    const turn = next[list[i - 1]!.server]!
    if (turn === previous) continue
    seen.telling++
    if (server === turn) seen.moved++
  }
  return seen
}

/** Null where all servers always had as many. */
function shareOfFewest(list: readonly Choice[]): number | null {
  const told = list.filter((c) => c.fewest < c.among)
  return told.length === 0 ? null : told.filter((c) => c.isFewest).length / told.length
}
