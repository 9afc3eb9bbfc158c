/**
 * When an exporter of IPFIX started that tells its flows' times since then (IE 21, 22) and never says when
 * that was (IE 160), as MikroTik's do.
 *
 * No flow ends after its message was sent: so the exporter started no later than that less the latest end.
 * The earliest such moment is kept. It is late by how long the exporter holds back what has ended (its
 * inactive timeout), for all flows alike: times are right to one another, and not to the clock.
 */
import type { Micros } from '../../src/model/time.ts'
import { UPTIME } from './elements.data.ts'
import type { ExporterState } from './exporters.ts'
import type { Template } from './template.ts'
import { timeOfUptime, unsigned } from './values.ts'
import type { DataSet } from './waiting.ts'

/** A latest end that is older than this is from before a restart: active timeouts are half an hour at
 * most. */
const OLD: Micros = 7200e6

/** Whether the template's times are of no use without such an estimate. */
export const isNeeded = ({ uptime, state }: DataSet, { has, isVariable }: Template): boolean =>
  has.uptime && !has.boot && !isVariable && Number.isNaN(uptime) && Number.isNaN(state.boot)

/** Learns from the next `rows` records at `data.at`. */
export function learnStart(data: DataSet, { steps, length }: Template, rows: number): void {
  let latest = -1
  for (const { reading, offset, length: octets } of steps) {
    if (reading !== UPTIME) continue
    for (let i = 0, at = data.at + offset; i < rows; i++, at += length) {
      latest = Math.max(latest, unsigned(data.b, at, octets))
    }
  }
  if (latest >= 0) narrow(data.state, latest, data.exported)
}

function narrow(state: ExporterState, latest: number, sent: Micros): void {
  const atMost = sent - latest * 1000
  const known = state.bootAtMost
  const told = timeOfUptime(latest, Math.floor((sent - known) / 1000), sent)
  if (Number.isNaN(known) || atMost < known || sent - told > OLD) state.bootAtMost = atMost
}
