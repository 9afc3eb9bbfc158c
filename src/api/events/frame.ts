/** Server-sent events as octets (WHATWG HTML §9.2). JSON has no line ends, so one `data` line holds it. */
import type { LiveEvent } from '../../model/view.ts'

const encoder = new TextEncoder()

/** Milliseconds that a browser waits before it connects again. */
const RETRY_MS = 2_000

/** What a stream begins with. */
export const OPENING = encoder.encode(`retry: ${RETRY_MS}\n\n`)

/** An event; with `id`, a client that lost the connection goes on after it. */
export function frameOf(event: LiveEvent, id: number | null): Uint8Array {
  const name = id === null ? '' : `id: ${id}\n`
  return encoder.encode(`${name}event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
}
