/**
 * One job from its first octet to its last row: read, store, prove.
 *
 * Contract: what an earlier attempt left is thrown away first, so that nothing counts twice; results appear
 * at once and whole, when all captures have been read. Never throws: how it ended is the answer, and stands
 * in the row as well, unless the wish was to leave it for the next start.
 */
import { EXPANSION, type ExpansionLimit } from '../../../collectors/compression.ts'
import { openSource } from '../../../collectors/byte-source.ts'
import { isBesideLog, openInput } from '../../../collectors/index.ts'
import { secretsAhead } from '../../../collectors/pcapng-secrets.ts'
import type { Deployment } from '../../model/deployment.ts'
import type { SummaryRecord } from '../../model/record.ts'
import type { TlsSecrets } from '../../model/stream.ts'
import type { JobStage } from '../../model/view.ts'
import {
  analyze,
  type AnalysisInput,
  type AnalysisOptions,
  type InputProgress,
} from '../../pipeline/monitor.ts'
import { recordHelper } from '../ahead-thread.ts'
import { analysisInput, readerOf } from '../analysis-input.ts'
import { type Beginnings, beginnings } from '../beginnings.ts'
import { givenBeside } from '../analyze/beside.ts'
import { keyLog } from '../../protocols/tls/key-log.ts'
import {
  beginAnalysis,
  endAnalysis,
  leaveAnalysis,
  noteProgress,
  resumeAnalysis,
} from '../../store/analyses.ts'
import { analysisWriter } from '../../store/analysis-writer.ts'
import { openStore, type Store } from '../../store/store.ts'
import { seenRelays } from '../analyze/relays.ts'
import { keptDeployment } from '../config/load.ts'
import { ending, failure } from '../failure.ts'
import { wallClock } from '../wall-clock.ts'
import { type JobEnd, type JobInput, type JobOrder, type JobProgress, WISH } from './order.ts'
import { prove } from './proof.ts'

/** Progress is told and stored this often at most. */
const TELL_MS_MIN = 100
/**
 * No capture unpacks to more: 1000 is near the most that gzip can do at all (1032, zlib's technical notes),
 * and frames have times and numbers that differ. Small files may hold little else than padding.
 */
export const EXPANSION_LIMIT: ExpansionLimit = { from: 1 << 30, ratio: 1000 }

/** The wish was told: what was begun is not finished. */
class Unwanted extends Error {
  readonly wish: number
  constructor(wish: number) {
    super('ended by request')
    this.wish = wish
  }
}

/** `onProgress` is told at most every 100 ms. */
export async function perform(order: JobOrder, onProgress: (progress: JobProgress) => void): Promise<JobEnd> {
  const store = openStore(order.database)
  try {
    return await performed(store, order, onProgress)
  } finally {
    store.close()
  }
}

async function performed(
  store: Store,
  order: JobOrder,
  onProgress: (progress: JobProgress) => void,
): Promise<JobEnd> {
  const { analysis } = order
  const note = progressNotes(store, order, onProgress)
  const end = (state: 'done' | 'failed' | 'cancelled', error: string | null, summary: object | null): void =>
    endAnalysis(store, analysis, { state, error, summary, at: wallClock() })
  try {
    if (order.isPublished) resumeAnalysis(store, analysis)
    const summary = order.isPublished ? null : await read(store, order, note)
    await prove(store, order, { limit: EXPANSION_LIMIT, onProgress: (fraction) => note('prove', fraction) })
    end('done', order.note, summary)
    return { state: 'done' }
  } catch (error) {
    if (error instanceof Unwanted && error.wish === WISH.leave) {
      leaveAnalysis(store, analysis)
      return { state: 'left' }
    }
    if (error instanceof Unwanted) {
      end('cancelled', null, null)
      return { state: 'cancelled' }
    }
    const line = withoutPaths(ending(error).line, order)
    end('failed', line, null)
    return { state: 'failed', error: line, stack: error instanceof Error ? (error.stack ?? null) : null }
  }
}

/** Clients are told what people call things, not where the server keeps them. */
const withoutPaths = (line: string, { database, inputs }: JobOrder): string =>
  inputs
    .reduce((text, { path, name }) => text.replaceAll(path || name, name), line)
    .replaceAll(database, 'the database')

type Note = (stage: JobStage, fraction: number, packets?: number, inputs?: readonly InputProgress[]) => void

/** Tells and stores progress, and obeys wishes: those at every call. */
function progressNotes(store: Store, order: JobOrder, onProgress: (progress: JobProgress) => void): Note {
  const wish = new Int32Array(order.wish)
  let told = -Infinity
  let last: JobProgress = { stage: 'read', fraction: 0, packets: 0, inputs: [] }
  return (stage, fraction, packets = last.packets, inputs = []) => {
    const wanted = Atomics.load(wish, 0)
    if (wanted !== WISH.goOn) throw new Unwanted(wanted)
    const isNewStage = stage !== last.stage
    last = { stage, fraction: Number.isNaN(fraction) ? 0 : fraction, packets, inputs }
    if (!isNewStage && performance.now() - told < TELL_MS_MIN) return
    told = performance.now()
    noteProgress(store, order.analysis, { ...last, at: wallClock() })
    onProgress(last)
  }
}

/** Reads all captures into the database. Results stand there when it resolves. */
async function read(store: Store, order: JobOrder, note: Note): Promise<SummaryRecord> {
  const started = performance.now()
  beginAnalysis(store, order.analysis, wallClock())
  const sorted = await sortedInputs(order.inputs)
  const basis = { secrets: secretsOf(order.keylog), from: null, to: null, ...recordHelper() }
  const { deployment, relays, isTwice } = await deploymentFor(order, sorted, basis, note)
  const { devices } = deployment
  const { plainSecrets } = order
  const writer = analysisWriter(store, order.analysis, { now: wallClock, devices, plainSecrets })
  try {
    const summary = await reading(sorted, async (inputs) => {
      const onProgress: AnalysisOptions['onProgress'] = (fraction, packets, each) =>
        note('read', isTwice ? (1 + fraction) / 2 : fraction, packets, placed(sorted, each))
      const summary = await analyze(inputs, { ...basis, deployment, relays, onProgress }, [writer])
      refuseBombs(inputs)
      refuseNothing(inputs, summary)
      return summary
    })
    note('store', 0, summary.packets)
    writer.finish()
    return { ...summary, elapsedSeconds: Math.round(performance.now() - started) / 1000 }
  } catch (error) {
    writer.abandon()
    throw error
  }
}

/** As the configuration says; relays that it does not name are found by reading ahead. */
async function deploymentFor(
  { config }: JobOrder,
  sorted: SortedInputs,
  basis: Pick<AnalysisOptions, 'secrets' | 'from' | 'to'>,
  note: Note,
): Promise<{
  readonly deployment: Deployment
  readonly relays: readonly string[]
  readonly isTwice: boolean
}> {
  const stated = keptDeployment(config)
  let isTwice = false
  const { deployment, notes } = await seenRelays(stated, await capturesIn(sorted), (ahead) => {
    isTwice = ahead.isEnough === undefined
    const onProgress = (fraction: number): void => note('read', isTwice ? fraction / 2 : 0)
    return reading(sorted, (inputs) =>
      analyze(inputs, { ...basis, deployment: stated, ...ahead, onProgress }, []),
    )
  })
  return { deployment, relays: notes, isTwice }
}

/** Paths of captures: flow records show no relay. */
async function capturesIn({ inputs }: SortedInputs): Promise<string[]> {
  const paths: string[] = []
  for (const { path, name } of inputs) {
    const { reader, records } = await openInput(openSource(path), { path: name, limit: EXPANSION_LIMIT })
    ;(reader ?? records).close()
    if (reader !== null) paths.push(path)
  }
  return paths
}

/** Opens the captures for `work`, and closes them after it. */
async function reading<T>(sorted: SortedInputs, work: (inputs: AnalysisInput[]) => Promise<T>): Promise<T> {
  const inputs: AnalysisInput[] = []
  try {
    for (const input of sorted.inputs) inputs.push(await opened(input, sorted))
    return await work(inputs)
  } finally {
    for (const input of inputs) readerOf(input).close()
  }
}

interface SortedInputs {
  /** As they were named. */
  readonly all: readonly JobInput[]
  readonly inputs: readonly JobInput[]
  /** Logs that only name connections of the others. */
  readonly beside: readonly JobInput[]
  readonly begun: Beginnings
}

async function sortedInputs(all: readonly JobInput[]): Promise<SortedInputs> {
  const beside = await besideAmong(all)
  const inputs = all.filter((input) => !beside.includes(input))
  return { all, inputs, beside, begun: await beginnings(inputs, EXPANSION_LIMIT) }
}

/** Without a log of connections they are what was named, and cannot be read. */
async function besideAmong(all: readonly JobInput[]): Promise<readonly JobInput[]> {
  if (all.length < 2) return []
  const apart: JobInput[] = []
  for (const input of all)
    if (await isBesideLog(() => openSource(input.path), EXPANSION_LIMIT)) apart.push(input)
  return apart.length === all.length ? [] : apart
}

/** How far each of the named inputs is: a log beside another one is read with it. */
function placed({ all, inputs }: SortedInputs, each: readonly InputProgress[]): readonly InputProgress[] {
  if (each.length === all.length) return each
  return all.map((input) => each[inputs.indexOf(input)] ?? { packets: 0, drops: null })
}

async function opened(
  { tap, name, path, sha256 }: JobInput,
  { inputs, beside, begun }: SortedInputs,
): Promise<AnalysisInput> {
  const given = givenBeside({ tap, path: name }, inputs.map(nameOf), beside.map(nameOf))
  const logs = given.flatMap((log) => beside.filter((input) => input.name === log.path))
  const input = await openInput(openSource(path), {
    path: name,
    limit: EXPANSION_LIMIT,
    beside: () => logs.map((log) => ({ path: log.name, open: () => openSource(log.path) })),
  })
  const secrets = await secretsAhead(path, EXPANSION_LIMIT)
  const known = { tap, path: name, sha256: sha256 === null ? null : Promise.resolve(sha256) }
  return analysisInput(input, { ...known, secrets, beginning: begun.get(path) })
}

/** Uploaded files have a name and no folder; the name that a log's tap has says nothing. */
const nameOf = ({ name }: JobInput) => ({ tap: null, path: name })

function refuseBombs(inputs: readonly AnalysisInput[]): void {
  for (const input of inputs) {
    const { fault } = readerOf(input)
    if (fault?.layer === EXPANSION) throw failure(`${input.path} was not analysed: ${fault.message}`)
  }
}

/** Success is never claimed where nothing could be read. */
function refuseNothing(inputs: readonly AnalysisInput[], { packets }: SummaryRecord): void {
  const broken = inputs.find((input) => readerOf(input).fault !== null)
  if (packets === 0 && broken !== undefined)
    throw failure(`${broken.path} could not be read: ${readerOf(broken).fault?.message}`)
}

function secretsOf(text: string | null): TlsSecrets | null {
  if (text === null) return null
  const log = keyLog()
  log.add(text)
  return log
}
