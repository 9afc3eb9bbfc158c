/** HPACK's Huffman code (RFC 7541 §5.2, Appendix B): octets to text (Latin-1). Pure. */
import { CODE_LENGTHS } from './huffman.data.ts'

const EOS = 256
/** Padding is shorter than an octet (§5.2). */
const PADDING_MAX = 7
/** Characters joined at once; String.fromCharCode takes its arguments on the stack. */
const JOINED = 1024

/**
 * The tree: the children of node n are at 2n and 2n + 1. Positive: a node; negative: the octet -1 - value.
 */
const TREE = tree()

function tree(): Int16Array {
  const nodes = new Int16Array(2 * CODE_LENGTHS.length)
  let used = 1
  const symbols = CODE_LENGTHS.map((length, symbol) => ({ length, symbol }))
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol)
  let code = 0
  let before = 0
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - before)
    before = length
    let node = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const at = 2 * node + ((code >>> bit) & 1)
      if (nodes[at] === 0) nodes[at] = used++
      node = nodes[at]!
    }
    nodes[2 * node + (code & 1)] = -1 - symbol
    code++
  }
  return nodes
}

/**
 * The text that octets `start`..`end` are the code of; null if they are none: EOS within, or padding that is
 * not the beginning of EOS.
 */
export function huffmanText(bytes: Uint8Array, start: number, end: number): string | null {
  let text = ''
  let letters: number[] = []
  let node = 0
  let depth = 0
  let ones = true
  for (let at = start; at < end; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (bytes[at]! >>> bit) & 1
      const next = TREE[2 * node + one]!
      depth++
      ones &&= one === 1
      if (next >= 0) {
        node = next
        continue
      }
      if (next === -1 - EOS) return null
      if (letters.push(-1 - next) === JOINED) {
        text += String.fromCharCode(...letters)
        letters = []
      }
      node = 0
      depth = 0
      ones = true
    }
  }
  if (depth > PADDING_MAX || !ones) return null
  return text + String.fromCharCode(...letters)
}
