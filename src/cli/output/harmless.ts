/**
 * Text from traffic, made safe to show on a terminal: what a terminal would obey (escape sequences, controls)
 * or what would change how the rest reads (bidirectional overrides, invisible characters) is spelt out, as in
 * `\x1b[2J`.
 */

/**
 * Controls, format characters (among them all bidirectional ones), lone surrogates, line and paragraph
 * separators.
 */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export function harmless(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/**
 * A name from traffic on one line: harmless, and cut in the middle if it is longer than any name should be.
 */
export function shortName(text: string, charactersMax = 64): string {
  const safe = harmless(text)
  if (safe.length <= charactersMax) return safe
  const half = Math.floor((charactersMax - 3) / 2)
  return `${safe.slice(0, half)}...${safe.slice(safe.length - half)}`
}
