/**
 * Set-Cookie lines that somebody joined with commas. Neither servers nor relays may (RFC 6265 §3; the
 * successor says MUST NOT), for a comma is part of Expires, and of values that are not quite legal.
 *
 * A comma is taken for a joint if a token and `=` follow it. Among the attributes that cannot be anything
 * else; before them, in the value, white space has to follow the comma as well, which joints have and lists
 * in values have not, and it must not stand in quotes.
 */

/** Cookies that a line is taken apart into; what follows stays with the last. */
export const PARTS_MAX = 16

const TOKEN = /[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=/y // RFC 9110 §5.6.2

/** The cookies that a line was made of, in order; the line itself if it was not folded. */
export function foldedParts(line: string): string[] {
  const parts: string[] = []
  let start = 0
  let from = valueEnd(line, 0)
  let attributes = attributesFrom(line, 0)
  for (let comma = line.indexOf(',', from); comma >= 0; comma = line.indexOf(',', from)) {
    from = comma + 1
    if (parts.length === PARTS_MAX - 1) break
    if (!isJoint(line, comma, comma > attributes)) continue
    parts.push(line.slice(start, comma))
    start = from
    from = valueEnd(line, start)
    attributes = attributesFrom(line, start)
  }
  return [...parts, line.slice(start)]
}

/** Where to look for commas from: behind the value's quotes, if it stands in some. */
function valueEnd(line: string, start: number): number {
  QUOTED.lastIndex = start
  return QUOTED.test(line) ? QUOTED.lastIndex : start
}

const QUOTED = /[^=;,]*=[ \t]*"[^"]*"/y

/** Where the attributes of the cookie at `start` begin; infinite without any. */
function attributesFrom(line: string, start: number): number {
  const semicolon = line.indexOf(';', start)
  return semicolon < 0 ? Number.POSITIVE_INFINITY : semicolon
}

function isJoint(line: string, comma: number, isAmongAttributes: boolean): boolean {
  const next = line[comma + 1]
  if (next !== ' ' && next !== '\t' && !isAmongAttributes) return false
  TOKEN.lastIndex = comma + 1
  return TOKEN.test(line)
}
