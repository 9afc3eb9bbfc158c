/** What was counted in a capture, by the names that people read. */
import { UNREAD_WORDS, type UnreadReason } from '../model/unread.data.ts'
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

/** What of streams and datagrams could not be read. */
export const unreadInWords = (unread: ReadonlyMap<UnreadReason, number>): Counts =>
  Object.fromEntries([...unread].map(([reason, n]) => [UNREAD_WORDS[reason], n]))
