/** Whether losses are regular: how often connections are severed matters by itself (domain knowledge 7.2,
 * S0-06). */

/** Causes whose regularity is watched, and the latest silences of each: of further causes none is regular. */
const CAUSES_MAX = 1024
const SILENCES_MAX = 64

export class Regularity {
  private readonly silences = new Map<string, number[]>()
  private readonly least: number
  private readonly variation: number

  /** `variation`: deviation over mean. */
  constructor(least: number, variation: number) {
    this.least = least
    this.variation = variation
  }

  /** Notes a loss after a silence in seconds; whether those of its cause are regular by now. */
  note(cause: string, silence: number): boolean {
    const known = this.silences.get(cause) ?? []
    if (known.length === 0 && this.silences.size >= CAUSES_MAX) return false
    this.silences.set(cause, known)
    known.push(silence)
    if (known.length > SILENCES_MAX) known.shift()
    return known.length >= this.least && variationOf(known) < this.variation
  }
}

function variationOf(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  return mean === 0 ? 0 : Math.sqrt(square) / mean
}
