/**
 * The logs of flows that are read as text, told by content: a row for each. Logs that only add names to
 * another one's connections (Zeek's ssl.log, http.log, dns.log) are given beside it.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import type { Fault } from '../../src/model/fault.ts'
import { FlowBatch, type FlowFormat, type FlowReader } from '../../src/model/flow-record.ts'
import type { ByteSource } from '../byte-source.ts'
import { type Applications, applications } from './applications.ts'
import * as argus from './argus.ts'
import * as aws from './aws-vpc.ts'
import * as azure from './azure-nsg.ts'
import * as eve from './eve.ts'
import * as gcp from './gcp-vpc.ts'
import * as nfdump from './nfdump.ts'
import { type LogDecoder, readLog } from './reader.ts'
import { LogState } from './state.ts'
import { besideObject, isBesidePath, jsonBeside, tsvBeside, type BesideLog } from './zeek-beside.ts'
import * as zeek from './zeek.ts'

/** Octets by which logs are told apart: an object of JSON names its members late. */
export const LOG_HEAD_BYTES = 1 << 14

export interface LogFormat {
  readonly name: FlowFormat
  /** Whether a file that begins with this text (`LOG_HEAD_BYTES`, or fewer if it is shorter) is of this
   * format. */
  recognises(head: string): boolean
  decoder(state: LogState, beside: Applications, head: string): LogDecoder
}

/** The `#path` of a log of Zeek's in TSV; null if it is none. */
const zeekPath = (head: string): string | null =>
  /^\s*#separator /.test(head) || /^\s*#fields\t/m.test(head)
    ? (/^\s*#path\s+(\S+)/m.exec(head)?.[1] ?? '')
    : null

export const LOG_FORMATS: readonly LogFormat[] = [
  { name: 'nfdump-csv', recognises: nfdump.recognises, decoder: nfdump.decoder },
  {
    name: 'zeek-conn',
    recognises: (head) => zeekPath(head) === zeek.TSV_PATH || zeek.isConnection(firstObject(head)),
    decoder: (state, beside, head) =>
      zeekPath(head) === null ? zeek.jsonDecoder(state, beside) : zeek.tsvDecoder(state, beside),
  },
  { name: 'eve', recognises: eve.recognises, decoder: eve.decoder },
  { name: 'aws-vpc', recognises: aws.recognises, decoder: aws.decoder },
  { name: 'azure-nsg', recognises: azure.recognises, decoder: azure.decoder },
  { name: 'gcp-vpc', recognises: gcp.recognises, decoder: gcp.decoder },
  { name: 'argus-csv', recognises: argus.recognises, decoder: argus.decoder },
]

/** Text up to the end of the first line with an object. */
function firstObject(head: string): string {
  const start = head.indexOf('{')
  if (start < 0 || head.slice(0, start).trim().replace('[', '') !== '') return ''
  const end = head.indexOf('\n', start)
  return end - start > 2 ? head.slice(start, end) : head.slice(start)
}

/** A mark of the order of octets, which some tools put before UTF-8. */
const MARK = /^\u00ef\u00bb\u00bf/
const textOf = (head: Uint8Array): string => latin1(head, 0, head.length).replace(MARK, '')

/** The format of a log that begins with these octets; undefined if it is none that is known. */
export function logFormatOf(head: Uint8Array): LogFormat | undefined {
  const text = textOf(head)
  return LOG_FORMATS.find((format) => format.recognises(text))
}

/** Which log beside Zeek's conn.log begins with these octets; null if none does. */
export function besideLogOf(head: Uint8Array): BesideLog | null {
  const text = textOf(head)
  const path = zeekPath(text)
  if (path !== null) return isBesidePath(path) ? path : null
  return besideObject(firstObject(text))
}

/** A log, and the octets that it begins with. */
export interface PeekedLog {
  readonly head: Uint8Array
  readonly source: ByteSource
}

/**
 * Reads a log of a known format from its first octet on; closing the reader closes the source. `held`: what
 * logs beside it said.
 */
export function openLog(
  { head, source }: PeekedLog,
  format: LogFormat,
  {
    held = applications(),
    bufferBytes,
  }: { readonly held?: Applications; readonly bufferBytes?: number } = {},
): FlowReader {
  const state = new LogState(format.name)
  return readLog(source, state, format.decoder(state, held, textOf(head)), bufferBytes)
}

/** Reads a log that names connections, whole, and closes it; answers what kept it from being whole. */
export async function readBeside({ head, source }: PeekedLog, held: Applications): Promise<Fault | null> {
  const kind = besideLogOf(head)
  if (kind === null) {
    source.close()
    return null
  }
  const state = new LogState(`zeek-${kind}`)
  const isTsv = zeekPath(textOf(head)) !== null
  const reader = readLog(source, state, isTsv ? tsvBeside(state, held) : jsonBeside(state, held, kind))
  try {
    const batch = new FlowBatch(state.addresses, state.exporters)
    // No row is ever filled: it reads to the end.
    await reader.next(batch)
    return reader.fault
  } finally {
    reader.close()
  }
}
