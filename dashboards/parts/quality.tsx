/** How good a capture is: five cells, then in words what it costs. */
import type { JSX } from 'preact'
import type { CaptureRow } from '../../src/api/contract.ts'
import { count, counted } from '../text.ts'
import type { Quality } from '../vocabulary.ts'

/** Good, worth a warning, critical. */
type Cell = 'g' | 'w' | 'c'

interface Aspect {
  readonly name: string
  readonly cell: (quality: Quality) => Cell
  /** What was lost, and what that costs. */
  readonly words: (quality: Quality) => string
}

const ASPECTS: readonly Aspect[] = [
  {
    name: 'whole',
    cell: ({ readError }) => (readError === null ? 'g' : 'c'),
    words: ({ readError }) => readError ?? '',
  },
  {
    name: 'nothing lost',
    cell: (q) =>
      q.missingSegments + q.interfaceDrops + q.evictedConnections + (q.blindSeconds ?? 0) > 0 ||
      filteredOut(q) !== ''
        ? 'w'
        : 'g',
    words: (q) =>
      filteredOut(q) !== ''
        ? `${filteredOut(q)} filtered out`
        : q.interfaceDrops > 0
          ? `${counted(q.interfaceDrops, 'packet')} dropped while capturing`
          : (q.blindSeconds ?? 0) > 0
            ? `nothing captured for ${Math.ceil(q.blindSeconds ?? 0)} s`
            : q.missingSegments > 0
              ? `${counted(q.missingSegments, 'segment')} missing that the receiver acknowledged`
              : `${counted(q.evictedConnections, 'connection')} given up: memory limit`,
  },
  {
    name: 'two-way',
    cell: ({ oneWayConnections }) => (oneWayConnections > 0 ? 'w' : 'g'),
    words: (q) => `${counted(q.oneWayConnections, 'connection')} one way: silent cuts not judged there`,
  },
  {
    name: 'uncut',
    cell: (q) => (q.truncatedPackets + q.malformedPackets > 0 ? 'w' : 'g'),
    words: (q) =>
      q.truncatedPackets > 0
        ? `${counted(q.truncatedPackets, 'packet')} cut by the snap length`
        : `${counted(q.malformedPackets, 'packet')} malformed`,
  },
  {
    name: 'in order',
    cell: (q) => (q.outOfOrderPackets + q.clockSteps > 0 ? 'w' : 'g'),
    words: (q) =>
      q.clockSteps > 0
        ? `clock set back ${counted(q.clockSteps, 'time')}`
        : `${counted(q.outOfOrderPackets, 'packet')} out of order`,
  },
]

/** What the cells stand for, in their order: for the head of a column. */
export const QUALITY_ORDER = ASPECTS.map(({ name }) => name).join(', ')

/** The worst cell, and in words what it costs. */
export function qualityOf({ quality }: Pick<CaptureRow, 'quality'>): { worst: Cell; words: string } {
  if (quality === null) return { worst: 'g', words: 'not read yet' }
  const bad = ASPECTS.filter(({ cell }) => cell(quality) !== 'g')
  const worst = bad.length === 0 ? 'g' : bad.some(({ cell }) => cell(quality) === 'c') ? 'c' : 'w'
  const costs = bad.length === 0 ? ['complete'] : bad.map(({ words }) => words(quality))
  return {
    worst,
    words: [...costs, ...directionWords(quality), ...clockWords(quality), ...unreadWords(quality)].join('; '),
  }
}

const directionWords = ({ directions = [] }: Quality): string[] =>
  directions.map(([one, other]) => `${one} and ${other}: two directions, one tap`)

/** What no packet of the capture shows though it has to be there. */
function filteredOut({ withoutData, withoutAcknowledgments, withoutHandshakes }: Quality): string {
  if (withoutData !== undefined) return 'data'
  if (withoutHandshakes !== undefined) return 'all but SYNs'
  return withoutAcknowledgments === undefined ? '' : 'acknowledgments'
}

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
        {ASPECTS.map(({ name, cell }) => (
          <i key={name} class={cell(quality)} title={name} />
        ))}
      </span>
      <span class={worst === 'g' ? 'mid' : worst === 'w' ? 'warn' : 'crit'}>{words}</span>
    </>
  )
}
