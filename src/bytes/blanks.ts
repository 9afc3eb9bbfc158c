/** Spaces and tabs around texts, which HTTP (OWS, RFC 9110 §5.6.3) and cookies (RFC 6265 §5.2) take off;
 * `trim` would take other octets as well. */

const SPACE = 32
const TAB = 9

export const isBlank = (code: number): boolean => code === SPACE || code === TAB

/** `text` from `start` to `end`, without the blanks around it. */
export function trimmed(text: string, start = 0, end = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
