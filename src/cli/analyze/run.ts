/**
 * `holdfast analyze`: opens what was named, lets the pipeline analyse it, writes what was asked for, and
 * answers the exit code.
 *
 * Only what this run needs is loaded: no configuration, no configuration library; no text report, no layout.
 */
import { readFileSync } from 'node:fs'
import { type Deployment, EMPTY_DEPLOYMENT } from '../../model/deployment.ts'
import { deviceNames } from '../../model/device-name.ts'
import { IDLE_THRESHOLD } from '../../model/profiles.data.ts'
import type { RecordSink, SummaryRecord } from '../../model/record.ts'
import type { TlsSecrets } from '../../model/stream.ts'
import { toSeconds } from '../../model/time.ts'
import type { WhatIf } from '../../model/what-if.ts'
import type { AnalysisInput, AnalysisOptions } from '../../pipeline/monitor.ts'
import { recordHelper } from '../ahead-thread.ts'
import type { Beginnings } from '../beginnings.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure, systemReason } from '../failure.ts'
import { type Destination, openDestination } from '../output/destination.ts'
import type { KeyLog } from '../../protocols/tls/key-log.ts'
import type { OutputSink } from '../output/sink.ts'
import { type Accountant, accountant } from './account.ts'
import type { AnalyzeArguments } from './arguments.ts'
import type { OpenInputs } from './inputs.ts'
import type { Keeping } from './keeping.ts'
import { interruption } from './interruption.ts'
import { type InputName, type Plan, plannedOf } from './plan.ts'
import { NO_PROGRESS, type Progress } from './progress.ts'
import { type Ahead, seenRelays, withSeenRelays } from './relays.ts'
import type { SeenRelays } from '../config/seen-relays.ts'

/** The parts below the command line; tests play them. */
export interface Stages {
  openInputs(
    names: readonly InputName[],
    wantsHash: boolean,
    beside: Plan['beside'],
    begun: Beginnings,
  ): Promise<OpenInputs>
  analyze(
    inputs: readonly AnalysisInput[],
    options: AnalysisOptions,
    sinks: readonly RecordSink[],
  ): Promise<SummaryRecord>
}

async function ourStages(): Promise<Stages> {
  const [{ openInputs }, { analyze }] = await Promise.all([
    import('./inputs.ts'),
    import('../../pipeline/monitor.ts'),
  ])
  return { openInputs, analyze }
}

/** Exit code; throws failures. */
export async function runAnalyze(
  words: AnalyzeArguments,
  console: Console,
  stages?: Stages,
): Promise<number> {
  const started = process.uptime()
  const elapsedSeconds = (): number => Math.round((process.uptime() - started) * 1000) / 1000
  const plan = await plannedOf(words)
  const whatIfs = await whatIfsOf(plan)
  const stated = await deploymentOf(plan)
  const secrets = await secretsOf(plan, console)
  const { openInputs, analyze } = stages ?? (await ourStages())
  const showsHash = plan.format === 'ndjson' ? plan.kinds.has('capture') : plan.format !== 'text'
  const begun = await begunOf(plan)
  let open = await openInputs(plan.inputs, showsHash || plan.database !== null, plan.beside, begun)
  const openedAgain = (): Promise<OpenInputs> => openInputs(plan.inputs, false, plan.beside, begun)
  const progress = await progressOf(plan, console)
  const { signalled, ignore } = interruption()
  let destination: Destination | null = null
  let keeping = null as Keeping | null
  try {
    const out = (destination = openDestination(plan.output, console.out))
    const { from, to } = plan
    const basis = { secrets, from, to, onProgress: progress.update, ...recordHelper() }
    const readAhead = async (ahead: Ahead): Promise<void> => {
      const again = await openedAgain()
      const options = { ...basis, deployment: stated, ...ahead }
      await Promise.race([analyze(again.inputs, options, []), signalled]).finally(() => again.close())
    }
    let attempts = 0
    const attempt = async ({ deployment, notes }: SeenRelays, ahead: Ahead = {}): Promise<Attempt> => {
      if (attempts++ > 0) {
        open.close()
        open = await openedAgain() // for a text, which shows no hash
      }
      const account = accountant(await sinkOf(plan, deployment, out, console), {
        elapsedSeconds,
        // Somebody waits for the exit code, or for the database, even if nobody reads the records any more.
        goesOnUnread: plan.failOn !== null || plan.database !== null,
      })
      const options: AnalysisOptions = { ...basis, deployment, relays: notes, whatIfs, ...ahead }
      keeping = await keepingOf(plan, deployment, open)
      const sinks = keeping === null ? [account.sink] : [account.sink, keeping.sink]
      return { account, summary: await Promise.race([analyze(open.inputs, options, sinks), signalled]) }
    }
    // Flow records show no relay.
    const paths = open.inputs.flatMap((input) => ('records' in input ? [] : input.path))
    const { account, summary } = canBeginAgain(plan)
      ? await withSeenRelays(stated, paths, readAhead, attempt)
      : await attempt(await seenRelays(stated, paths, readAhead))
    account.finish()
    const exitCode = exitCodeOf(plan, summary, account.faults)
    await Promise.race([keeping?.finish({ ...summary, elapsedSeconds: elapsedSeconds() }), signalled])
    destination.commit()
    if (!plan.quiet && plan.format !== 'text') account.faults.forEach((fault) => say(console, fault))
    return exitCode
  } catch (error) {
    destination?.abandon()
    await keeping?.abandon()
    throw error
  } finally {
    ignore()
    progress.stop()
    open.close()
  }
}

/** A pcap alone has one clock and one interface. */
async function begunOf({ inputs }: Plan): Promise<Beginnings> {
  const { beginnings } = await import('../beginnings.ts')
  return beginnings(inputs)
}

/** An analysis, of which nothing was said yet where it can begin again. */
interface Attempt {
  readonly account: Accountant
  readonly summary: SummaryRecord
}

/** The text is written at the end; records and rows are as soon as they are known. */
const canBeginAgain = ({ format, database }: Plan): boolean => format === 'text' && database === null

async function keepingOf(
  plan: Plan,
  deployment: Deployment,
  { inputs }: OpenInputs,
): Promise<Keeping | null> {
  if (plan.database === null) return null
  const { keepIn } = await import('./keeping.ts')
  return keepIn(plan.database, plan, deployment, inputs)
}

async function whatIfsOf({ whatIfs }: Plan): Promise<readonly WhatIf[]> {
  if (whatIfs.length === 0) return []
  const { whatIfOf } = await import('./what-if.ts')
  return whatIfs.map(whatIfOf)
}

async function deploymentOf({ config }: Plan): Promise<Deployment> {
  if (config === null) return EMPTY_DEPLOYMENT
  const { readDeployment } = await import('../config/load.ts')
  return readDeployment(config)
}

/** The secrets of all key logs and private keys together, or null without any. */
export async function secretsOf({ keylogs, quiet }: Plan, console: Console): Promise<TlsSecrets | null> {
  if (keylogs.length === 0) return null
  const { keyLog } = await import('../../protocols/tls/key-log.ts')
  const log = keyLog()
  for (const path of keylogs) {
    const before = holds(log)
    log.add(keyLogText(path))
    if (holds(log) === before && !quiet) say(console, `${path} holds no secret that decrypts anything new`)
  }
  return log
}

const holds = ({ counts }: KeyLog): number => counts.secrets + counts.privateKeys

/** Octets as characters: a private key may stand in DER. */
function keyLogText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    throw failure(`cannot read ${path}: ${systemReason(error)}`)
  }
}

/** A bar only where it disturbs nothing: not over records that scroll by on the same terminal. */
export async function progressOf(plan: Plan, console: Console): Promise<Progress> {
  const scrolls = plan.format === 'ndjson' && console.out.isTerminal
  if (plan.quiet || scrolls || !console.error.isTerminal) return NO_PROGRESS
  const { progressBar } = await import('./progress.ts')
  return progressBar()
}

async function sinkOf(
  plan: Plan,
  { services, devices }: Deployment,
  destination: Destination,
  console: Console,
): Promise<OutputSink> {
  if (plan.format === 'ndjson') {
    const { ndjsonSink } = await import('../output/ndjson.ts')
    return ndjsonSink(plan.kinds, destination)
  }
  const thresholds = services.map((service) => service.idleThreshold ?? IDLE_THRESHOLD)
  const idleSeconds = toSeconds(Math.min(IDLE_THRESHOLD, ...thresholds))
  const deviceAt = deviceNames(devices)
  if (plan.format !== 'text') {
    const { reportSink } = await import('../report/sink.ts')
    return reportSink(plan.format, destination, { idleSeconds, deviceAt })
  }
  const { textSink } = await import('../output/text.ts')
  return textSink(destination, { columns: console.columns, idleSeconds, deviceAt })
}

/** Success is never claimed where nothing could be analysed. */
function exitCodeOf(
  { failOn }: Plan,
  { packets, incidents }: SummaryRecord,
  faults: readonly string[],
): number {
  const [fault] = faults
  if (packets === 0 && fault !== undefined) throw failure(fault)
  const bad = incidents.critical + (failOn === 'warning' ? incidents.warning : 0)
  return failOn !== null && bad > 0 ? EXIT.incidents : EXIT.success
}
