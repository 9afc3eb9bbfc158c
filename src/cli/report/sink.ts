/**
 * The sink of `analyze --format html` and `markdown`: collects, and writes the report when the analysis is
 * over.
 */
import manifest from '../../../package.json' with { type: 'json' }
import type { DeviceAt } from '../../model/device-name.ts'
import type { Micros } from '../../model/time.ts'
import type { Destination } from '../output/destination.ts'
import type { OutputSink } from '../output/sink.ts'
import { wallClock } from '../wall-clock.ts'
import { REPORTED_KINDS, reportMaker } from './from-records.ts'
import { type ReportFormat, reportWriter } from './formats.ts'

export interface ReportSinkOptions {
  readonly version?: string
  readonly now?: () => Micros
  /** The shortest silence that counts as idle for any service. */
  readonly idleSeconds: number
  readonly deviceAt: DeviceAt
}

export async function reportSink(
  format: ReportFormat,
  destination: Destination,
  { version = manifest.version, now = wallClock, idleSeconds, deviceAt }: ReportSinkOptions,
): Promise<OutputSink> {
  const write = await reportWriter(format)
  const maker = reportMaker()
  return {
    kinds: REPORTED_KINDS,
    write: (record) => maker.take(record),
    finish: () => destination.write(write(maker.made({ version, now: now(), idleSeconds, deviceAt }))),
  }
}
