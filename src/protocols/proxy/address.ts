/**
 * Addresses in text form (RFC 4291 §2.2, RFC 3986 dotted quads) to octets. Strict: no zones, no octal, no
 * short forms.
 */

export function ipv4Octets(text: string): Uint8Array | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return null
  return Uint8Array.from(parts, Number)
}

/** Sixteen octets, or null. */
export function ipv6Octets(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [before, after] = halves.map(groups)
  if (before === null || before === undefined || after === null) return null
  if (after === undefined) return before.length === 16 ? Uint8Array.from(before) : null
  const zeros = 16 - before.length - after.length
  return zeros < 2 ? null : Uint8Array.from([...before, ...new Array<number>(zeros).fill(0), ...after])
}

/** The octets of groups with colons between, the last of which may be a dotted quad. */
function groups(text: string): number[] | null {
  if (text === '') return []
  const octets: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const quad = i === parts.length - 1 ? ipv4Octets(part) : null
    if (quad !== null) octets.push(...quad)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) octets.push(parseInt(part, 16) >> 8, parseInt(part, 16) & 255)
    else return null
  }
  return octets
}
