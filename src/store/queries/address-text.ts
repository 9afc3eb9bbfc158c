/**
 * Addresses as connections keep them, 4 or 16 octets, as canonical text: a dotted quad, or RFC 5952. No
 * octets are what is no address; their text is empty.
 */

export function addressText(octets: Uint8Array): string {
  return octets.length === 16 ? ipv6Text(octets) : octets.join('.')
}

/** RFC 5952: section 4.2 for the zeros, section 5 for IPv4-mapped addresses. */
function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0))
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${octets.slice(12).join('.')}`
  const zeros = longestZeroRun(groups)
  const text = groups.map((group) => group.toString(16))
  if (zeros.length < 2) return text.join(':')
  return `${text.slice(0, zeros.from).join(':')}::${text.slice(zeros.from + zeros.length).join(':')}`
}

/** The first of the longest. */
function longestZeroRun(groups: readonly number[]): { readonly from: number; readonly length: number } {
  let longest = { from: 0, length: 0 }
  for (let i = 0, length = 0; i < groups.length; i++) {
    length = groups[i] === 0 ? length + 1 : 0
    if (length > longest.length) longest = { from: i + 1 - length, length }
  }
  return longest
}
