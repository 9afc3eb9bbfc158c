/**
 * Where the packets of one occurrence stand on a ladder: rows down the time, arrows between the lifelines,
 * the silence as a break. Pure: pixels down, no widths. A packet whose octets were not kept has no direction;
 * it stays as a dot with its note.
 */
import type { EvidenceView, OccurrenceView, SegmentView } from '../../src/api/contract.ts'
import { microsOf } from './scale.ts'

/** Between two lifelines: agent to device, device to server, or agent to server where no device stands
 * between. */
export type Half = 'agent' | 'server' | 'whole'

export interface LadderArrow {
  readonly half: Half
  /** Null: the octets were not kept. */
  readonly direction: 'right' | 'left' | null
  readonly label: string
  readonly tap: string
  readonly packet: number
  readonly isCulprit: boolean
  readonly y: number
}

export interface LadderRow {
  readonly micros: number
  readonly at: string
  readonly y: number
  readonly arrows: readonly LadderArrow[]
  /** Between the two culprits of this row, at different taps; null elsewhere. */
  readonly apartMicros: number | null
}

export interface LadderBreak {
  readonly top: number
  readonly bottom: number
  readonly fromMicros: number
  readonly toMicros: number
  readonly seconds: number
  /** The detector says so; else packets that prove nothing may have passed in between. */
  readonly isSilence: boolean
}

export interface Ladder {
  readonly hasDevice: boolean
  /** Taps from the agent's side to the server's, and the half that each sees. */
  readonly taps: readonly { readonly name: string; readonly half: Half }[]
  readonly rows: readonly LadderRow[]
  readonly break: LadderBreak | null
  readonly height: number
  /** Packets of rows beyond `ROWS_MAX`: in the list, not in the figure. */
  readonly left: number
}

export const ROWS_MAX = 16
const ROWS_FIRST = 5 // of them, if there are more
export const HEAD = 72
const FIRST = 98
const PITCH = 42
const BREAK_HEIGHT = 168
const FOOT = 30
/** Seen at two taps within this time: one packet, or one act of one device. Clocks of taps differ by less. */
const SAME_ROW_MICROS = 50_000
/** Less than this between two packets is drawn as it is. */
const BREAK_SECONDS = 5
/** Silence as the detector measured it, and as the evidence shows it, may differ by this share. */
const SILENCE_TOLERANCE = 0.05

/** A device stands between unless one of the ends did it itself. */
export const hasDevice = ({ role }: OccurrenceView['actor']): boolean => role !== 'agent' && role !== 'server'

/** Who stands on the left: the agent; where none is known and no device stands between, whoever speaks with
 * the server. */
export function originOf({ agent, server, actor, evidence }: OccurrenceView): {
  readonly name: string
  readonly address: string | null
} {
  if (agent !== null) return { name: agent.id, address: agent.address }
  if (hasDevice(actor)) return { name: 'agent', address: null }
  const first = evidence.find(({ segment }) => segment !== null)?.segment ?? null
  if (first === null || server === null) return { name: 'client', address: null }
  const ends = [first.source.address, first.destination.address]
  return { name: ends.find((address) => address !== server.address) ?? 'client', address: null }
}

/** The packet that severs, or that nobody answered. */
export function isCulprit({ note, segment }: EvidenceView, manner: OccurrenceView['manner']): boolean {
  if (/unanswered|never answered/.test(note)) return true
  if (/\bagent's FIN\b/.test(note)) return false
  const said = /^(?:FIN|RST)\b|\bRST\b|\bthe reset\b/.test(note)
  if (segment === null) return said
  if (segment.flags.includes('RST')) return said || manner === 'rst'
  return segment.flags.includes('FIN') && (said || manner === 'fin')
}

/** What stands at an arrow: octets if there are any, else the flags; of a culprit the flags and the hop
 * limit. */
export function arrowLabel(
  segment: SegmentView,
  culprit: boolean,
  sized: (octets: number) => string,
): string {
  const flags = segment.flags.filter(
    (flag) => flag !== 'PSH' && (flag !== 'ACK' || segment.flags.length === 1),
  )
  const name = segment.flags.includes('SYN') && segment.flags.includes('ACK') ? 'SYN ACK' : flags.join(' ')
  const carries = segment.payloadBytes > 0
  const marks = name !== 'ACK' && name !== '' ? name : carries ? '' : name
  const text = [marks, carries ? sized(segment.payloadBytes) : ''].filter((part) => part !== '').join(', ')
  return culprit && /RST|FIN/.test(name) ? `${text}, ttl ${segment.hopLimit}` : text
}

type Sides = ReadonlyMap<string, Half>

/** Which half each tap sees: by the addresses in its packets, then by its name, then by the hop limits of a
 * sender that nothing has routed yet. */
export function halvesOf(occurrence: OccurrenceView): Sides {
  const taps = [...new Set(occurrence.evidence.map(({ tap }) => tap))]
  if (!hasDevice(occurrence.actor)) return new Map(taps.map((tap) => [tap, 'whole']))
  const told = new Map(taps.map((tap) => [tap, halfOf(tap, occurrence)]))
  const [first, second] = taps
  if (first !== undefined && second !== undefined && told.get(first) === told.get(second))
    return new Map([...told, [first, 'agent'], [second, 'server']])
  return told
}

function halfOf(tap: string, { evidence, agent, server }: OccurrenceView): 'agent' | 'server' {
  for (const { segment } of evidence.filter((packet) => packet.tap === tap)) {
    if (segment === null) continue
    const ends = [segment.source.address, segment.destination.address]
    const isAgents = agent?.address != null && ends.includes(agent.address)
    const isServers = server !== null && ends.includes(server.address)
    if (isAgents !== isServers) return isAgents ? 'agent' : 'server'
  }
  if (/serv|back|inside|south|dmz/i.test(tap)) return 'server'
  if (/client|agent|front|outside|north/i.test(tap)) return 'agent'
  const fromServer = evidence.some(
    (e) => e.tap === tap && e.segment?.source.address === server?.address && isFresh(e.segment?.hopLimit),
  )
  return fromServer ? 'server' : 'agent'
}

const isFresh = (hopLimit: number | undefined): boolean =>
  hopLimit === 64 || hopLimit === 128 || hopLimit === 255

function directionOf(
  segment: SegmentView | null,
  half: Half,
  occurrence: OccurrenceView,
): 'right' | 'left' | null {
  if (segment === null) return null
  const { agent, server } = occurrence
  const { source, destination } = segment
  if (half !== 'server' && agent?.address != null) {
    if (source.address === agent.address) return 'right'
    if (destination.address === agent.address) return 'left'
  }
  if (server !== null) {
    if (destination.address === server.address) return 'right'
    if (source.address === server.address) return 'left'
    if (destination.port === server.port) return 'right'
    if (source.port === server.port) return 'left'
  }
  return destination.port < source.port ? 'right' : 'left'
}

/** The whole figure. `sized` writes a number of octets. */
export function layLadder(occurrence: OccurrenceView, sized: (octets: number) => string): Ladder {
  const sides = halvesOf(occurrence)
  const ordered = occurrence.evidence
    .map((packet) => ({ packet, micros: microsOf(packet.at) }))
    .sort((a, b) => a.micros - b.micros || a.packet.packet - b.packet.packet)
  const groups = grouped(ordered, sides)
  // What proves stands at the ends: the first packets, and most of the last ones.
  const isLong = groups.length > ROWS_MAX
  const shown = isLong ? [...groups.slice(0, ROWS_FIRST), ...groups.slice(ROWS_FIRST - ROWS_MAX)] : groups
  const gap = breakAfter(shown, occurrence.details['silenceSeconds'])
  const rows = shown.map((group, i) =>
    rowOf(
      group,
      FIRST + i * PITCH + (gap !== null && i > gap.after ? BREAK_HEIGHT : 0),
      sides,
      occurrence,
      sized,
    ),
  )
  const end = rows.at(-1)?.y ?? FIRST
  return {
    hasDevice: hasDevice(occurrence.actor),
    taps: [...sides].map(([name, half]) => ({ name, half })).sort((a, b) => order(a.half) - order(b.half)),
    rows,
    break: gap === null ? null : placed(gap, rows),
    height: end + FOOT,
    left: ordered.length - shown.reduce((n, group) => n + group.length, 0),
  }
}

const order = (half: Half): number => (half === 'server' ? 1 : 0)

type Timed = { readonly packet: EvidenceView; readonly micros: number }

/** Packets of different halves at the same moment share a row. */
function grouped(ordered: readonly Timed[], sides: Sides): Timed[][] {
  const groups: Timed[][] = []
  for (const timed of ordered) {
    const last = groups.at(-1)
    const half = sides.get(timed.packet.tap)
    const joins =
      last !== undefined &&
      half !== 'whole' &&
      timed.micros - last[0]!.micros <= SAME_ROW_MICROS &&
      last.every(({ packet }) => sides.get(packet.tap) !== half)
    if (joins) last.push(timed)
    else groups.push([timed])
  }
  return groups
}

function rowOf(
  group: readonly Timed[],
  y: number,
  sides: Sides,
  occurrence: OccurrenceView,
  sized: (octets: number) => string,
): LadderRow {
  const arrows = group.map(({ packet }, i): LadderArrow => {
    const half = sides.get(packet.tap) ?? 'whole'
    const culprit = isCulprit(packet, occurrence.manner)
    return {
      half,
      direction: directionOf(packet.segment, half, occurrence),
      label:
        packet.segment === null
          ? packet.note
          : arrowLabel(packet.segment, culprit, sized) + elsewhere(packet.segment, half, occurrence),
      tap: packet.tap,
      packet: packet.packet,
      isCulprit: culprit,
      y: y + (culprit ? 0 : i * 6),
    }
  })
  const isPair = arrows.length === 2 && arrows.every((arrow) => arrow.isCulprit)
  return {
    micros: group[0]!.micros,
    at: group[0]!.packet.at,
    y,
    arrows,
    apartMicros: isPair ? group[1]!.micros - group[0]!.micros : null,
  }
}

/** The lifeline is that of one server: a packet of another one says so. */
function elsewhere(
  { source, destination }: SegmentView,
  half: Half,
  { server, agent }: OccurrenceView,
): string {
  if (half !== 'server' || server === null || agent === null) return ''
  if (source.address === server.address || destination.address === server.address) return ''
  return destination.port === server.port ? ` to ${destination.address}` : ` from ${source.address}`
}

interface Gap {
  readonly after: number
  readonly seconds: number
  readonly isSilence: boolean
}

/** The break: where the measured silence is, else the longest gap. */
function breakAfter(groups: readonly (readonly Timed[])[], silence: unknown): Gap | null {
  const gaps = groups.slice(1).map((group, i) => (group[0]!.micros - groups[i]!.at(-1)!.micros) / 1e6)
  if (typeof silence === 'number' && silence > 0) {
    const after = gaps.findIndex((gap) => Math.abs(gap - silence) <= Math.max(1, SILENCE_TOLERANCE * silence))
    if (after >= 0) return { after, seconds: silence, isSilence: true }
  }
  const longest = Math.max(0, ...gaps)
  return longest < BREAK_SECONDS ? null : { after: gaps.indexOf(longest), seconds: longest, isSilence: false }
}

function placed(gap: Gap, rows: readonly LadderRow[]): LadderBreak {
  const before = rows[gap.after]!
  const next = rows[gap.after + 1]!
  return {
    top: before.y + 28,
    bottom: next.y - 34,
    fromMicros: before.micros,
    toMicros: next.micros,
    seconds: gap.seconds,
    isSilence: gap.isSilence,
  }
}
