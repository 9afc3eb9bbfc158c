/**
 * `holdfast alert test`, `list` and `resend`: alerts on their way out, beside the server's database or
 * without it.
 */
import { tested } from '../../alerts/engine.ts'
import { outputTo } from '../../alerts/outputs/index.ts'
import type { DeliveryRow, DeliveryState } from '../../model/view.ts'
import { resendDeliveries } from '../../store/deliveries.ts'
import { deliveryRow, listDeliveries } from '../../store/queries/deliveries.ts'
import type { Store } from '../../store/store.ts'
import { readConfig } from '../config/load.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure, usageFailure } from '../failure.ts'
import { suggestion } from '../nearest.ts'
import { harmless } from '../output/harmless.ts'
import { counted } from '../output/quantities.ts'
import { withStore } from '../stored.ts'
import { wallClock } from '../wall-clock.ts'

/** Rows of one page of the list. */
const PAGE_ROWS = 500

/** Sends a marked alert past routes, quiet hours and the queue; says what was answered. Throws failures. */
export async function runAlertTest(
  name: string,
  { config }: { readonly config: string },
  console: Console,
): Promise<number> {
  const { alerts } = readConfig(config)
  const found = alerts.outputs.find((output) => output.name === name)
  if (found === undefined) {
    const names = alerts.outputs.map((output) => output.name)
    const known = names.length === 0 ? 'it names none' : `it names ${names.join(', ')}`
    throw usageFailure(`${config} has no output ${harmless(name)}; ${known}${suggestion(name, names)}`)
  }
  const output = outputTo(found.target, { environment: process.env, now: wallClock })
  const { isDelivered, target, answer } = await tested(output, alerts, wallClock())
  const line = `${name} (${found.target.type}, ${target}): ${answer}`
  if (!isDelivered) throw failure(harmless(`not delivered to ${line}`))
  console.out.write(`${harmless(`delivered to ${line}`)}\n`)
  return EXIT.success
}

export interface AlertListOptions {
  readonly db: string
  readonly state?: DeliveryState
  readonly output?: string
  readonly format?: 'text' | 'ndjson'
}

/** One line for each, the oldest first. */
export async function runAlertList(options: AlertListOptions, console: Console): Promise<number> {
  const { db, format = 'text' } = options
  const rows = await withStore(db, { mustExist: true, readOnly: true }, (store) => [
    ...matching(store, options),
  ])
  for (const row of rows.toReversed())
    console.out.write(`${format === 'ndjson' ? JSON.stringify(row) : harmless(line(row))}\n`)
  if (rows.length === 0 && console.error.isTerminal) say(console, 'no alert matches')
  return EXIT.success
}

function* matching(store: Store, { state, output }: AlertListOptions): Generator<DeliveryRow> {
  const filter = {
    ...(state === undefined ? {} : { state: [state] }),
    ...(output === undefined ? {} : { output: [output] }),
  }
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: ReturnType<typeof listDeliveries> = listDeliveries(store, filter, {
      cursor,
      limit: PAGE_ROWS,
    })
    yield* page.items
    cursor = page.next
  }
}

function line({
  id,
  output,
  state,
  kind,
  incident,
  severity,
  title,
  attempts,
  created,
  next,
  answer,
}: DeliveryRow): string {
  const tried = attempts === 0 ? 'not tried yet' : counted(attempts, 'attempt')
  const when = next === null || state !== 'waiting' ? '' : `, next ${moment(next)}`
  const said = answer === null ? '' : `: ${answer}`
  return `${id}  ${moment(created)}  ${output}  ${state}  ${severity}  ${incident ?? ''} ${kind}  ${title}  (${tried}${when}${said})`
}

/** `2026-11-21 02:08:06 UTC` */
const moment = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`

export interface ResendOptions {
  readonly db: string
  readonly output?: string
  readonly all?: boolean
}

/** Dead letters wait again; the server delivers them, at once if it runs. */
export async function runAlertResend(
  ids: readonly string[],
  { db, output, all = false }: ResendOptions,
  console: Console,
): Promise<number> {
  if (ids.length > 0 === (all || output !== undefined))
    throw usageFailure('name the numbers of dead letters, or --output NAME, or --all')
  const numbers = ids.map(numberOf)
  const resent = await withStore(db, { mustExist: true }, (store) => {
    if (numbers.length === 0)
      return resendDeliveries(store, { at: wallClock(), ...(output === undefined ? {} : { output }) })
    for (const id of numbers)
      if (deliveryRow(store, id)?.state !== 'dead') throw failure(`there is no dead letter ${id}`)
    return numbers.reduce((sum, id) => sum + resendDeliveries(store, { id, at: wallClock() }), 0)
  })
  console.out.write(`${counted(resent, 'alert')} ${resent === 1 ? 'waits' : 'wait'} again\n`)
  return EXIT.success
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw usageFailure(`${harmless(text)} is no number of a dead letter; holdfast alert list shows them`)
  return Number(text)
}
