/**
 * What other timers would have meant, in sentences: the same in the text, the HTML and the Markdown report.
 * Texts are as they came; whoever writes them escapes.
 */
import type { WhatIfExample, WhatIfKind, WhatIfRecord } from '../../model/what-if.ts'
import { clock } from '../../model/time.ts'
import { count, counted, duration } from './quantities.ts'

/** Answers that are kept and told: those that hit most come first. */
export const WHAT_IFS_MAX = 1_000
const SERVICES_SHOWN = 12

const HEADS: Readonly<Record<WhatIfKind, string>> = {
  'idle-timeout': 'an idle timeout of',
  heartbeat: 'a heartbeat every',
  persistence: 'a persistence of',
}

export interface WhatIfAnswer {
  readonly service: string
  readonly sentences: readonly string[]
  readonly examples: readonly string[]
}

/** One value that was asked about. */
export interface WhatIfGroup {
  /** `With an idle timeout of 240 s` */
  readonly head: string
  readonly answers: readonly WhatIfAnswer[]
  /** Services of which nothing is told. */
  readonly rest: number
}

export function whatIfGroups(records: readonly WhatIfRecord[], severalTaps: boolean): WhatIfGroup[] {
  const groups = Map.groupBy(records, ({ what, seconds }) => `With ${HEADS[what]} ${duration(seconds)}`)
  return [...groups].map(([head, all]) => ({
    head,
    answers: all.slice(0, SERVICES_SHOWN).map((record) => answerOf(record, severalTaps)),
    rest: Math.max(0, all.length - SERVICES_SHOWN),
  }))
}

const answerOf = (record: WhatIfRecord, severalTaps: boolean): WhatIfAnswer => ({
  service: record.service,
  sentences: SENTENCES[record.what](record),
  examples: record.examples.map((example) => exampleText(example, record.what, severalTaps)),
})

const SENTENCES: Readonly<Record<WhatIfKind, (record: WhatIfRecord) => string[]>> = {
  'idle-timeout': (record) => [
    hit(record)
      ? `${shareOf(record)} would have been cut: silent for ${rangeOf(record)}, and answered.`
      : `None of ${counted(record.connections, 'connection')} would have been cut by it: none survived a longer silence.`,
    ...(record.already === 0
      ? []
      : [`${counted(record.already, 'connection')} did not survive a longer silence as it is.`]),
    ...(hit(record) ? record.kept.map((kept) => keptText(record, kept)) : []),
  ],
  heartbeat: (record) => [
    hit(record)
      ? `${shareOf(record)} would not have been silent for so long: their longest silences were ${rangeOf(record)}.`
      : `None of ${counted(record.connections, 'connection')} survived a longer silence: it would have changed nothing.`,
    ...(record.already === 0
      ? []
      : [
          `It would have come before the end of ${counted(record.already, 'silence')} that ended a connection.`,
        ]),
  ],
  persistence: (record) => {
    if (record.connections === 0) return ['No agent connected again.']
    if (!hit(record)) return [`No agent came back after longer: ${counted(record.connections, 'return')}.`]
    return [
      `${ofAll(record.hitAgents, record.agents, 'agent')} would have been given a server anew, ` +
        `${count(record.hitConnections)} of ${counted(record.connections, 'time')}: back after ${rangeOf(record)}.`,
      ...(record.already === 0
        ? []
        : [`${counted(record.already, 'time')} the agent went to another server as it is.`]),
    ]
  },
}

const hit = ({ hitConnections }: WhatIfRecord): boolean => hitConnections > 0

const shareOf = ({ hitConnections, connections, hitAgents, agents }: WhatIfRecord): string =>
  `${ofAll(hitConnections, connections, 'connection')} (${ofAll(hitAgents, agents, 'agent')})`

const ofAll = (n: number, all: number, what: string): string => `${count(n)} of ${counted(all, what)}`

function rangeOf({ shortestSeconds, longestSeconds }: WhatIfRecord): string {
  const [shortest, longest] = [duration(shortestSeconds ?? 0), duration(longestSeconds ?? 0)]
  return shortest === longest ? longest : `${shortest} to ${longest}`
}

function keptText({ hitConnections }: WhatIfRecord, kept: WhatIfRecord['kept'][number]): string {
  const heartbeat = `A heartbeat every ${duration(kept.heartbeatSeconds)}`
  if (kept.connections === 0) return `${heartbeat} comes too late for them.`
  const which = kept.connections === hitConnections ? 'all of them' : `${count(kept.connections)} of them`
  return `${heartbeat} would have kept ${which}.`
}

function exampleText(example: WhatIfExample, what: WhatIfKind, severalTaps: boolean): string {
  const { agent, seconds, packets, at, tap, connection } = example
  const how = what === 'persistence' ? 'back after' : 'silent for'
  const numbers = packets.map((packet) => `#${packet}`).join(' to ')
  const where = packets.length === 0 ? `connection ${connection}` : `packet ${numbers}`
  const until = packets.length === 0 ? 'over' : what === 'persistence' ? 'at' : 'until'
  const seenAt = severalTaps && tap !== '' ? `${tap} ` : ''
  return `${agent} ${how} ${duration(seconds)}, ${until} ${clock(at, false)} (${seenAt}${where})`
}
