/**
 * `npm run bench:upload`: sends a capture of many gigabytes, and as many zeros, to a server in a process of
 * its own, and says how much memory that process held at most. The octets are made while they are sent; what
 * the server wrote is removed. It reports whether the limit is kept and never fails on it.
 *
 *   node test/bench/upload.ts [--gigabytes N] [--zeros N] [--folder DIR] [--analyse]
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { post, type RunningServer, settled, startServer } from '../cli/serve/server.ts'
import { captureOf, zeros } from './octets.ts'
import { scaled, table } from './table.ts'

/** Of the server's process, while ten gigabytes come in. */
const PEAK_MAX = 300e6
/** What must be free besides the capture itself. */
const SPARE_BYTES = 5e9

interface Sent {
  readonly status: number
  readonly said: string
  readonly octets: number
  readonly seconds: number
}

/** The most memory that a process has held so far: `VmHWM` of proc(5). */
function peakOf(server: RunningServer): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024
}

/** Hands octets over as fast as they are taken, until there are no more or the server has answered. */
async function send(server: RunningServer, name: string, octets: Iterable<Uint8Array>): Promise<Sent> {
  const begun = performance.now()
  const outgoing = request(`${server.api}/captures?name=${name}`, { method: 'PUT' })
  const answer = once(outgoing, 'response') as Promise<[IncomingMessage]>
  const sending = { octets: 0, isOver: false }
  const over = (): void => void (sending.isOver = true)
  answer.then(over, over)
  outgoing.on('error', over) // the server may close while the rest is on its way
  for (const chunk of octets) {
    if (sending.isOver) break
    const isFull = !outgoing.write(chunk)
    sending.octets += chunk.length
    if (isFull) await Promise.race([once(outgoing, 'drain').catch(over), answer.catch(over)])
  }
  outgoing.end()
  const [response] = await answer
  const said = await text(response).catch(() => '')
  outgoing.destroy()
  const seconds = (performance.now() - begun) / 1000
  return { status: response.statusCode ?? 0, said, octets: sending.octets, seconds }
}

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '10' },
    zeros: { type: 'string', default: '10' },
    folder: { type: 'string', default: tmpdir() },
    analyse: { type: 'boolean', default: false },
  },
})
const bytes = Number(values.gigabytes) * 1e9
const { bavail, bsize } = statfsSync(values.folder)
if (bavail * bsize < bytes + SPARE_BYTES)
  throw new Error(
    `${values.folder} has ${scaled(bavail * bsize, 'B')} left: too little for ${scaled(bytes, 'B')}`,
  )

const folder = mkdtempSync(join(values.folder, 'holdfast-upload-'))
const rows: string[][] = []
const row = (what: string, result: string, octets: number, seconds: number, peak: number): void => {
  const rate = `${(octets / seconds / 1e6).toFixed(0)} MB/s`
  const isKept = peak <= PEAK_MAX ? 'yes' : 'NO'
  rows.push([what, result, scaled(octets, 'B'), `${seconds.toFixed(1)} s`, rate, scaled(peak, 'B'), isKept])
}
const server = await startServer('--db', join(folder, 'holdfast.db'))
try {
  row('(at rest)', '', 0, 1, peakOf(server))
  const nothing = await send(server, 'zeros.pcap', zeros(Number(values.zeros) * 1e9))
  row('zeros', String(nothing.status), nothing.octets, nothing.seconds, peakOf(server))
  console.log(`zeros: ${nothing.said}`)
  const sent = await send(server, 'large.pcap', captureOf(bytes))
  row('a capture', String(sent.status), sent.octets, sent.seconds, peakOf(server))
  if (values.analyse) {
    const { id } = JSON.parse(sent.said) as { id: number }
    const begun = performance.now()
    const { body } = await post(server, '/analyses', { captures: [{ id, tap: 'tap' }] })
    const { state } = await settled(server, body.id)
    row('its analysis', state, sent.octets, (performance.now() - begun) / 1000, peakOf(server))
  }
} finally {
  await server.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
console.log(
  table(['what', 'answer', 'sent', 'time', 'rate', 'peak memory', `below ${scaled(PEAK_MAX, 'B')}`], rows),
)
