/** What was counted in a capture, by the names that people read. */
import type { CaptureQuality } from '../model/quality.ts'
import { UNREAD_WORDS, type UnreadReason } from '../model/unread.data.ts'
import type { ReassemblyAccount } from '../streams/account.ts'
import { REASONS } from '../wire/frame.ts'

/** Kinds of packets that are no TCP, by `locate`'s numbers. */
const OTHERS: readonly string[] = [
  '',
  '',
  'UDP',
  'ICMP',
  'ICMPv6',
  'IP fragment',
  'other IP',
  '',
  '',
  'link fragment',
]

type Counts = Readonly<Record<string, number>>

/** Names of what was counted, by kind or reason; '' is not told. */
const byName = (names: readonly string[], counts: readonly number[]): Counts =>
  Object.fromEntries(
    names.map((name, code) => [name, counts[code]!] as const).filter(([name, n]) => name !== '' && n > 0),
  )

/** Frames that are not read; `counts` by negative reason code. */
export const skippedByReason = (counts: readonly number[]): Counts => byName(REASONS, counts)

/** Packets that are not plain TCP; `counts` by kind. */
export const othersByKind = (counts: readonly number[]): Counts => byName(OTHERS, counts)

/** What of streams and datagrams could not be read, by what parsers and reassembly counted. */
export function unreadInWords(
  unread: ReadonlyMap<UnreadReason, number>,
  { halfFull, tapFull }: Pick<ReassemblyAccount, 'halfFull' | 'tapFull'>,
): Pick<CaptureQuality, 'unread'> {
  const all = new Map(unread)
  if (halfFull + tapFull > 0) all.set('stream-without-room', halfFull + tapFull)
  const named = [...all].map(([reason, n]) => [UNREAD_WORDS[reason], n] as const)
  return named.length === 0 ? {} : { unread: Object.fromEntries(named) }
}
