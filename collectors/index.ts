/**
 * The formats of captures and of flow records, and how an input becomes a reader: unpack what is packed, look
 * at the first octets, ask the tables.
 *
 * Contract: names are never looked at. What cannot be read is one sentence for the person who named the input
 * (`isInputError`); what can be read in part is a reader whose `fault` says where it stopped.
 */

import type { CaptureReader } from '../src/model/capture.ts'
import type { LoggedAnswer } from '../src/model/dns.ts'
import type { FlowFormat, FlowReader } from '../src/model/flow-record.ts'
import { HEAD_BYTES, inputError, isInputError, openSource, peek } from './byte-source.ts'
import type { ByteSource, Peeked } from './byte-source.ts'
import { compressionOf, unpacked } from './compression.ts'
import type { ExpansionLimit } from './compression.ts'
import * as exports from './flows/reader.ts'
import { type Applications, applications } from './logs/applications.ts'
import {
  besideLogOf,
  LOG_HEAD_BYTES,
  logFormatOf,
  openLog,
  type PeekedLog,
  readBeside,
} from './logs/index.ts'
import * as pcap from './pcap.ts'
import * as pcapng from './pcapng.ts'

export interface CaptureFormat {
  readonly name: CaptureReader['format']
  /**
   * Whether a file that begins with these octets (HEAD_BYTES, or fewer if it is shorter) is of this format.
   */
  recognises(head: Uint8Array): boolean
  /** Reads a source from its first octet on; closing the reader closes the source. */
  open(source: ByteSource, bufferBytes?: number): CaptureReader
}

export const CAPTURE_FORMATS: readonly CaptureFormat[] = [
  { name: 'pcap', recognises: pcap.recognises, open: pcap.open },
  { name: 'pcapng', recognises: pcapng.recognises, open: pcapng.open },
]

export interface FlowFileFormat {
  readonly names: readonly FlowFormat[]
  /** Whether a file that begins with these octets (as for captures) is of one of these formats. */
  recognises(head: Uint8Array): boolean
  /** Reads a source from its first octet on; closing the reader closes the source. */
  open(source: ByteSource, head: Uint8Array): FlowReader
}

/** Asked after the captures: some of these are told by little. */
export const FLOW_FORMATS: readonly FlowFileFormat[] = [
  {
    names: ['netflow5', 'netflow9', 'ipfix'],
    recognises: exports.recognises,
    open: (source, head) => exports.open(source, exports.formatOfHead(head)),
  },
]

/** What an input holds: packets, or flow records. */
export type OpenedInput =
  | { readonly reader: CaptureReader; readonly records: null }
  | {
      readonly reader: null
      readonly records: FlowReader
      /** Logs that name what it tells of, by their paths; with what kept one from being read whole. */
      readonly beside: readonly string[]
      /** What they say that name servers answered, in order of time. */
      readonly answers: readonly LoggedAnswer[]
    }

/** Whether what begins with these octets can be read: a capture, flow records, a log of them or beside
 * one. */
export const isReadable = (head: Uint8Array): boolean =>
  formatOf(head) !== undefined ||
  FLOW_FORMATS.some(({ recognises }) => recognises(head)) ||
  logFormatOf(head) !== undefined ||
  besideLogOf(head) !== null

/** How many octets tell what something is that begins with these: logs say it late. */
export const tellingBytes = (head: Uint8Array): number =>
  isText(head.subarray(0, HEAD_BYTES)) ? LOG_HEAD_BYTES : HEAD_BYTES

/** What people try and is not read: named, so that they know what to do. */
const OTHER_FORMATS: readonly { readonly begins: string; readonly what: string }[] = [
  { begins: 'fd377a585a00', what: 'is packed with xz; unpack it first' },
  { begins: '425a68', what: 'is packed with bzip2; unpack it first' },
  { begins: '04224d18', what: 'is packed with lz4; unpack it first' },
  { begins: '504b0304', what: 'is a zip archive; unpack it first' },
  { begins: '736e6f6f70000000', what: 'is a snoop capture; convert it with editcap -F pcapng' },
  { begins: '474d425500', what: 'is a Microsoft Network Monitor capture; convert it with editcap -F pcapng' },
]

/** A packed file in a packed file occurs; more is an attack or a mistake. */
const COMPRESSIONS_MAX = 2
const TOO_DEEP = 'is packed more than twice'
/** Octets that tell the formats apart: pcapng needs its byte order magic. */
const TELLING_BYTES = 12

/**
 * Opens the capture at `path`, which may be a pipe or `-`; `named` says what messages call it, and how far it
 * may expand. Throws an input error.
 */
export async function openCaptureFile(
  path: string,
  named: { readonly path?: string; readonly limit?: ExpansionLimit } = {},
): Promise<CaptureReader> {
  return openCapture(openSource(path), { path, ...named })
}

/**
 * Opens the capture that `source` holds; `path` is what messages call it. On an error the source is closed.
 */
export async function openCapture(
  source: ByteSource,
  named: { readonly path: string; readonly limit?: ExpansionLimit },
): Promise<CaptureReader> {
  const plain = await unpack(source, named.path, named.limit)
  const format = formatOf(plain.head)
  if (format !== undefined) return format.open(plain.source)
  plain.source.close()
  throw inputError(`${named.path} ${whyNot(plain)}`)
}

export interface InputOptions {
  readonly path: string
  readonly limit?: ExpansionLimit
  /** Of each of the two buffers that a capture is read through. Absent: as many as read it fastest. */
  readonly bufferBytes?: number
  /** Logs that may name what this one tells of: Zeek's ssl.log, http.log, dns.log. Asked for if it is a
   * conn.log; they are read and closed. */
  beside?(): readonly BesideSource[]
}

export interface BesideSource {
  /** What people call it. */
  readonly path: string
  /** Opens it. Throws an input error. */
  open(): ByteSource
}

/**
 * Opens what `source` holds, a capture, flow records or a log of them; `path` is what messages call it. On an
 * error the source is closed.
 */
export async function openInput(source: ByteSource, named: InputOptions): Promise<OpenedInput> {
  const plain = await unpack(source, named.path, named.limit)
  const format = formatOf(plain.head)
  if (format !== undefined) return { reader: format.open(plain.source, named.bufferBytes), records: null }
  const whole = await peek(plain.source, HEAD_BYTES)
  const flows = FLOW_FORMATS.find(({ recognises }) => recognises(whole.head))
  if (flows !== undefined)
    return { reader: null, records: flows.open(whole.source, whole.head), beside: [], answers: [] }
  // What is no text is no log: nothing more of it is waited for.
  const log = isText(whole.head) ? await peek(whole.source, LOG_HEAD_BYTES, LOG_HEAD_BYTES) : whole
  const logFormat = logFormatOf(log.head)
  if (logFormat !== undefined) {
    const held = applications()
    const beside = logFormat.name === 'zeek-conn' ? await readBesides(named, held) : []
    const { answers } = held
    return { reader: null, records: openLog(log, logFormat, { held }), beside, answers }
  }
  log.source.close()
  throw inputError(`${named.path} ${besideLogOf(log.head) === null ? whyNot(whole) : BESIDE_ALONE}`)
}

/** Why a log of Zeek's that is no conn.log is not read alone, as the end of a sentence. */
export const BESIDE_ALONE =
  'is a log of Zeek that only adds names to connections: give it together with their conn.log'

/** Nothing but printable octets and white space. */
const isText = (head: Uint8Array): boolean => head.every((c) => c >= 0x20 || (c >= 0x09 && c <= 0x0d))

/** Reads what may name the connections of a log; answers what of it did. */
async function readBesides({ limit, beside }: InputOptions, held: Applications): Promise<string[]> {
  const used: string[] = []
  for (const { path, open } of beside?.() ?? []) {
    try {
      const log = await peekLog(open(), path, limit)
      if (besideLogOf(log.head) === null) {
        log.source.close()
        continue
      }
      const fault = await readBeside(log, held)
      used.push(fault === null ? path : `${path} (in part: ${fault.message})`)
    } catch (error) {
      if (!isInputError(error)) throw error
      used.push(`${path} (not read: ${error.message})`)
    }
  }
  return used
}

/** Unpacked, with the octets that tell what it is. */
async function peekLog(source: ByteSource, path: string, limit?: ExpansionLimit): Promise<PeekedLog> {
  const plain = await unpack(source, path, limit)
  return peek(plain.source, LOG_HEAD_BYTES, LOG_HEAD_BYTES)
}

/** Whether a source holds a log that only names the connections of another; it is closed. What cannot be read
 * is none. */
export async function isBesideLog(open: () => ByteSource, limit?: ExpansionLimit): Promise<boolean> {
  try {
    const { head, source } = await peekLog(open(), '', limit)
    source.close()
    return besideLogOf(head) !== null
  } catch (error) {
    if (!isInputError(error)) throw error
    return false
  }
}

/** The capture format that begins with these octets; undefined if none does. */
const formatOf = (head: Uint8Array): CaptureFormat | undefined =>
  CAPTURE_FORMATS.find((format) => format.recognises(head))

/**
 * Takes off up to two compressions and shows the first octets of what is inside. Throws an input error for a
 * third.
 */
export async function unpack(source: ByteSource, path: string, limit?: ExpansionLimit): Promise<Peeked> {
  let peeked = await peek(source, TELLING_BYTES)
  for (let depth = 0; ; depth++) {
    const kind = compressionOf(peeked.head)
    if (kind === null) return peeked
    if (depth === COMPRESSIONS_MAX) {
      peeked.source.close()
      throw inputError(`${path} ${TOO_DEEP}; unpack it first`)
    }
    peeked = await peek(unpacked(peeked.source, kind, limit), TELLING_BYTES)
  }
}

function whyNot({ head, source }: Peeked): string {
  if (head.length < TELLING_BYTES && source.fault !== null) return `cannot be read: ${source.fault.message}`
  if (head.length === 0 && source.compression !== null)
    return `holds nothing (unpacked from ${source.compression})`
  return whyNoCapture(head)
}

/** What something that begins with these octets is instead of a capture, as the end of a sentence. */
export function whyNoCapture(head: Uint8Array): string {
  if (head.length === 0) return 'is empty'
  const hex = Buffer.from(head).toString('hex')
  const other = OTHER_FORMATS.find((format) => hex.startsWith(format.begins))
  if (other !== undefined) return other.what
  if (FLOW_FORMATS.some(({ recognises }) => recognises(head))) return 'holds flow records, and no packets'
  const begins = hex.slice(0, 16).match(/../g)?.join(' ')
  return `is not a capture: starts with ${begins}; expected pcap, pcapng, NetFlow, IPFIX, a log of flows, gzip or zstd`
}
