/** What the parsers need not make because nobody looks at it, and how short a silence is told, by what the
 * deployment asks for. */
import type { Deployment } from '../model/deployment.ts'
import { IDLE_THRESHOLD } from '../model/profiles.data.ts'
import type { Wants } from '../model/stream.ts'
import type { Micros } from '../model/time.ts'

/** Silences shorter than this are nobody's concern, whatever a configuration says: retransmission timers live
 * below it. */
const SILENCE_MIN: Micros = 1_000_000

/** The shortest silence that is told; `others` are timers that are asked about besides. */
export function silenceMinOf(deployment: Deployment, others: readonly Micros[] = []): Micros {
  const thresholds = deployment.services.map((s) => s.idleThreshold ?? IDLE_THRESHOLD)
  return Math.max(SILENCE_MIN, Math.min(IDLE_THRESHOLD, ...thresholds, ...others))
}

/**
 * Without relays and patterns, openings only say that data passes. `isAlone`: no other tap shows the other
 * side of a relay; `fingerprints`: somebody asks for them anyway.
 */
export function wantsOfParsers(
  deployment: Deployment,
  { isAlone, fingerprints }: { readonly isAlone: boolean; readonly fingerprints: boolean },
): Wants {
  const relays = deployment.devices.length > 0 || deployment.services.some((s) => s.vips.length > 0)
  const patterns = deployment.services.some((s) => s.identity.some((rule) => rule.kind === 'payload-pattern'))
  const joined = relays || !isAlone
  const wants = { openings: joined || patterns, fingerprints: joined || fingerprints, alerts: false }
  const web = deployment.services.some((s) => s.web !== null)
  // Both sides of a relay may be read: what it passes on is compared.
  const compared = relays && (!isAlone || web)
  return { ...wants, responseHeads: compared || web, ...(compared ? { bodies: 'excerpt' as const } : {}) }
}
