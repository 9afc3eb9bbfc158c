/**
 * Suricata's eve.json (Suricata documentation, output/eve/eve-json-format.html): `flow` events are records,
 * with both directions; what `tls`, `http` and `dns` events said of a flow before goes with its record. Other
 * events are passed over.
 *
 * Suricata counts octets of whole frames, with the header of the link.
 */
import { END_DETECTED, END_FORCED, END_IDLE } from '../../src/model/flow-events.data.ts'
import type { FlowApplication, FlowBatch } from '../../src/model/flow-record.ts'
import { UNKNOWN } from '../../src/model/flow-record.ts'
import type { Applications } from './applications.ts'
import { Fields, numbered } from './fields.ts'
import { textOf } from './json.ts'
import { objectDecoder } from './objects.ts'
import { address, below, count, hexadecimal, moment, protocol, whole } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'
import { Words } from './words.ts'

const NAMES = [
  'event_type',
  'timestamp',
  'flow_id',
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'app_proto',
  'flow/pkts_toserver',
  'flow/pkts_toclient',
  'flow/bytes_toserver',
  'flow/bytes_toclient',
  'flow/start',
  'flow/end',
  'flow/state',
  'flow/reason',
  'tcp/tcp_flags_ts',
  'tcp/tcp_flags_tc',
  'tls/sni',
  'http/hostname',
  'http/url',
  'http/http_method',
  'http/status',
  'dns/rrname',
] as const
const AT = numbered(NAMES)
const SAYING: ReadonlySet<string> = new Set(['tls', 'http', 'dns'])

export const recognises = (head: string): boolean =>
  /^\s*[[{]/.test(head) && head.includes('"event_type"') && /"(?:flow_id|timestamp)"/.test(head)

export function decoder(state: LogState, applications: Applications): LogDecoder {
  const fields = new Fields(NAMES)
  const into: Into = { state, applications, words: new Words(), own: new OwnApplications() }
  return objectDecoder(state, fields, (b, batch) => {
    const kind = word(b, fields, AT.event_type, into.words)
    if (kind === 'flow' && fill(b, fields, into, batch)) return true
    if (SAYING.has(kind)) remember(b, fields, kind, applications)
    else state.skip(kind === 'flow' || kind === '' ? 'no record' : 'an event of another kind')
    return false
  })
}

const said = (b: Uint8Array, { from, to }: Fields, field: number): string =>
  from[field]! < 0 ? '' : textOf(b, from[field]!, to[field]!)

function remember(b: Uint8Array, fields: Fields, kind: string, applications: Applications): void {
  const id = said(b, fields, AT.flow_id)
  if (id === '') return
  const sni = said(b, fields, AT['tls/sni'])
  const host = said(b, fields, AT['http/hostname']) || said(b, fields, AT['dns/rrname'])
  const method = said(b, fields, AT['http/http_method'])
  const uri = said(b, fields, AT['http/url'])
  const status = whole(b, fields.from[AT['http/status']]!, fields.to[AT['http/status']]!)
  applications.add(id, {
    protocol: kind,
    ...(sni === '' ? {} : { sni }),
    ...(host === '' ? {} : { host }),
    ...(method === '' ? {} : { method }),
    ...(uri === '' ? {} : { uri }),
    ...(status < 0 ? {} : { status }),
  })
}

interface Into {
  readonly state: LogState
  readonly applications: Applications
  readonly words: Words
  readonly own: OwnApplications
}

function fill(b: Uint8Array, fields: Fields, into: Into, batch: FlowBatch): boolean {
  const { state, applications, words } = into
  const { from, to } = fields
  const row = batch.count
  const source = address(b, from[AT.src_ip]!, to[AT.src_ip]!, state.addresses)
  const destination = address(b, from[AT.dest_ip]!, to[AT.dest_ip]!, state.addresses)
  const start = moment(b, from[AT['flow/start']]!, to[AT['flow/start']]!)
  const end = moment(b, from[AT['flow/end']]!, to[AT['flow/end']]!)
  if (source < 0 || destination < 0 || Number.isNaN(start)) return false
  batch.source[row] = source
  batch.destination[row] = destination
  batch.start[row] = start
  batch.end[row] = Number.isNaN(end) ? start : end
  batch.exported[row] = moment(b, from[AT.timestamp]!, to[AT.timestamp]!)
  batch.sourcePort[row] = below(b, from[AT.src_port]!, to[AT.src_port]!, 65_536)
  batch.destinationPort[row] = below(b, from[AT.dest_port]!, to[AT.dest_port]!, 65_536)
  batch.protocol[row] = protocol(b, from[AT.proto]!, to[AT.proto]!)
  batch.packets[row] = count(b, from[AT['flow/pkts_toserver']]!, to[AT['flow/pkts_toserver']]!)
  batch.octets[row] = count(b, from[AT['flow/bytes_toserver']]!, to[AT['flow/bytes_toserver']]!)
  batch.reversePackets[row] = count(b, from[AT['flow/pkts_toclient']]!, to[AT['flow/pkts_toclient']]!)
  batch.reverseOctets[row] = count(b, from[AT['flow/bytes_toclient']]!, to[AT['flow/bytes_toclient']]!)
  batch.flags[row] = hexadecimal(b, from[AT['tcp/tcp_flags_ts']]!, to[AT['tcp/tcp_flags_ts']]!)
  batch.reverseFlags[row] = hexadecimal(b, from[AT['tcp/tcp_flags_tc']]!, to[AT['tcp/tcp_flags_tc']]!)
  batch.flowId[row] = count(b, from[AT.flow_id]!, to[AT.flow_id]!)
  batch.isTotal[row] = 1
  batch.originator[row] = 0
  batch.exporter[row] = state.exporter('')
  const flowState = word(b, fields, AT['flow/state'], words)
  batch.endReason[row] = endReason(flowState, word(b, fields, AT['flow/reason'], words))
  const own = into.own.of(word(b, fields, AT.app_proto, words), flowState)
  const beside = applications.size === 0 ? undefined : applications.take(said(b, fields, AT.flow_id))
  batch.applications.set(row, beside === undefined ? own : { ...own, ...beside })
  return true
}

const word = (b: Uint8Array, { from, to }: Fields, field: number, words: Words): string =>
  from[field]! < 0 ? '' : words.of(b, from[field]!, to[field]!)

/** More different ones no Suricata tells: further ones are made each time. */
const OWN_MAX = 256

/** What records say themselves: few things, each an object that many of them share. */
class OwnApplications {
  /** By protocol, then by state. */
  private readonly known = new Map<string, Map<string, FlowApplication>>()
  private size = 0

  of(appProtocol: string, state: string): FlowApplication {
    const there = this.known.get(appProtocol)?.get(state)
    if (there !== undefined) return there
    const isKnown = appProtocol !== '' && appProtocol !== 'failed'
    const own = { ...(isKnown ? { protocol: appProtocol } : {}), ...(state === '' ? {} : { state }) }
    if (this.size++ >= OWN_MAX) return own
    const ofProtocol = this.known.get(appProtocol) ?? new Map<string, FlowApplication>()
    this.known.set(appProtocol, ofProtocol.set(state, own))
    return own
  }
}

/** `timeout` is how every flow ends that Suricata does not cut off; `closed` says that TCP had ended it. */
function endReason(state: string, reason: string): number {
  if (reason === 'forced' || reason === 'shutdown') return state === 'closed' ? END_DETECTED : END_FORCED
  if (reason !== 'timeout') return UNKNOWN
  return state === 'closed' ? END_DETECTED : END_IDLE
}
