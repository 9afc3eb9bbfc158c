/** `holdfast report`: the forensic report of what a database holds. Answers the exit code. */
import manifest from '../../../package.json' with { type: 'json' }
import type { Micros } from '../../model/time.ts'
import type { Console } from '../console.ts'
import { EXIT } from '../failure.ts'
import { writeDestination } from '../output/destination.ts'
import { withStore } from '../stored.ts'
import { wallClock } from '../wall-clock.ts'
import { reportOfStore } from './from-store.ts'
import { reportWriter } from './formats.ts'
import type { ReportOptions } from './options.ts'
import { reportPlan } from './plan.ts'

/** Throws failures. `now` is asked once. */
export async function runReport(
  options: ReportOptions,
  console: Console,
  now: () => Micros = wallClock,
): Promise<number> {
  const { db, capture, format, output } = reportPlan(options)
  const write = await reportWriter(format)
  const about = { version: manifest.version, now: now(), capture }
  const text = await withStore(db, { readOnly: true }, (store) => write(reportOfStore(store, about)))
  writeDestination(output, console.out, (destination) => destination.write(text))
  return EXIT.success
}
