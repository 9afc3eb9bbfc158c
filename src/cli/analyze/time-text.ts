/** A moment as people type it. */
import type { Micros } from '../../model/time.ts'

const ISO = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})$/
const EPOCH = /^\d{1,11}(?:\.\d{1,9})?$/

/**
 * ISO 8601 with a zone, or seconds since the epoch; finer than a microsecond is cut off. A sentence's end if
 * it is neither.
 */
export function momentOf(text: string): { readonly at: Micros } | { readonly wrong: string } {
  if (EPOCH.test(text)) return { at: Math.floor(Number(text) * 1e6) }
  const match = ISO.exec(text)
  if (match === null) {
    const noZone = ISO.test(`${text}Z`)
    return {
      wrong: noZone
        ? 'has no time zone; add Z for UTC'
        : 'is no time; write 2026-11-21T02:08:06Z or seconds since 1970',
    }
  }
  const [, day = '', clock = '', fraction = '', zone = ''] = match
  const wholeClock = clock.length === 'hh:mm'.length ? `${clock}:00` : clock
  const ms = Date.parse(`${day}T${wholeClock}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`)
  if (Number.isNaN(ms)) return { wrong: 'is no time of the calendar' }
  return { at: ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')) }
}
