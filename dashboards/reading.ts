/**
 * One thing that is read again and again: at most one request is on its way. What asks for another meanwhile
 * gets it afterwards, once; so neither a slow server nor a fast stream of events piles requests up, and none
 * that goes on is ended before it can answer. What was changed in place while a request was on its way is
 * newer than its answer: it is done again to that.
 */

/** A request that went on for longer is given up if it is asked for anew: perhaps nobody answers it. */
const PATIENCE_MS = 20_000

export interface Told<T> {
  /** Null before the first answer. */
  readonly data: T | null
  /** When `data` was read or changed, in milliseconds; 0 without. */
  readonly readAt: number
  /** Why the last request failed; the data of an earlier one may still be there. */
  readonly error: Error | null
  readonly isLoading: boolean
}

type Change<T> = (data: T) => T

/** Answers once; gets what is known already. Its end is that of the reading. */
export type Read<T> = (signal: AbortSignal, known: T | null) => Promise<T>

export interface Reading<T> {
  reload(): void
  /** Changes the data in place, and that of the answer on its way. */
  change(change: Change<T>): void
  /** Ends the request; nothing is told any more. */
  end(): void
}

/** Begins at once. `known`: what an earlier reading of the same told last. */
export function startReading<T>(
  read: Read<T>,
  known: Pick<Told<T>, 'data' | 'readAt'>,
  tell: (told: Told<T>) => void,
): Reading<T> {
  const work = {
    told: { ...known, error: null, isLoading: false } as Told<T>,
    request: new AbortController(),
    begun: 0,
    isBehind: false,
    changes: [] as Change<T>[],
  }
  const put = (patch: Partial<Told<T>>): void => {
    work.told = { ...work.told, ...patch }
    tell(work.told)
  }
  const ended = (patch: Partial<Told<T>>): void => {
    put({ ...patch, isLoading: false })
    if (work.isBehind) begin()
  }
  const begin = (): void => {
    const request = new AbortController()
    Object.assign(work, { request, begun: Date.now(), isBehind: false, changes: [] })
    put({ isLoading: true })
    void answered(request.signal)
  }
  const answered = async (signal: AbortSignal): Promise<void> => {
    try {
      const answer = await read(signal, work.told.data)
      if (signal.aborted) return
      ended({
        data: work.changes.reduce<T>((now, change) => change(now), answer),
        readAt: Date.now(),
        error: null,
      })
    } catch (error) {
      if (!signal.aborted) ended({ error: error as Error })
    }
  }
  begin()
  return {
    reload() {
      const isGoingOn = work.told.isLoading && Date.now() - work.begun < PATIENCE_MS
      work.isBehind = isGoingOn
      if (isGoingOn) return
      work.request.abort()
      begin()
    },
    change(change) {
      const { data, isLoading } = work.told
      if (isLoading) work.changes.push(change)
      if (data !== null) put({ data: change(data), readAt: Date.now(), error: null })
    },
    end: () => work.request.abort(),
  }
}
