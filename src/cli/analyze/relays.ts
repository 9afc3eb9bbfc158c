/**
 * Reads captures ahead, for the relays that no configuration names: whose connections are whose must be known
 * before the first of them is judged. Captures of several taps are read whole; of one alone, which can show
 * no more than whom a relay checks and for whom it asks, only the beginning, and more of it only where that
 * shows either. An analysis that can begin again is its own look ahead.
 */
import { type Deployment, passesOn } from '../../model/deployment.ts'
import { type Micros, SECOND } from '../../model/time.ts'
import type { AnalysisOptions } from '../../pipeline/monitor.ts'
import type { SeenRelays } from '../config/seen-relays.ts'
import { isFile } from './is-file.ts'
import { RelayPromise } from './relay-promise.ts'

/** Checks come every 2 to 30 s: who makes any has made two by then, and five by the other time. */
const PROMISED_WITHIN: Micros = 60 * SECOND
const SHOWN_WITHIN: Micros = 180 * SECOND
/** Packets read for that at most: some hundredths of a second, and a few tenths where it promises
 * something. */
const PROMISED_PACKETS_MAX = 50_000
const SHOWN_PACKETS_MAX = 500_000

/** What the reading ahead needs of an analysis. */
export type Ahead = Pick<AnalysisOptions, 'followers' | 'isEnough'>

/** Analyses the inputs with the deployment as it is stated. */
type Read = (ahead: Ahead) => Promise<unknown>

/** What can be read but once is not read ahead. */
export async function seenRelays(
  stated: Deployment,
  paths: readonly string[],
  read: Read,
): Promise<SeenRelays> {
  if (!areRead(stated, paths)) return noneSeen(stated)
  const isAlone = paths.length === 1
  return isAlone && !(await promises(read)) ? noneSeen(stated) : shown(stated, isAlone, read)
}

/** The same for an `attempt` at the analysis, which can be made again. The first is made with none seen, and
 * looked at for relays; of one capture alone it ends early where the beginning promises one. */
export async function withSeenRelays<T>(
  stated: Deployment,
  paths: readonly string[],
  read: Read,
  attempt: (seen: SeenRelays, ahead?: Ahead) => Promise<T>,
): Promise<T> {
  if (!areRead(stated, paths)) return attempt(noneSeen(stated))
  if (paths.length > 1) return attemptOfSeveral(stated, attempt)
  const beginning = new Beginning()
  const first = await attempt(noneSeen(stated), beginning)
  if (!beginning.promise.made) return first
  const seen = await shown(stated, true, read)
  return seen.notes.length === 0 && !beginning.wasEnough ? first : attempt(seen)
}

async function attemptOfSeveral<T>(
  stated: Deployment,
  attempt: (seen: SeenRelays, ahead?: Ahead) => Promise<T>,
): Promise<T> {
  const { relaysPutInto } = await import('../config/seen-relays.ts')
  const first: T[] = []
  const seen = await relaysPutInto(stated, async (survey) => {
    first.push(await attempt(noneSeen(stated), { followers: [survey] }))
  })
  return seen.notes.length === 0 ? first[0]! : attempt(seen)
}

/** Of an analysis of all of a capture: where it promises a relay, the rest is not read. */
class Beginning implements Ahead {
  readonly promise = new RelayPromise()
  readonly followers = [this.promise]
  private readonly isPast = theFirst(PROMISED_WITHIN, PROMISED_PACKETS_MAX)
  private isOver = false

  readonly isEnough = (now: Micros, packets: number): boolean => {
    if (this.isOver || !this.isPast(now, packets)) return false
    this.isOver = true
    this.promise.close()
    return this.wasEnough
  }

  get wasEnough(): boolean {
    return this.isOver && this.promise.made
  }
}

const areRead = (stated: Deployment, paths: readonly string[]): boolean =>
  paths.length > 0 && paths.every(isFile) && mayShowRelays(stated)

const noneSeen = (stated: Deployment): SeenRelays => ({ deployment: stated, notes: [] })

async function shown(stated: Deployment, isAlone: boolean, read: Read): Promise<SeenRelays> {
  const { relaysPutInto } = await import('../config/seen-relays.ts')
  const isEnough = theFirst(SHOWN_WITHIN, SHOWN_PACKETS_MAX)
  return relaysPutInto(stated, (survey) => read({ followers: [survey], ...(isAlone ? { isEnough } : {}) }))
}

/** Whether captures may show a relay's address that nobody states: none is stated, or only those that clients
 * call, and not under which it goes on to the servers. */
export function mayShowRelays({ services, devices }: Deployment): boolean {
  const called = new Set(services.flatMap(({ vips }) => vips.map(({ text }) => text)))
  if (called.size === 0) return devices.length === 0
  const inner = [
    ...services.flatMap(({ web }) => web?.proxies ?? []),
    ...devices.filter(passesOn).flatMap(({ addresses }) => addresses),
  ]
  return inner.every(({ text }) => called.has(text))
}

/** Somebody is checked, or asked for others, at the beginning of the only capture. */
async function promises(read: Read): Promise<boolean> {
  const promise = new RelayPromise()
  await read({ followers: [promise], isEnough: theFirst(PROMISED_WITHIN, PROMISED_PACKETS_MAX) })
  return promise.made
}

/** So much time of a capture was read, or so many packets. */
function theFirst(time: Micros, packetsMax: number): NonNullable<AnalysisOptions['isEnough']> {
  let start: Micros | null = null
  return (now, packets) => {
    if (start === null && Number.isFinite(now)) start = now
    return packets >= packetsMax || (start !== null && now - start >= time)
  }
}
