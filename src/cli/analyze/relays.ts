/**
 * Reads captures ahead, for the relays that no configuration names: whose connections are whose must be known
 * before the first of them is judged. Captures of several taps are read whole; of one alone, which can show
 * no more than whom a relay checks and for whom it asks, only the beginning, and more of it only where that
 * shows either.
 */
import type { Deployment } from '../../model/deployment.ts'
import { type Micros, SECOND } from '../../model/time.ts'
import type { AnalysisOptions } from '../../pipeline/monitor.ts'
import type { SeenRelays } from '../config/seen-relays.ts'
import { isFile } from './is-file.ts'

/** Checks come every 2 to 30 s: who makes any has made two by then, and five by the other time. */
const PROMISED_WITHIN: Micros = 60 * SECOND
const SHOWN_WITHIN: Micros = 180 * SECOND
/** Packets read for that at most: some hundredths of a second, and a few tenths where it promises
 * something. */
const PROMISED_PACKETS_MAX = 50_000
const SHOWN_PACKETS_MAX = 500_000

/** What the reading ahead needs of an analysis. */
export type Ahead = Pick<AnalysisOptions, 'followers' | 'isEnough'>

/** `read` analyses the inputs with the deployment as it is stated. What can be read but once is not read
 * ahead. */
export async function seenRelays(
  stated: Deployment,
  paths: readonly string[],
  read: (ahead: Ahead) => Promise<unknown>,
): Promise<SeenRelays> {
  const nothing = { deployment: stated, notes: [] }
  if (paths.length === 0 || !paths.every(isFile) || !mayShowRelays(stated)) return nothing
  const isAlone = paths.length === 1
  if (isAlone && !(await promises(read))) return nothing
  const { withSeenRelays } = await import('../config/seen-relays.ts')
  const isEnough = theFirst(SHOWN_WITHIN, SHOWN_PACKETS_MAX)
  return withSeenRelays(stated, (survey) => read({ followers: [survey], ...(isAlone ? { isEnough } : {}) }))
}

/** Whether none is stated, so that captures may show some. */
export const mayShowRelays = ({ services, devices }: Deployment): boolean =>
  devices.length === 0 && services.every(({ vips }) => vips.length === 0)

/** Somebody is checked, or asked for others, at the beginning of the only capture. */
async function promises(read: (ahead: Ahead) => Promise<unknown>): Promise<boolean> {
  const { OneSidedRelays } = await import('./one-sided-relays.ts')
  const oneSided = new OneSidedRelays()
  await read({ followers: [oneSided], isEnough: theFirst(PROMISED_WITHIN, PROMISED_PACKETS_MAX) })
  return oneSided.hasCandidate
}

/** So much time of a capture was read, or so many packets. */
function theFirst(time: Micros, packetsMax: number): NonNullable<AnalysisOptions['isEnough']> {
  let start: Micros | null = null
  return (now, packets) => {
    if (start === null && Number.isFinite(now)) start = now
    return packets >= packetsMax || (start !== null && now - start >= time)
  }
}
