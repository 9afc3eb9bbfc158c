/**
 * One client's stream. It holds no events of its own but a place in the common log: as much as it can take is
 * handed to it, the rest waits in the log for all. Who is too far behind is told what he missed (`lost`); who
 * takes nothing from one heartbeat to the next but one is told so as well, and cut off.
 */
import type { EventLog, Stretch } from './log.ts'
import { OPENING, frameOf } from './frame.ts'

/** Octets that may wait for a client besides what its socket holds. */
const QUEUE_BYTES = 64 * 1024
/** Heartbeats that a client may let pass while something waits for it. */
const STALLED_MAX = 2

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  /** Hands on what is new in the log. */
  advance(): void
  beat(frame: Uint8Array): void
  end(): void
}

interface StreamOptions {
  readonly log: EventLog
  /** The number of the last event that the client saw. */
  readonly after: number
  /** Whether the client may still listen. */
  readonly holds: () => boolean
  /** Called once, however the stream ends. `wasCut`: the server ended it. */
  readonly onEnd: (stream: EventStream, wasCut: boolean) => void
}

export function openStream({ log, after, holds, onEnd }: StreamOptions): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  let place = after
  let stalled = 0
  let isAdvancing = false

  const finish = (wasCut: boolean): void => {
    controller = null
    onEnd(stream, wasCut)
  }
  const hasRoom = (): boolean => (controller?.desiredSize ?? 0) > 0
  const close = (last: Uint8Array | null): void => {
    if (controller === null) return
    if (last !== null) controller.enqueue(last)
    controller.close()
    finish(true)
  }
  const lost = (): Uint8Array => {
    const to = log.last()
    const frame = frameOf({ kind: 'lost', from: Math.min(place, to) + 1, to }, to)
    place = to
    return frame
  }
  /** Whether all of a stretch found room. */
  const send = ({ events, upTo }: Stretch): boolean => {
    for (const event of events) {
      if (!hasRoom()) return false
      place = event.id
      controller?.enqueue(event.frame)
    }
    place = upTo
    return true
  }
  const advance = (): void => {
    if (isAdvancing) return // a reader that waits has the stream pull while an event is being handed to it
    isAdvancing = true
    try {
      while (hasRoom() && place !== log.last()) {
        const stretch = log.after(place)
        if (stretch === null) controller?.enqueue(lost())
        else if (!send(stretch)) return
      }
    } finally {
      isAdvancing = false
    }
  }
  const beat = (frame: Uint8Array): void => {
    if (!holds()) return close(null)
    if (hasRoom()) {
      stalled = 0
      controller?.enqueue(frame)
    } else if (++stalled >= STALLED_MAX) close(lost())
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened
        opened.enqueue(OPENING)
      },
      pull: () => advance(),
      cancel: () => finish(false),
    },
    { highWaterMark: QUEUE_BYTES, size: (chunk) => chunk.byteLength },
  )
  const stream: EventStream = { body, advance, beat, end: () => close(null) }
  return stream
}
