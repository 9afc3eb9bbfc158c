/** FNV-1a (RFC 9923 §5), a value at a time: octets, or words of 32 bits. */
const PRIME = 0x01000193

/** Where a hash begins. */
export const FNV_BASIS = 0x811c9dc5

/** The hash with one value more. */
export const fnv = (hash: number, value: number): number => Math.imul(hash ^ value, PRIME)
