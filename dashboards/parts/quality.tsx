/** How good a capture is: five cells, then in words what it costs. */
import type { JSX } from 'preact'
import type { CaptureRow } from '../../src/api/contract.ts'
import { count, counted } from '../text.ts'
import type { Quality } from '../vocabulary.ts'

/** Good, worth a warning, critical. */
type Cell = 'g' | 'w' | 'c'

interface Aspect {
  readonly name: string
  /** How bad it is, if it is not good. */
  readonly level: 'w' | 'c'
  /** What was lost, and what that costs; null if all is good. */
  readonly words: (quality: Quality) => string | null
}

const ASPECTS: readonly Aspect[] = [
  { name: 'whole', level: 'c', words: ({ readError }) => readError },
  { name: 'nothing lost', level: 'w', words: lossWords },
  {
    name: 'two-way',
    level: 'w',
    words: ({ oneWayConnections: n }) =>
      n > 0 ? `${counted(n, 'connection')} one way: silent cuts not judged there` : null,
  },
  { name: 'uncut', level: 'w', words: cutWords },
  { name: 'in order', level: 'w', words: orderWords },
]

function lossWords(q: Quality): string | null {
  const filtered = filteredOut(q)
  if (filtered !== null) return `${filtered} filtered out`
  if (q.interfaceDrops > 0) return `${counted(q.interfaceDrops, 'packet')} dropped while capturing`
  const { blindSeconds = 0 } = q
  if (blindSeconds > 0) return `nothing captured for ${Math.ceil(blindSeconds)} s`
  if (q.missingSegments > 0)
    return `${counted(q.missingSegments, 'segment')} missing that the receiver acknowledged`
  return q.evictedConnections > 0
    ? `${counted(q.evictedConnections, 'connection')} given up: memory limit`
    : null
}

/** What no packet of the capture shows though it has to be there. */
function filteredOut({ withoutData, withoutAcknowledgments, withoutHandshakes }: Quality): string | null {
  if (withoutData !== undefined) return 'data'
  if (withoutHandshakes !== undefined) return 'all but SYNs'
  return withoutAcknowledgments === undefined ? null : 'acknowledgments'
}

function cutWords({ truncatedPackets, malformedPackets }: Quality): string | null {
  if (truncatedPackets > 0) return `${counted(truncatedPackets, 'packet')} cut by the snap length`
  return malformedPackets > 0 ? `${counted(malformedPackets, 'packet')} malformed` : null
}

function orderWords({ outOfOrderPackets, clockSteps }: Quality): string | null {
  if (clockSteps > 0) return `clock set back ${counted(clockSteps, 'time')}`
  return outOfOrderPackets > 0 ? `${counted(outOfOrderPackets, 'packet')} out of order` : null
}

const cellOf = ({ level, words }: Aspect, quality: Quality): Cell => (words(quality) === null ? 'g' : level)

/** What the cells stand for, in their order: for the head of a column. */
export const QUALITY_ORDER = ASPECTS.map(({ name }) => name).join(', ')

/** The worst cell, and in words what it costs. */
export function qualityOf({ quality }: Pick<CaptureRow, 'quality'>): { worst: Cell; words: string } {
  if (quality === null) return { worst: 'g', words: 'not read yet' }
  const cells = new Set(ASPECTS.map((aspect) => cellOf(aspect, quality)))
  const worst = cells.has('c') ? 'c' : cells.has('w') ? 'w' : 'g'
  const costs = worst === 'g' ? ['complete'] : ASPECTS.flatMap(({ words }) => words(quality) ?? [])
  return {
    worst,
    words: [...costs, ...joinedWords(quality), ...clockWords(quality), ...unreadWords(quality)].join('; '),
  }
}

const joinedWords = ({ directions = [], continues }: Quality): string[] => [
  ...directions.map(([one, other]) => `${one} and ${other}: two directions, one tap`),
  ...(continues === undefined ? [] : [`goes on from ${continues}`]),
]

/** All captures of an analysis are judged by the clock of the first. */
function clockWords({ clockOffsetSeconds: offset = 0 }: Quality): string[] {
  if (offset === 0) return []
  const seconds = Math.abs(offset)
  const by = seconds < 0.1 ? `${(1e3 * seconds).toFixed(1)} ms` : `${seconds.toFixed(1)} s`
  return [`clock ${by} ${offset > 0 ? 'ahead' : 'behind'}, corrected`]
}

/** Inside connections that were followed: the most frequent reason. */
function unreadWords({ unread = {} }: Quality): string[] {
  const [most] = Object.entries(unread).toSorted((a, b) => b[1] - a[1])
  return most === undefined ? [] : [`not read: ${most[0]} (${count(most[1])})`]
}

export function QualityCells({ capture }: { capture: Pick<CaptureRow, 'quality'> }): JSX.Element {
  const { quality } = capture
  const { worst, words } = qualityOf(capture)
  if (quality === null) return <span class="dim">{words}</span>
  return (
    <>
      <span class="q" aria-hidden="true">
        {ASPECTS.map((aspect) => (
          <i key={aspect.name} class={cellOf(aspect, quality)} title={aspect.name} />
        ))}
      </span>
      <span class={worst === 'g' ? 'mid' : worst === 'w' ? 'warn' : 'crit'}>{words}</span>
    </>
  )
}
