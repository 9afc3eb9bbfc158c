/**
 * `isoTime` of the model, ten times as fast: thousands of connections lie in a few days, and a day's text is
 * made once.
 */
import { isoTime, type Micros, SECOND } from '../../model/time.ts'

const DAY: Micros = 86_400 * SECOND
const TWO_DIGITS: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))
const lastDay = { number: NaN, text: '' }

/** ISO 8601 in UTC with microseconds. */
export function quickIsoTime(at: Micros): string {
  const day = Math.floor(at / DAY)
  if (day !== lastDay.number) {
    const midnight = isoTime(day * DAY)
    // Years beyond 9999 have a sign and two digits more; times that no calendar holds are numbers.
    if (!Number.isInteger(at) || midnight.length !== 27) return isoTime(at)
    lastDay.number = day
    lastDay.text = midnight.slice(0, 11)
  }
  const micros = at - day * DAY
  const second = Math.floor(micros / SECOND)
  const minute = (second / 60) | 0
  const hour = (minute / 60) | 0
  const clock = `${TWO_DIGITS[hour]}:${TWO_DIGITS[minute - hour * 60]}:${TWO_DIGITS[second - minute * 60]}`
  return `${lastDay.text}${clock}.${String(micros - second * SECOND).padStart(6, '0')}Z`
}
