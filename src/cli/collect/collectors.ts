/** The collectors that a configuration names, as the threads that collect are told of them. */
import type { Deployment } from '../../model/deployment.ts'
import type { Micros } from '../../model/time.ts'
import type { CollectorKeys } from '../config/schema.ts'
import { duration, flowAddress, hostAndPort } from '../config/values.ts'
import { WATCH_DEFAULTS } from '../watch/defaults.data.ts'
import { captureFilter } from './filter.ts'
import type { SourceSpec } from './source.ts'

export interface CollectorSpec {
  readonly name: string
  readonly tap: string
  readonly source: SourceSpec
  readonly resolveAfter: Micros
  readonly checkpointEvery: Micros
}

/** Of keys that were checked. */
export const collectorsOf = (keys: readonly CollectorKeys[], deployment: Deployment): CollectorSpec[] =>
  keys.map((its) => ({
    name: its.name,
    tap: its.tap ?? '',
    source: sourceOf(its, deployment),
    resolveAfter: its.resolveAfter ?? timeOf(WATCH_DEFAULTS.resolveAfter),
    checkpointEvery: its.checkpointEvery ?? timeOf(WATCH_DEFAULTS.checkpointEvery),
  }))

function sourceOf(its: CollectorKeys, deployment: Deployment): SourceSpec {
  const { interface: interfaces, follow, connect, accept, flows } = its
  if (interfaces !== undefined)
    return {
      kind: 'interface',
      interfaces,
      filter: its.filter ?? captureFilter(deployment),
      program: its.captureWith ?? null,
      snapLength: its.snapLength ?? Number(WATCH_DEFAULTS.snapLength),
      bufferMib: its.buffer ?? Number(WATCH_DEFAULTS.buffer),
    }
  if (follow !== undefined) return { kind: 'folder', path: follow }
  if (flows !== undefined)
    return {
      kind: 'flows',
      ...valueOf(flowAddress(flows)),
      activeTimeout: its.activeTimeout ?? timeOf(WATCH_DEFAULTS.activeTimeout),
      allTraffic: its.allTraffic ?? false,
    }
  return { kind: connect === undefined ? 'listen' : 'connect', ...valueOf(hostAndPort(connect ?? accept!)) }
}

const timeOf = (text: string): Micros => valueOf(duration(text))

function valueOf<T>(read: { readonly value: T } | { readonly wrong: string }): T {
  if ('wrong' in read) throw new Error(read.wrong)
  return read.value
}
