/** All event streams: one watcher of the database, one log, one heartbeat, however many listen. While
 * nobody does, nothing is rendered. */
import { isoTime } from '../../model/time.ts'
import type { Micros } from '../../model/time.ts'
import { watchChanges } from '../../store/changes.ts'
import type { Store } from '../../store/store.ts'
import { frameOf } from './frame.ts'
import { eventLog } from './log.ts'
import type { Render } from './rendering.ts'
import { openStream } from './stream.ts'
import type { EventStream } from './stream.ts'

export interface EventHub {
  /** A stream of what comes after event `after`; null: from now on. Null if there are as many as there may
   * be. */
  open(after: number | null, holds: () => boolean): EventStream | null
  streams(): number
  /** Ends all streams and watches no longer. */
  stop(): void
}

interface HubOptions {
  readonly store: Store
  readonly render: Render
  readonly streamsMax: number
  readonly heartbeatSeconds: number
  readonly now: () => Micros
  /** The server ended a stream: too slow, or no longer allowed. */
  readonly onCut: () => void
  readonly onError: (error: unknown) => void
}

/** Every how many milliseconds the database is asked for changes. */
const LOOK_MS = 50

export function eventHub(options: HubOptions): EventHub {
  const { store, render, streamsMax, heartbeatSeconds, now, onCut, onError } = options
  const log = eventLog(store, render)
  const streams = new Set<EventStream>()
  let isTelling = false

  const tell = (): void => {
    if (streams.size === 0) {
      isTelling = false
      return
    }
    const hasMore = attempt(() => log.takeIn(), onError) ?? false
    for (const stream of streams) attempt(() => stream.advance(), onError)
    isTelling = hasMore
    if (hasMore) setImmediate(tell)
  }
  const stopWatching = watchChanges(
    store,
    () => {
      if (!isTelling) tell()
    },
    { everyMs: LOOK_MS },
  )
  const beat = setInterval(() => {
    const frame = frameOf({ kind: 'heartbeat', at: isoTime(now()) }, null)
    for (const stream of streams) attempt(() => stream.beat(frame), onError)
  }, heartbeatSeconds * 1000)
  beat.unref()

  return {
    open(after, holds) {
      if (streams.size >= streamsMax) return null
      if (streams.size === 0) log.beginNow()
      const stream = openStream({
        log,
        after: after ?? log.last(),
        holds,
        onEnd: (ended, wasCut) => {
          streams.delete(ended)
          if (wasCut) onCut()
        },
      })
      streams.add(stream)
      stream.beat(frameOf({ kind: 'heartbeat', at: isoTime(now()) }, null))
      return stream
    },
    streams: () => streams.size,
    stop() {
      stopWatching()
      clearInterval(beat)
      for (const stream of streams) stream.end()
    },
  }
}

/** One stream's trouble, or a row that cannot be read, is not the others'. */
function attempt<T>(work: () => T, onError: (error: unknown) => void): T | null {
  try {
    return work()
  } catch (error) {
    onError(error)
    return null
  }
}
