/**
 * `holdfast tail`: alerts that are there and, if asked, those that come, from a running server or a database
 * file. Answers the exit code.
 */
import { interruption } from '../analyze/interruption.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure, isFailure } from '../failure.ts'
import { wallClock } from '../wall-clock.ts'
import { type Alerts, alertsTo } from './alerts.ts'
import { type Backlog, cutText, showBacklog } from './backlog.ts'
import { isUnreachable, tailClient } from './client.ts'
import { followServer } from './follow-server.ts'
import type { TailOptions } from './options.ts'
import { type TailPlan, tailPlan } from './plan.ts'

/** What the machine gives; tests put their own in place. */
export interface TailMachine {
  now(): number
  random(): number
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Its abortion ends the command with exit code 130. */
  readonly signal?: AbortSignal
}

const MACHINE: TailMachine = {
  now: wallClock,
  random: Math.random,
  environment: process.env,
}

/** Exit code; throws failures. A reader that has gone is `OutputClosed`. */
export async function runTail(
  options: TailOptions,
  console: Console,
  machine: TailMachine = MACHINE,
): Promise<number> {
  const now = machine.now()
  const plan = tailPlan(options, { now, token: machine.environment['HOLDFAST_TOKEN'] })
  const { signalled, ignore } = interruption()
  const ending = new AbortController()
  const signals = [ending.signal, ...(machine.signal === undefined ? [] : [machine.signal])]
  const signal = AbortSignal.any(signals)
  const thisYear = new Date(now / 1000).getUTCFullYear()
  const alerts = alertsTo(console.out, plan.wanted, { format: plan.format, thisYear })
  try {
    await Promise.race([tail({ plan, alerts, console, machine, signal }), signalled])
    return EXIT.success
  } catch (error) {
    // Being interrupted is how a tail ends: nothing has to be explained.
    if (machine.signal?.aborted === true) return EXIT.interrupted
    if (isFailure(error) && error.exitCode > EXIT.interrupted - 1) return error.exitCode
    throw isUnreachable(error) ? failure(error.message) : error
  } finally {
    ending.abort()
    ignore()
  }
}

interface Tailing {
  readonly plan: TailPlan
  readonly alerts: Alerts
  readonly console: Console
  readonly machine: TailMachine
  readonly signal: AbortSignal
}

async function tail({ plan, alerts, console, machine, signal }: Tailing): Promise<void> {
  const { source, wanted, follow, token } = plan
  const voices = {
    tell: (line: string): void => say(console, line),
    note: (line: string): void => void (console.error.isTerminal && say(console, line)),
  }
  if ('db' in source) {
    const { followDatabase, showDatabase } = await import('./database.ts')
    if (follow) await followDatabase(source.db, { alerts, wanted, signal, now: machine.now, ...voices })
    else tellBacklog(await showDatabase(source.db, { alerts, wanted }), voices)
    return
  }
  const client = tailClient(source.server, token)
  const name = source.server.origin
  if (follow)
    await followServer({
      client,
      alerts,
      wanted,
      name,
      signal,
      now: machine.now,
      random: machine.random,
      ...voices,
    })
  else
    tellBacklog(
      await showBacklog((cursor) => client.occurrences(wanted, cursor, signal), alerts, wanted),
      voices,
    )
}

function tellBacklog(
  backlog: Backlog,
  { tell, note }: { tell(line: string): void; note(line: string): void },
): void {
  if (backlog.isCut) tell(cutText(backlog))
  if (backlog.shown === 0) note('no alert matches')
}
