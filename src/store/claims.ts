/**
 * Analyses that a command line runs (`analyze --db`): its process claims each by a locked file beside the
 * database. The lock goes with the process, however it ends; the file then tells whoever opens the database
 * next that nobody works on the analysis any more. The jobs of a server have no claim: it knows them itself.
 */
import { existsSync, realpathSync, rmSync } from 'node:fs'
import type { Micros } from '../model/time.ts'
import { deleteAnalysis, endAnalysis, interruptedAnalyses } from './analyses.ts'
import { lockFile } from './file-lock.ts'
import { type Store, StoreError } from './store.ts'

/** Whatever the database is called where it is opened. */
const claimFile = ({ path }: Store, analysis: number): string => `${realpathSync(path)}-analysis-${analysis}`

/** Claims an analysis for this process, before anybody else knows of it. The answer gives it up. */
export function claimAnalysis(store: Store, analysis: number): () => void {
  const file = claimFile(store, analysis)
  const unlock = lockFile(file)
  if (unlock === null) throw new StoreError(`analysis ${analysis} is claimed by another process`)
  return () => {
    rmSync(file, { force: true })
    unlock()
  }
}

/** `abandoned`: the process that claimed it has gone. */
export type Claim = 'none' | 'held' | 'abandoned'

export function claimOf(store: Store, analysis: number): Claim {
  const file = claimFile(store, analysis)
  if (!existsSync(file)) return 'none'
  const unlock = lockFile(file)
  unlock?.()
  return unlock === null ? 'held' : 'abandoned'
}

const UNPROVED = 'The process that analysed ended before the packets that prove its findings were kept.'

/**
 * Takes away what processes left that were killed, in short transactions; findings that were published stay.
 * Broken off, it is done by the next one who opens the database.
 */
export function clearAbandoned(store: Store, at: Micros): void {
  for (const { id } of interruptedAnalyses(store)) {
    const file = claimFile(store, id)
    const unlock = existsSync(file) ? lockFile(file) : null
    if (unlock === null) continue
    try {
      // It may have ended between the question and the lock.
      const left = interruptedAnalyses(store).find((one) => one.id === id)
      if (left?.isPublished === true)
        endAnalysis(store, id, { state: 'failed', error: UNPROVED, summary: null, at })
      else if (left !== undefined) deleteAnalysis(store, id)
      rmSync(file, { force: true })
    } finally {
      unlock()
    }
  }
}
