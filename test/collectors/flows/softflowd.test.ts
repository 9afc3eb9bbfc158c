/**
 * softflowd at the other end of a real socket, and nfcapd beside us: the same datagrams, the same records.
 */
import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { receiveFlows } from '../../../collectors/flows/receive.ts'
import { missing } from '../../tools.ts'
import { told, type Told } from './decoding.ts'
import { freePort } from '../../free-port.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-softflowd-'))
afterAll(() => rmSync(folder, { recursive: true }))

const FIXTURES = join(import.meta.dirname, '../../../fixtures')
const STORY = join(FIXTURES, 'severed-by-load-balancer/client.pcap.gz')

/** What nfdump says of a flow, in its words. */
interface Dumped {
  readonly first: string
  readonly last: string
  readonly src4_addr: string
  readonly dst4_addr: string
  readonly src_port?: number
  readonly dst_port?: number
  readonly proto: number
  readonly tcp_flags: string
  readonly in_packets: number
  readonly in_bytes: number
  readonly input_snmp?: number
  readonly output_snmp?: number
  readonly src_tos: number
}

/** Runs a program to its end. */
const run = (command: string, ...words: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 })
    const pieces: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', reject)
    child.on('close', () => resolve(Buffer.concat(pieces).toString()))
  })

async function bound(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  return { socket, port: socket.address().port }
}

/** nfcapd at a port; what it stored is read when it is asked to end. */
async function nfcapd(into: string) {
  const port = await freePort()
  const words = ['-w', into, '-p', `${port}`, '-b', '127.0.0.1', '-t', '300']
  const child = spawn('nfcapd', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 })
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  // It says `Startup nfcapd.` when it listens.
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (said: Buffer) => said.toString().includes('Startup') && resolve())
    child.once('exit', () => resolve())
  })
  const flows = async (): Promise<Dumped[]> => {
    await delay(200) // what has been sent to it is taken from its socket
    child.kill('SIGTERM')
    await ended
    const printed = await run('nfdump', '-R', into, '-o', 'json', '-q')
    return JSON.parse(`[${printed.trim().replace(/,$/, '')}]`) as Dumped[]
  }
  return { port, flows }
}

/** What softflowd exports of the story, as it reaches us and nfcapd. */
async function exported(version: number): Promise<{ ours: Told[]; theirs: Dumped[]; format: string }> {
  const work = mkdtempSync(join(folder, `v${version}-`))
  const capture = join(work, 'story.pcap')
  const stored = mkdtempSync(join(work, 'stored-'))
  writeFileSync(capture, gunzipSync(readFileSync(STORY)))
  const ours: Told[] = []
  const receiver = await receiveFlows({ transport: 'udp', host: '127.0.0.1', port: 0 }, (batch) => {
    for (let row = 0; row < batch.count; row++) ours.push(told(batch, row))
  })
  const other = await nfcapd(stored)
  const { socket, port } = await bound()
  socket.on('message', (datagram) => {
    socket.send(datagram, receiver.port, '127.0.0.1')
    socket.send(datagram, other.port, '127.0.0.1')
  })
  await run('softflowd', '-r', capture, '-n', `127.0.0.1:${port}`, '-v', `${version}`, '-d', '-c', 'none')
  const theirs = await other.flows()
  socket.close()
  await receiver.close()
  return { ours, theirs, format: receiver.exporters.map((each) => each.format).join() }
}

/** `...AP.SF` as a number. */
const FLAG_BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 }
const flags = (text: string): number => [...text].reduce((sum, letter) => sum | (FLAG_BITS[letter] ?? 0), 0)

const ourFacts = (record: Told) => ({
  source: record['source'],
  destination: record['destination'],
  ports: [record['sourcePort'], record['destinationPort']],
  protocol: record['protocol'],
  flags: record['flags'],
  packets: record['packets'],
  octets: record['octets'],
  trafficClass: record['trafficClass'],
})

const theirFacts = (flow: Dumped) => ({
  source: flow.src4_addr,
  destination: flow.dst4_addr,
  ports: [flow.src_port, flow.dst_port],
  protocol: flow.proto,
  flags: flags(flow.tcp_flags),
  packets: flow.in_packets,
  octets: flow.in_bytes,
  trafficClass: flow.src_tos,
})

const WRAP_MS = 2 ** 32

/**
 * By how many ms ours is later than theirs, around the clock of 49.7 days: of flows from before softflowd's
 * start, nfdump makes some that end 49.7 days later.
 */
function later(record: Told | undefined, column: string, theirs: string): number {
  const ms = Number(record?.[column]) / 1000 - Date.parse(`${theirs}Z`)
  return Math.round((((ms % WRAP_MS) + 1.5 * WRAP_MS) % WRAP_MS) - WRAP_MS / 2)
}

describe.skipIf(missing('softflowd') || missing('nfcapd') || missing('nfdump'))('softflowd exports', () => {
  test.each([
    [5, 'netflow5'],
    [9, 'netflow9'],
    [10, 'ipfix'],
  ])('version %i', async (version, expected) => {
    const { ours, theirs, format } = await exported(version)
    expect(format).toBe(expected)
    expect(theirs.length).toBeGreaterThan(3)
    expect(ours.map(ourFacts)).toEqual(theirs.map(theirFacts))
    for (const [i, flow] of theirs.entries()) {
      // In IPFIX, nfdump 1.7.1 takes IE 22 for the last packet's time and IE 21 for the first one's.
      const [first, last] = version === 10 ? [flow.last, flow.first] : [flow.first, flow.last]
      const late = [later(ours[i], 'start', first), later(ours[i], 'end', last)]
      // Of NetFlow v9 and IPFIX, headers tell whole seconds: nfdump counts from each, we from one for all.
      const allowed = version === 5 ? 1 : 1000
      expect([late.every((ms) => Math.abs(ms) <= allowed), late, allowed]).toEqual([true, late, allowed])
    }
  })
})
