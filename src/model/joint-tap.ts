/**
 * What a tap is called that is more, or less, than one capture: an interface of one (`dmz/eth1`), two
 * captures that show a direction each of the same connections (`rx+tx`), or captures of which each goes on
 * where the one before it ended (`office-01..office-24`).
 *
 * Contract: pure. Such a name begins with that of a capture, and names of captures hold none of the signs but
 * dots, one at a time.
 */
import type { Tap } from './packet.ts'

/** How several captures are one tap. */
export type Joining = 'directions' | 'series'

const INTERFACE = '/'
const SIGN: Readonly<Record<Joining, string>> = { directions: '+', series: '..' }

export const jointTap = (joining: Joining, taps: readonly Tap[]): Tap =>
  `${taps[0]}${SIGN[joining]}${taps.at(-1)}`

export const interfaceTap = (tap: Tap, face: string): Tap => (tap === '' ? face : tap + INTERFACE + face)

/** The tap without the interface of it, and what names that. */
export function ofInterface(tap: Tap): readonly [tap: Tap, face: string] {
  const at = tap.indexOf(INTERFACE)
  return at < 0 ? [tap, ''] : [tap.slice(0, at), tap.slice(at)]
}

/** Whether the tap is that capture's, in part or with others. */
export const isTapOf = (tap: Tap, capture: Tap): boolean =>
  capture !== '' && [INTERFACE, ...Object.values(SIGN)].some((sign) => tap.startsWith(capture + sign))
