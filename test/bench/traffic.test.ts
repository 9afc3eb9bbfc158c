import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tcpFrame } from '../scenario/frame-writer.ts'
import { createRandom } from '../scenario/random.ts'
import { createAgenda } from './agenda.ts'
import { createOpaque } from './payloads.ts'
import { ACK, PSH, RST, SYN, Traffic } from './traffic.ts'
import { placeHosts, START } from './workloads/hosts.ts'

/** The frames of a classic little-endian pcap, and their times. */
function framesOf(file: Buffer): { frames: Buffer[]; times: number[] } {
  const frames: Buffer[] = [],
    times: number[] = []
  for (let at = 24; at < file.length;) {
    const length = file.readUInt32LE(at + 8)
    times.push(file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4))
    frames.push(file.subarray(at + 16, at + 16 + length))
    at += 16 + length
  }
  return { frames, times }
}

test('writes the frames that the frame writer writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-traffic-')),
    path = join(folder, 'capture')
  const traffic = new Traffic(path, 1),
    opaque = createOpaque(createRandom(1))
  placeHosts(traffic, 1, 1, 1, 10_443)
  const [first, second] = [traffic.next[0]!, traffic.next[1]!]
  traffic.send(START, 0, SYN)
  traffic.send(START + 1, 1, SYN | ACK)
  const { bytes, start, length, sum } = opaque(99)
  const payload = bytes.slice(start, start + length)
  traffic.send(START + 2, 0, PSH | ACK, { bytes, start, length, sum })
  traffic.send(START + 3, 0, ACK, undefined, 1)
  traffic.send(START + 1_000_004, 1, RST | ACK)
  traffic.close()

  const agent = { source: '10.16.0.1', destination: '10.32.0.1', sourcePort: 49_152, destinationPort: 10_443 }
  const server = {
    source: '10.32.0.1',
    destination: '10.16.0.1',
    sourcePort: 10_443,
    destinationPort: 49_152,
  }
  const syn = { raw: new Uint8Array([2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2]) }
  const [one, two] = [new Uint8Array([2, 0, 0, 0, 0, 1]), new Uint8Array([2, 0, 0, 0, 0, 2])]
  const fromAgent = {
    ...agent,
    sourceMac: one,
    destinationMac: two,
    hopLimit: 126,
    dontFragment: true,
    padTo: 60,
  }
  const fromServer = {
    ...server,
    sourceMac: two,
    destinationMac: one,
    hopLimit: 63,
    dontFragment: true,
    padTo: 60,
  }
  const data = { acknowledgment: second + 1, window: 251 }
  const expected = [
    tcpFrame({ ...fromAgent, identification: 1, sequence: first, flags: SYN, options: syn }),
    tcpFrame({
      ...fromServer,
      identification: 1,
      sequence: second,
      acknowledgment: first + 1,
      flags: SYN | ACK,
      options: syn,
    }),
    tcpFrame({ ...fromAgent, ...data, identification: 2, sequence: first + 1, flags: PSH | ACK, payload }),
    tcpFrame({ ...fromAgent, ...data, identification: 3, sequence: first + 99, flags: ACK }),
    tcpFrame({
      ...fromServer,
      identification: 2,
      sequence: second + 1,
      acknowledgment: first + 100,
      flags: RST | ACK,
      window: 0,
    }),
  ]
  const { frames, times } = framesOf(readFileSync(path))
  expect(frames.map((f) => f.toString('hex'))).toEqual(expected.map((f) => Buffer.from(f).toString('hex')))
  expect(times).toEqual([START, START + 1, START + 2, START + 3, START + 1_000_004])
  expect(traffic.counts).toEqual({ packets: 5, bytes: readFileSync(path).length })
  rmSync(folder, { recursive: true })
})

test('an agenda gives everything back by time, and in order of entry where times are equal', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }), (times) => {
      const agenda = createAgenda(times.length)
      times.forEach((time, who) => agenda.add(time, who))
      const taken = times.map(() => agenda.take())
      expect(taken).toEqual(times.map((_, who) => who).toSorted((a, b) => times[a]! - times[b]!))
      expect(agenda.take()).toBe(-1)
    }),
    { numRuns: 50 },
  )
})

test('a full agenda says so', () => {
  const agenda = createAgenda(1)
  agenda.add(1, 1)
  expect(() => agenda.add(2, 2)).toThrow('agenda of 1 is full')
})
