/**
 * Server-sent events out of octets, as the WHATWG says (HTML Living Standard, 9.2.5 and 9.2.6): UTF-8 with an
 * optional byte order mark, lines that end in CR, LF or CRLF, blocks that end in an empty line. An unfinished
 * block at the end is dropped.
 *
 * Contract: octets may be cut anywhere. An event larger than EVENT_CHARACTERS_MAX is passed over and counted.
 */

export interface StreamEvent {
  /** `message` if the server named none. */
  readonly name: string
  readonly data: string
  /** The last id that the stream gave, on this event or before. */
  readonly id: string
}

export interface EventReader {
  /** The events that these octets complete. */
  read(octets: Uint8Array): StreamEvent[]
  /** What `retry` said: wait so long before a new connection; null if it did not say. */
  readonly retryMs: number | null
  /** Events that were too large. */
  readonly oversized: number
}

/** An alert takes a few thousand; what is larger is no alert, and its data is forgotten as it comes. */
export const EVENT_CHARACTERS_MAX = 4 << 20

/** `id` is where an earlier connection ended. */
export function eventReader(id = ''): EventReader {
  const decoder = new TextDecoder('utf-8')
  const block = { name: '', data: '', hasData: false, isOversized: false }
  let lastId = id
  let retryMs: number | null = null
  let oversized = 0
  let line = ''
  let endsInCarriageReturn = false

  const startBlock = (): void =>
    void Object.assign(block, { name: '', data: '', hasData: false, isOversized: false })
  const endBlock = (): StreamEvent | null => {
    const { name, data, hasData, isOversized } = block
    startBlock()
    if (isOversized) oversized++
    // The last line feed is no part of the data.
    return hasData && !isOversized
      ? { name: name === '' ? 'message' : name, data: data.slice(0, -1), id: lastId }
      : null
  }
  const field = (name: string, value: string): void => {
    if (name === 'event') block.name = value
    else if (name === 'data') {
      block.hasData = true
      if (block.data.length + value.length > EVENT_CHARACTERS_MAX) block.isOversized = true
      if (!block.isOversized) block.data += `${value}\n`
    } else if (name === 'id' && !value.includes('\0')) lastId = value
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value)
  }
  const endLine = (): StreamEvent | null => {
    const text = line
    line = ''
    if (text === '') return endBlock()
    const colon = text.indexOf(':')
    // A line that begins with a colon is a comment: the field has no name.
    if (colon < 0) field(text, '')
    else field(text.slice(0, colon), text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1))
    return null
  }
  const grow = (text: string): void => {
    if (line.length + text.length <= EVENT_CHARACTERS_MAX) line += text
    else block.isOversized = true
  }

  return {
    read(octets) {
      const events: StreamEvent[] = []
      const text = decoder.decode(octets, { stream: true })
      if (text === '') return events
      // The second half of a line end that was cut in two.
      const begin = endsInCarriageReturn && text.startsWith('\n') ? 1 : 0
      endsInCarriageReturn = text.endsWith('\r')
      const lines = text.slice(begin).split(/\r\n|\r|\n/)
      const rest = lines.pop() ?? ''
      for (const piece of lines) {
        grow(piece)
        const event = endLine()
        if (event !== null) events.push(event)
      }
      grow(rest)
      return events
    },
    get retryMs() {
      return retryMs
    },
    get oversized() {
      return oversized
    },
  }
}
