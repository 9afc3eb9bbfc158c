/** How good an input is: five yes or no, and in words what each no costs. */
import { type CaptureQuality, clockWords, joinedWords } from '../../model/quality.ts'
import { count, counted, mostFirst, numbered } from '../output/quantities.ts'
import { listed } from '../../model/listed.ts'
import type { ReportInput } from './data.ts'

export interface QualityCell {
  readonly words: string
  readonly isGood: boolean
}

/** In the order in which they are always drawn. */
export function qualityCells(quality: CaptureQuality): readonly QualityCell[] {
  const { readError, truncatedPackets, malformedPackets, missingSegments, interfaceDrops } = quality
  const { blindSeconds = 0, withoutData = 0, withoutAcknowledgments = 0, withoutHandshakes = 0 } = quality
  const { oneWayConnections, evictedConnections, untrackedSegments, outOfOrderPackets, clockSteps } = quality
  const filtered = withoutData + withoutAcknowledgments + withoutHandshakes
  const isWhole = readError === null && truncatedPackets + malformedPackets + filtered === 0
  return [
    cell(isWhole, 'whole', 'not whole'),
    cell(missingSegments + interfaceDrops + blindSeconds === 0, 'nothing lost', 'something lost'),
    cell(oneWayConnections === 0, 'two-way', 'partly one-way'),
    cell(evictedConnections + untrackedSegments === 0, 'all followed', 'not all followed'),
    cell(outOfOrderPackets + clockSteps === 0, 'in order', 'not in order'),
  ]
}

const cell = (isGood: boolean, good: string, bad: string): QualityCell => ({
  words: isGood ? good : bad,
  isGood,
})

/** Reasons for unread packets that are named. */
const REASONS_SHOWN = 6

/** Packets that were passed over, the most frequent first; null if there was none. */
export function unreadText({ skipped }: ReportInput): string | null {
  const most = mostFirst(Object.entries(skipped)).slice(0, REASONS_SHOWN)
  const named = most.map(([reason, n]) => `${count(n)} ${reason}`)
  return named.length === 0 ? null : `other than TCP: ${listed(named)}`
}

/** What is wrong and what cannot be judged for it, the gravest first. Empty: nothing is wrong. */
export function qualityCosts({ quality, connections }: ReportInput): readonly string[] {
  if (quality === null) return ['not known: it was never read to its end']
  const costs = COSTS.flatMap(([key, cost]) => {
    const n = quality[key] ?? 0
    return n > 0 ? [cost(n, connections)] : []
  })
  const clock = clockWords(quality)
  if (clock !== null) costs.unshift(clock)
  costs.unshift(...joinedWords(quality))
  const unread = numbered(quality.unread ?? {}).slice(0, REASONS_SHOWN)
  if (unread.length > 0) costs.push(`not read, or only so far: ${listed(unread)}`)
  return quality.readError === null
    ? costs
    : [`reading stopped before the end (${quality.readError}): what follows is not judged`, ...costs]
}

type Counted = {
  [K in keyof CaptureQuality]-?: CaptureQuality[K] extends number | undefined ? K : never
}[keyof CaptureQuality]

/** `12 %`: the share where it can be told, else the number. */
function share(n: number, of: number | null): string {
  if (of === null || of === 0) return counted(n, 'connection')
  const percent = (100 * n) / of
  return percent < 1 ? 'below 1 %' : `${Math.round(percent)} %`
}

const COSTS: readonly (readonly [Counted, (n: number, connections: number | null) => string])[] = [
  ['oneWayConnections', (n, all) => `one way ${share(n, all)}: silent cuts not judged`],
  [
    'interfaceDrops',
    (n) => `${counted(n, 'packet')} dropped by the capturing interface: silences beside them are not certain`,
  ],
  ['blindSeconds', (n) => `${count(Math.ceil(n))} s without a capture: silences across them are not certain`],
  [
    'withoutData',
    (n) => `data of ${counted(n, 'connection')} filtered out: what was said, and when, is not known`,
  ],
  ['withoutAcknowledgments', () => 'acknowledgments and keep-alives filtered out: no silence is certain'],
  [
    'withoutHandshakes',
    (n) => `all but SYNs filtered out of ${counted(n, 'connection')}: what became of them is not known`,
  ],
  [
    'missingSegments',
    (n) => `${counted(n, 'segment')} missing that the receiver acknowledged: what they said was not read`,
  ],
  ['truncatedPackets', (n) => `${counted(n, 'packet')} cut by the snap length: their ends were not read`],
  [
    'evictedConnections',
    (n) => `${counted(n, 'connection')} given up before the end: what came later was not judged`,
  ],
  ['untrackedSegments', (n) => `${counted(n, 'segment')} of too many IPv6 hosts: not looked at`],
  ['clockSteps', (n) => `the clock was set back ${counted(n, 'time')}: silences across it are not certain`],
  ['malformedPackets', (n) => `${counted(n, 'packet')} with headers that contradict themselves: passed over`],
  ['outOfOrderPackets', (n) => `${counted(n, 'packet')} stored behind later ones: times are less exact`],
  ['invalidResets', (n) => `${counted(n, 'reset')} that their receivers do not take: not believed`],
]
