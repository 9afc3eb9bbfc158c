/**
 * What a connection's row holds beside what it is found by: packed into a few dozen octets, as a column of
 * its own for each number costs a third more time to write, and a quarter more room.
 *
 * Layout: client's and server's address (a length, then 0, 4 or 16 octets), the numbers of `NUMBERS`, then
 * three texts (a length, then UTF-8), empty for none: the TLS handshake and the path, both as JSON, and the
 * name that the client had resolved; last, `FLOW_NUMBERS`, where flow records told of it. Rows from before a
 * part was kept lack it, and what follows. Numbers and lengths are LEB128 (DWARF 5 section 7.6); one that may
 * be missing is written as one more, 0 for none.
 *
 * Contract: reading never throws; octets that are missing count as 0.
 */

/** In the order of the layout. Times in microseconds; `handshake`: its place in `HANDSHAKES`. */
export const NUMBERS = [
  'clientPort',
  'serverPort',
  'clientBytes',
  'serverBytes',
  'maxIdle',
  'idleBeforeEnd',
  'handshake',
  'clientPackets',
  'serverPackets',
  'clientUniqueBytes',
  'serverUniqueBytes',
  'retransmissions',
  'outOfOrder',
  'keepAlives',
  'captureDuplicates',
] as const
/** They follow, and may be missing. */
export const OPTIONAL_NUMBERS = ['stream', 'handshakeRtt', 'requests', 'responses'] as const

/** They stand at the end, and are missing where packets told of the connection. */
export const FLOW_NUMBERS = ['clientIpBytes', 'serverIpBytes', 'maxIdleAtMost'] as const

export type ConnectionFacts = {
  readonly clientAddress: Uint8Array
  readonly serverAddress: Uint8Array
  /** JSON; empty for none. */
  readonly tls: string
  readonly path: string
  /** Empty for none. */
  readonly resolvedName: string
} & { readonly [name in (typeof NUMBERS)[number]]: number } & {
  readonly [name in (typeof OPTIONAL_NUMBERS)[number] | (typeof FLOW_NUMBERS)[number]]: number | null
}

/** Of one number: 53 bits in groups of 7. */
const NUMBER_BYTES_MAX = 8
const ADDRESS_BYTES_MAX = 16
/** What a row takes without its texts. */
const BARE_BYTES_MAX =
  (NUMBERS.length + OPTIONAL_NUMBERS.length + FLOW_NUMBERS.length + 5) * NUMBER_BYTES_MAX +
  2 * ADDRESS_BYTES_MAX
/** UTF-8 octets that a UTF-16 unit takes at most. */
const UNIT_BYTES_MAX = 3
/** Rows are cut from pieces of this size; a row with longer texts gets a piece of its own. */
const PIECE_BYTES = 1 << 16
const INT32_MAX = 0x7fffffff

export interface FactsPacker {
  /** Begins a row with its addresses; `texts`: UTF-16 units of its texts. */
  begin(clientAddress: Uint8Array, serverAddress: Uint8Array, texts: number): void
  /** The next number; below 0 counts as 0. */
  number(value: number): void
  /** The next number that may be missing: below 0. */
  optional(value: number): void
  text(value: string): void
  /** The row; it stays as it is. */
  end(): Buffer
}

export function factsPacker(): FactsPacker {
  let piece = Buffer.allocUnsafe(PIECE_BYTES)
  let from = 0
  let at = 0
  const put = (value: number): void => {
    let left = value
    for (; left > INT32_MAX; left = Math.floor(left / 128)) piece[at++] = (left % 128) | 128
    for (; left > 127; left >>>= 7) piece[at++] = (left & 127) | 128
    piece[at++] = left
  }
  const octets = (bytes: Uint8Array): void => {
    piece[at++] = bytes.length
    for (let i = 0; i < bytes.length; i++) piece[at++] = bytes[i]!
  }
  return {
    begin(clientAddress, serverAddress, texts) {
      const room = BARE_BYTES_MAX + texts * UNIT_BYTES_MAX
      if (at + room > piece.length) {
        piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, room))
        at = 0
      }
      from = at
      octets(clientAddress)
      octets(serverAddress)
    },
    number: (value) => put(value < 0 ? 0 : value),
    optional: (value) => put(value < 0 ? 0 : value + 1),
    text(value) {
      if (value === '') return put(0)
      put(Buffer.byteLength(value))
      at += piece.write(value, at)
    },
    end: () => piece.subarray(from, at),
  }
}

export function connectionFacts(bytes: Uint8Array): ConnectionFacts {
  let at = 0
  const number = (): number => {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const octet = bytes[at++] ?? 0
      value += (octet & 127) * unit
      if (octet < 128) return value
    }
  }
  const octets = (): Uint8Array => {
    const from = at + 1
    at = from + (bytes[at] ?? 0)
    return bytes.subarray(from, at)
  }
  const text = (): string => {
    const length = number()
    at += length
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', at - length, at)
  }
  const clientAddress = octets()
  const serverAddress = octets()
  const plain = NUMBERS.map((name) => [name, number()] as const)
  const optional = OPTIONAL_NUMBERS.map((name) => [name, missing(number())] as const)
  const texts = { tls: text(), path: text(), resolvedName: text() }
  const flows = FLOW_NUMBERS.map((name) => [name, missing(number())] as const)
  const numbers = Object.fromEntries([...plain, ...optional, ...flows])
  return { clientAddress, serverAddress, ...numbers, ...texts } as ConnectionFacts
}

const missing = (written: number): number | null => (written === 0 ? null : written - 1)
