/** Logs read in tests: out of memory, cut where the test wants, with rows as objects that say what is
 * known. */
import { readFileSync } from 'node:fs'
import type { ByteSource } from '../../../collectors/byte-source.ts'
import { applications } from '../../../collectors/logs/applications.ts'
import {
  logFormatOf,
  LOG_HEAD_BYTES,
  openLog,
  type PeekedLog,
  readBeside,
} from '../../../collectors/logs/index.ts'
import type { FlowExporter } from '../../../src/model/flow-record.ts'
import { type FlowApplication, FlowBatch } from '../../../src/model/flow-record.ts'
import { told } from '../flows/decoding.ts'

export type Row = Readonly<Record<string, number | string>> & { readonly application?: FlowApplication }

export interface Log {
  readonly format: string
  readonly rows: Row[]
  readonly lines: number
  readonly skipped: Readonly<Record<string, number>>
  readonly exporters: readonly FlowExporter[]
}

/** Delivers pieces of these sizes, again and again; `later`: by promises. */
export function memory(bytes: Uint8Array, sizes: readonly number[] = [1 << 16], later = false): ByteSource {
  let position = 0
  let turn = 0
  return {
    read(into, at) {
      const size = Math.max(1, sizes[turn++ % sizes.length]!)
      const part = bytes.subarray(position, position + Math.min(size, into.length - at))
      into.set(part, at)
      position += part.length
      return later ? Promise.resolve(part.length) : part.length
    },
    get position() {
      return position
    },
    get rawPosition() {
      return position
    },
    rawSize: bytes.length,
    compression: null,
    fault: null,
    close: () => undefined,
  }
}

export const peeked = (bytes: Uint8Array, sizes?: readonly number[], later?: boolean): PeekedLog => ({
  head: bytes.subarray(0, LOG_HEAD_BYTES),
  source: memory(bytes, sizes, later),
})

interface Choices {
  readonly sizes?: readonly number[]
  readonly later?: boolean
  readonly bufferBytes?: number
  readonly beside?: readonly Uint8Array[]
}

/** Reads a whole log. Throws if it is none that is known. */
export async function readAll(bytes: Uint8Array, choices: Choices = {}): Promise<Log> {
  const { sizes, later, bufferBytes, beside = [] } = choices
  const format = logFormatOf(bytes.subarray(0, LOG_HEAD_BYTES))
  if (format === undefined) throw new Error('no log')
  const held = applications()
  for (const log of beside) await readBeside(peeked(log, sizes, later), held)
  const options = { held, ...(bufferBytes === undefined ? {} : { bufferBytes }) }
  const reader = openLog(peeked(bytes, sizes, later), format, options)
  const batch = new FlowBatch(reader.addresses, reader.exporters)
  const rows: Row[] = []
  while (await reader.next(batch))
    for (let row = 0; row < batch.count; row++) {
      const application = batch.applications.get(row)
      rows.push({ ...told(batch, row), ...(application === undefined ? {} : { application }) } as Row)
    }
  const { skipped, exporters, messages } = reader
  return { format: format.name, rows, lines: messages, skipped, exporters }
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text)
export const sample = (name: string): Buffer => readFileSync(new URL(`./samples/${name}`, import.meta.url))

/** Microseconds of a moment of the calendar. */
export const at = (instant: string): number => Date.parse(instant) * 1000
