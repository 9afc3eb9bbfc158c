/**
 * Reserved values that clients send to keep servers tolerant (RFC 8701 §2): 0x0a0a, 0x1a1a, ... 0xfafa. They
 * mean nothing. The first stands for all where they are told apart from the rest only.
 */
export const GREASE = 0x0a0a
export const isGrease = (value: number): boolean =>
  (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)

export const withoutGrease = (values: readonly number[]): number[] =>
  values.filter((value) => !isGrease(value))
