/**
 * Syslog: messages of RFC 5424 over TCP with octet counting (RFC 6587 section 3.4.1) or over TLS (RFC 5425),
 * each alert on a connection of its own.
 *
 * Syslog has no answers. A message counts as delivered when the receiver has closed its side after ours
 * without an error, or keeps still for a while: what was lost in its buffers nobody can know.
 */
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { AlertRecord } from '../record.ts'
import type { SyslogSettings } from '../settings.ts'
import { headline, plain } from '../words.ts'
import {
  ATTEMPT_MS_MAX,
  delivered,
  failed,
  type MakeOutput,
  type Outcome,
  reasonOf,
  type Shipment,
} from './output.ts'

/** RFC 5425 section 4.3.1: receivers should take messages of 8,192 octets. */
const MESSAGE_BYTES_MAX = 8192
/** How long the receiver may leave its side open after ours is closed. */
const STILL_MS = 1500

/** RFC 5424 table 2. What is over is a notice. */
const SEVERITIES = { critical: 2, warning: 4, info: 6 } as const
const NOTICE = 5

export const syslog: MakeOutput<SyslogSettings> = (settings) => ({
  target: `${settings.isTls ? 'tls' : 'tcp'}://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`,
  async deliver(shipment, signal) {
    try {
      return await send(framed(syslogMessage(shipment, settings)), settings, signal)
    } catch (error) {
      return failed(reasonOf(error))
    }
  },
})

/** `octets SP message` (RFC 6587 section 3.4.1, RFC 5425 section 4.3). */
export const framed = (message: Buffer): Buffer => Buffer.concat([Buffer.from(`${message.length} `), message])

export function syslogMessage(
  { key, record }: Shipment,
  { facility, enterprise }: Pick<SyslogSettings, 'facility' | 'enterprise'>,
): Buffer {
  const { type, timestamp, data } = record
  const severity = type === 'incident.resolved' ? NOTICE : SEVERITIES[data.severity]
  const id = type === 'test' ? 'test' : data.type
  const header = `<${facility * 8 + severity}>1 ${timestamp} ${name(hostname(), 255)} holdfast ${process.pid} ${name(id, 32)}`
  const structured = element(`holdfast@${enterprise}`, parametersOf(key, record))
  const text = textOf(record)
  // RFC 5424 section 6.4: the mark says UTF-8; plain ASCII needs none.
  const mark = /^[ -~]*$/.test(text) ? '' : '\uFEFF'
  const message = Buffer.from(`${header} ${structured} ${mark}${text}`)
  return message.length <= MESSAGE_BYTES_MAX ? message : message.subarray(0, wholeCharacters(message))
}

/** Where the last character begins that would be cut in two. */
function wholeCharacters(message: Buffer): number {
  let end = MESSAGE_BYTES_MAX
  while (end > 0 && ((message[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}

/** PRINTUSASCII without spaces, or the nil value. */
const name = (text: string, max: number): string => text.replaceAll(/[^!-~]/g, '').slice(0, max) || '-'

function textOf(record: AlertRecord): string {
  const { summary, remedy } = record.data
  return [headline(record), plain(summary), ...(remedy === '' ? [] : [`Do: ${plain(remedy)}`])].join(' ')
}

function parametersOf(key: string, { type, data }: AlertRecord): Record<string, string> {
  const { id, severity, service, state, occurrences, agents, actor, start, end, url } = data
  return {
    key,
    event: type,
    incident: id,
    type: data.type,
    severity,
    state,
    ...(service === null ? {} : { service }),
    occurrences: String(occurrences),
    agents: String(agents),
    actor: actor.role,
    ...(actor.address === null ? {} : { address: actor.address }),
    start,
    end,
    ...(url === undefined ? {} : { url }),
  }
}

/** An SD-ELEMENT (RFC 5424 section 6.3): three characters of a value are escaped. */
export function element(id: string, parameters: Readonly<Record<string, string>>): string {
  const written = Object.entries(parameters).map(
    ([key, value]) => ` ${key}="${plain(value).replaceAll(/["\\\]]/g, String.raw`\$&`)}"`,
  )
  return `[${id}${written.join('')}]`
}

function send(octets: Buffer, settings: SyslogSettings, signal: AbortSignal): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const socket = open(settings)
  const late = setTimeout(() => socket.destroy(new Error('no connection in time')), ATTEMPT_MS_MAX)
  const abort = (): void => void socket.destroy(new Error('ended'))
  let still: NodeJS.Timeout | undefined
  let isSent = false
  const taken = (): void => resolve(delivered(`taken ${describe(socket)}; syslog has no answers`))
  signal.addEventListener('abort', abort, { once: true })
  socket.once(settings.isTls ? 'secureConnect' : 'connect', () => {
    socket.end(octets, () => {
      isSent = true
      still = setTimeout(taken, STILL_MS)
    })
  })
  socket.on('error', reject)
  socket.once('close', () => (isSent ? taken() : reject(new Error('the connection was closed too early'))))
  socket.resume()
  return promise.finally(() => {
    clearTimeout(late)
    clearTimeout(still)
    signal.removeEventListener('abort', abort)
    socket.destroy()
  })
}

const open = ({ host, port, isTls, ca }: SyslogSettings): Socket =>
  isTls
    ? connectTls({
        host,
        port,
        // An address is no server name (RFC 6066 section 3).
        servername: isIP(host) === 0 ? host : '',
        ...(ca === null ? {} : { ca: readFileSync(ca) }),
      })
    : connectTcp({ host, port })

const describe = (socket: Socket): string =>
  'getProtocol' in socket ? `over ${(socket as TLSSocket).getProtocol() ?? 'TLS'}` : 'over TCP'
