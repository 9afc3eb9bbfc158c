/**
 * The header of Zeek's TSV logs (Zeek documentation, log-formats.html): lines that begin with `#` say what
 * separates values and what they are called. Logs that were joined bring it several times.
 */
import { latin1 } from '../../src/bytes/latin1.ts'

const HASH = 0x23
const TAB = 0x09
/** What stands for a value that is not set; Zeek lets it be changed, and nobody does. */
export const UNSET = 0x2d

export interface TsvHeader {
  /** An octet. */
  readonly separator: number
  /** `conn`, `ssl`; empty before the header said it. */
  readonly path: string
  /** Names of the columns, after a line that names them; null otherwise. */
  readonly fields: readonly string[] | null
  /** Takes a line of the header; false for one of data. */
  take(b: Uint8Array, from: number, to: number): boolean
}

export function tsvHeader(): TsvHeader {
  let separator = TAB
  let path = ''
  let fields: string[] | null = null
  return {
    get separator() {
      return separator
    },
    get path() {
      return path
    },
    get fields() {
      return fields
    },
    take(b, from, to) {
      let at = from
      // Some tools indent the first line.
      while (at < to && b[at]! <= 0x20) at++
      if (at === to) return true
      if (b[at] !== HASH) return false
      const line = latin1(b, at, to)
      fields = null
      const [, code] = /^#separator \\x([0-9a-fA-F]{2})/.exec(line) ?? []
      if (code !== undefined) separator = Number.parseInt(code, 16)
      const [name, ...rest] = line.split(String.fromCharCode(separator))
      if (name === '#path') path = rest[0] ?? ''
      if (name === '#fields') fields = rest
      return true
    },
  }
}
