/** How a server failed, in words, and the packets that show it. */
import type { Shortcoming } from '../../model/cluster-events.ts'
import type { EvidencePacket } from '../../model/incident.ts'
import { shortName } from '../../model/short-name.ts'

/** Failures that stand as evidence. */
const SHOWN_MAX = 6

export function inWords({ manner, code, text }: Shortcoming): string {
  switch (manner) {
    case 'reply':
      return text === '' ? `answered ${code}` : `answered ${code} ${shortName(text)}`
    case 'silent':
      return 'said nothing until the other side gave up'
    case 'closed':
      return 'hung up without a word'
    case 'dismissed':
      return 'said something and hung up before it was asked anything'
    case 'refused':
    case 'unanswered':
      return manner
  }
}

export const asEvidence = (failures: readonly Shortcoming[]): EvidencePacket[] =>
  failures
    .slice(0, SHOWN_MAX)
    .map((failure) => {
      const { tap, packet, at, ends } = failure
      return { tap, packet, at, ends, note: inWords(failure) }
    })
    .filter(({ packet }) => packet > 0)
