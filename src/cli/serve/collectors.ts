/**
 * The collectors of a server: each in a thread of its own, for as long as the server runs.
 *
 * Contract: one that fails is begun again after a while, and until then its capture says why it stands still.
 * `stop` resolves when all have written where they are.
 */
import type { Logger } from 'pino'
import type { Micros } from '../../model/time.ts'
import type { LiveState } from '../../model/view.ts'
import { endLostCollections } from '../../store/live.ts'
import type { Store } from '../../store/store.ts'
import type { CollectorSpec } from '../collect/collectors.ts'
import { type CollectionThread, startCollection } from '../collect/thread.ts'

/** Between the end of a collection that failed and the next try. */
const AGAIN_MS = 30_000

export interface CollectorsOptions {
  readonly store: Store
  readonly collectors: readonly CollectorSpec[]
  /** The text of the configuration. */
  readonly config: string | null
  readonly plainSecrets: boolean
  readonly logger: Logger
  now(): Micros
}

export interface Collectors {
  /** How each stands, by its name, as far as it was told. */
  readonly states: ReadonlyMap<string, LiveState>
  stop(): Promise<void>
}

interface Running {
  thread: CollectionThread | null
  again: NodeJS.Timeout | null
  ended: Promise<void>
  isStopping: boolean
}

export function runCollectors(options: CollectorsOptions): Collectors {
  const { store, collectors, now } = options
  const states = new Map<string, LiveState>()
  endLostCollections(store, new Set(collectors.map(({ name }) => name)), now())
  const running = collectors.map((spec) => keepRunning(spec, options, states))
  return {
    states,
    async stop() {
      for (const one of running) {
        one.isStopping = true
        if (one.again !== null) clearTimeout(one.again)
        one.thread?.stop()
      }
      await Promise.all(running.map(({ ended }) => ended))
    },
  }
}

function keepRunning(
  spec: CollectorSpec,
  { store, config, plainSecrets, logger }: CollectorsOptions,
  states: Map<string, LiveState>,
): Running {
  const running: Running = { thread: null, again: null, ended: Promise.resolve(), isStopping: false }
  const { name: collector, ...its } = spec
  const begin = (): void => {
    running.again = null
    const thread = startCollection(
      { ...its, collector, database: store.path, config, plainSecrets },
      {
        began: () => logger.info({ collector }, 'collecting'),
        live: (state) => void states.set(collector, state),
        says: (sentence) => logger.warn({ collector }, sentence),
      },
    )
    running.thread = thread
    running.ended = over(thread)
  }
  const over = async (thread: CollectionThread): Promise<void> => {
    const end = await thread.end
    running.thread = null
    if (end.state !== 'failed') return logger.info({ collector }, `collection ${end.state}`)
    logger.error({ collector, error: end.error }, 'collection failed; it is tried again')
    if (!running.isStopping) running.again = setTimeout(begin, AGAIN_MS)
  }
  begin()
  return running
}
