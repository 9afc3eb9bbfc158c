import { expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { ANSWER_WITHIN } from '../../src/protocols/dns/pairing.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { address, ASKED, bytesOf, message, record, RESPONSE } from '../protocols/dns/craft.ts'
import { tcpFrame, udpFrame } from '../scenario/frame-writer.ts'
import { readerOf } from './reader.ts'
import type { Frame, ReaderOptions } from './reader.ts'

async function run(frames: readonly Frame[], options: ReaderOptions = {}): Promise<Observation[]> {
  const observations: Observation[] = []
  let taps = 0
  const taking = new TapRun(
    { tap: '', path: 'a.pcapng', reader: readerOf(frames, options), sha256: null },
    {
      silenceMin: seconds(30),
      servicePorts: new Set(),
      secrets: () => null,
      from: null,
      to: null,
      nextTapIndex: () => taps++,
      wants: { openings: true, fingerprints: true, alerts: true },
      emit: (o) => void observations.push(o),
    },
  )
  while (await taking.read()) taking.process()
  taking.finish()
  return observations.filter((o) => o.kind === 'dns-answer' || o.kind === 'dns-unanswered')
}

const query = bytesOf(message({}))
const response = bytesOf(message({ flags: RESPONSE, answers: [record(ASKED, 1, 5, address('192.0.2.1'))] }))
const asks = (source: string, destination: string, port = 53): Uint8Array =>
  udpFrame({ source, destination, sourcePort: 40_000, destinationPort: port, payload: query })
const answers = (source: string, destination: string, port = 53): Uint8Array =>
  udpFrame({ source, destination, sourcePort: port, destinationPort: 40_000, payload: response })
const timed = (...frames: Uint8Array[]): Frame[] =>
  frames.map((bytes, i) => ({ time: seconds(1000 + i), bytes }))

test.each([
  ['IPv4', '10.0.0.5', '10.0.0.53'],
  ['IPv6', '2001:db8::5', 'fe80::53'],
])('a question and its answer over %s', async (_what, client, server) => {
  expect(await run(timed(asks(client, server), answers(server, client)))).toMatchObject([
    {
      kind: 'dns-answer',
      client: { address: client, port: 40_000 },
      server: { address: server, port: 53 },
      queryPacket: 1,
      packet: 2,
      latency: seconds(1),
      addresses: [{ address: '192.0.2.1', ttl: 5 }],
    },
  ])
})

test.each([5353, 5355, 54, 443])('port %i is not that of the name service', async (port) => {
  expect(
    await run(timed(asks('10.0.0.5', '10.0.0.53', port), answers('10.0.0.53', '10.0.0.5', port))),
  ).toEqual([])
})

test('time passes for questions by other frames, too', async () => {
  const later = tcpFrame({ source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 1, destinationPort: 2 })
  const [question] = timed(asks('10.0.0.5', '10.0.0.53'))
  const due = question!.time + ANSWER_WITHIN
  expect(await run([question!, { time: due - 1, bytes: later }])).toEqual([])
  expect(await run([question!, { time: due + seconds(1), bytes: later }])).toMatchObject([
    { kind: 'dns-unanswered', name: 'a.example', queryPacket: 1, time: due + seconds(1) },
  ])
})

test('of what the snap length cut, what is there counts', async () => {
  const whole = answers('10.0.0.53', '10.0.0.5')
  const cut = [{ time: 1, bytes: whole.subarray(0, -6), wireLength: whole.length }]
  expect(await run(cut)).toMatchObject([{ rcode: 0, answers: [], name: 'a.example' }])
})

test('each interface is a tap of its own', async () => {
  const [question, answer] = timed(asks('10.0.0.5', '10.0.0.53'), answers('10.0.0.53', '10.0.0.5'))
  const frames = [question!, { ...answer!, interface: 1 }]
  expect(await run(frames, { interfaces: [{ name: 'a' }, { name: 'b' }] })).toMatchObject([
    { tap: 'b', queryPacket: null },
  ])
})
