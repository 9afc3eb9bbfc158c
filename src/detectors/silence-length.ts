/** How long silences were, in findings and in words: as far as the capture, or flow records, show it. */
import { type Details, type Finding, isAtLeast } from '../model/incident.ts'
import type { Silence } from '../model/observation.ts'
import type { Micros } from '../model/time.ts'
import { spoken, spokenRange } from './detector.ts'

/** In seconds, to hundredths. */
const silenceSeconds = (silence: Silence): number => Math.round((silence.end - silence.start) / 10_000) / 100

/** How long a silence was; between which bounds, where flow records tell of it, and that it was no shorter,
 * where it began before the capture. */
export function silenceDetails(silence: Silence): Details {
  const { start, end, uncertainty } = silence
  const details = {
    silenceSeconds: silenceSeconds(silence),
    ...(beganBefore(silence) ? { silenceIsAtLeast: true } : {}),
  }
  if (uncertainty === undefined) return details
  const inMillis = (span: Micros): number => Math.round(Math.max(0, span) / 1000) / 1000
  const bounds = [inMillis(end - start - uncertainty), inMillis(end - start + uncertainty)]
  return { ...details, silenceBetweenSeconds: bounds }
}

/** No packet before it was captured. */
export const beganBefore = ({ startPacket }: Silence): boolean => startPacket === 0

/** The length of a silence in words, as far as the capture shows it. */
export const spokenSilence = (silence: Silence): string =>
  `${beganBefore(silence) ? AT_LEAST : ''}${spoken(silence.end - silence.start)}`

const AT_LEAST = 'at least '

/** The bounds of what `silenceDetails` told; equal ones where it is exact. */
export function silenceBounds({ details }: Finding): readonly [number, number] {
  const told = details['silenceSeconds'] as number
  if (isAtLeast(details)) return [told, Infinity]
  return (details['silenceBetweenSeconds'] as [number, number] | undefined) ?? [told, told]
}

/** How long the silence was, as its finding says. */
export function silenceOf({ details }: Finding): Details {
  const { silenceSeconds, silenceBetweenSeconds, silenceIsAtLeast } = details
  return {
    silenceSeconds,
    ...(silenceBetweenSeconds === undefined ? {} : { silenceBetweenSeconds }),
    ...(silenceIsAtLeast === undefined ? {} : { silenceIsAtLeast }),
  }
}

/** `75.0 s`, `75.0 to 78.2 s`, or `between 285.0 and 345.0 s` where records tell no better; `at least 75.0 s`
 * where all of them began before the capture: of several, those that did not are told. */
export function spokenSilences(findings: readonly Finding[]): string {
  const whole = findings.filter(({ details }) => !isAtLeast(details))
  if (whole.length < findings.length) {
    if (whole.length > 0) return spokenSilences(whole)
    const shortest = Math.min(...findings.map(({ details }) => details['silenceSeconds'] as number))
    return `${AT_LEAST}${spokenRange([shortest])}`
  }
  const bounds = findings.map(silenceBounds)
  if (bounds.every(([low, high]) => high - low < TOLD_APART))
    return spokenRange(findings.map((f) => f.details['silenceSeconds'] as number))
  const low = Math.min(...bounds.map(([from]) => from))
  const high = Math.max(...bounds.map(([, to]) => to))
  return `between ${low.toFixed(1)} and ${high.toFixed(1)} s`
}

/** Seconds: a tenth is told. */
const TOLD_APART = 0.1
