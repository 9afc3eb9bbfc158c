/**
 * What a reset says of itself: the reasons of NetScaler and BIG-IP (src/model/reset-reasons.data.ts), and any
 * other text that it carries (RFC 9293 §3.5.3). Read in one place: as an item of the sheet, as a hint who
 * wanted the end, and as words in incidents.
 */
import type { AttributionItem, Finding } from '../model/incident.ts'
import type { Reset } from '../model/observation.ts'
import { F5_CAUSES, NETSCALER_RESETS, type ResetMeaning } from '../model/reset-reasons.data.ts'

/** What the item is worth, by what the reason says; weights are those of the sheet (attribution.ts). */
const WINDOW_WEIGHTS: Readonly<Record<ResetMeaning, number>> = { idle: 3, stray: 3, own: 2, 'passed-on': -2 }
/** A text cannot be there by chance, as a window can. */
const TEXT_WEIGHTS: Readonly<Record<ResetMeaning, number>> = { idle: 5, stray: 5, own: 5, 'passed-on': -2 }
/** Characters of a text that are shown. */
const TEXT_SHOWN = 80

/** A window that says nothing. */
const NO_REASON = -1
const WINDOW_TEST = 'NetScaler reason'
const CAUSE_TEST = 'BIG-IP reset cause'
const TEXT_TEST = 'reset text'

/** What the device that sent it means; null if it says nothing that is known. */
export function resetMeaning({ window, payload }: Reset): ResetMeaning | null {
  return f5Cause(payload)?.meaning ?? NETSCALER_RESETS.get(window ?? NO_REASON)?.meaning ?? null
}

/** The reset's own words, as items of the sheet; none for most. */
export function loreItems({ window, payload }: Reset): AttributionItem[] {
  const items: AttributionItem[] = []
  const reason = NETSCALER_RESETS.get(window ?? NO_REASON)
  if (reason !== undefined)
    items.push({
      test: WINDOW_TEST,
      weight: WINDOW_WEIGHTS[reason.meaning],
      observed: `window ${window}: ${reason.words}`,
    })
  const cause = f5Cause(payload)
  if (cause !== null)
    items.push({ test: CAUSE_TEST, weight: TEXT_WEIGHTS[cause.meaning], observed: cause.words })
  else if (payload !== '') items.push({ test: TEXT_TEST, weight: 0, observed: payload.slice(0, TEXT_SHOWN) })
  return items
}

/** `BIG-IP: [0x2409d71:1204] Flow expired (sweeper)`: the place in its own source, and the cause. */
function f5Cause(payload: string): { words: string; meaning: ResetMeaning } | null {
  if (!payload.includes('BIG-IP')) return null
  const text = payload.replace(/\(?BIG-IP\)?:?/, '').replace(/\[0x[0-9a-f]+(:\d+)?\]/i, '')
  const words = text.trim().slice(0, TEXT_SHOWN)
  const known = F5_CAUSES.find(({ cause }) => cause.test(words))
  return { words: words === '' ? 'no cause given' : words, meaning: known?.meaning ?? 'own' }
}

const SPEAKERS: Readonly<Record<string, string>> = {
  [WINDOW_TEST]: "NetScaler's resets say",
  [CAUSE_TEST]: "BIG-IP's resets say",
  [TEXT_TEST]: 'The resets carry the text',
}

/** A sentence with what the resets of these findings say, each saying once, a space before it; empty if they
 * say nothing. */
export function loreText(findings: readonly Finding[]): string {
  const said = new Map<string, Set<string>>()
  for (const { details } of findings) {
    for (const { test, observed } of details['attribution'] as readonly AttributionItem[]) {
      if (SPEAKERS[test] === undefined) continue
      const words = said.get(test) ?? new Set()
      said.set(test, words.add(observed))
    }
  }
  const sentences = [...said].map(([test, words]) => ` ${SPEAKERS[test]}: ${[...words].join('; ')}.`)
  return sentences.join('')
}
