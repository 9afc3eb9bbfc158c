/** Exports from sockets: real ones, and at their other end what writes datagrams of any kind. */
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type FlowListen, type FlowReceiver, receiveFlows } from '../../../collectors/flows/receive.ts'
import { ipfix, ipv4, netflow5, optionsTemplate, set, template, unsigned } from '../../scenario/exports.ts'
import { joined } from '../../scenario/pcap-writer.ts'
import { only, told, type Told } from './decoding.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Receiving {
  readonly receiver: FlowReceiver
  readonly records: Told[]
  until(count: number): Promise<void>
}

async function receiving(
  transport: FlowListen['transport'],
  host = '127.0.0.1',
  saved?: unknown,
): Promise<Receiving> {
  const records: Told[] = []
  const receiver = await receiveFlows(
    { transport, host, port: 0 },
    (batch) => {
      for (let row = 0; row < batch.count; row++) records.push(told(batch, row))
    },
    saved === undefined ? {} : { saved },
  )
  closing.push(() => receiver.close())
  const until = async (count: number): Promise<void> => {
    while (records.length < count) await delay(5)
  }
  return { receiver, records, until }
}

const TEMPLATE = set(2, [template(256, [[8, 4]])])
const data = (...sources: string[]): Uint8Array => set(256, sources.map(ipv4))
const OPTIONS = [
  set(3, [
    optionsTemplate(
      300,
      [
        [10, 4],
        [82, 4],
        [36, 2],
      ],
      1,
    ),
  ]),
  set(300, [unsigned(3, 4), Buffer.from('eth3'), unsigned(60, 2)]),
]

/** Sends datagrams from one port, in order. */
async function send(
  port: number,
  messages: readonly Uint8Array[],
  host = '127.0.0.1',
  from = 0,
): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((resolve) => {
    socket.bind(from, () => resolve())
  })
  for (const bytes of messages) {
    await new Promise((resolve) => {
      socket.send(bytes, port, host, resolve)
    })
  }
  const bound = socket.address().port
  await new Promise<void>((resolve) => {
    socket.close(() => resolve())
  })
  return bound
}

describe('over UDP', () => {
  test('records with who sent them and when', async () => {
    const { receiver, records, until } = await receiving('udp')
    const before = Date.now() * 1000
    const messages = [netflow5([{}, {}]), Buffer.from('no export'), ipfix([TEMPLATE, data('10.0.0.7')])]
    const port = await send(receiver.port, messages)
    await until(3)
    expect(records.map((each) => only(each, 'exporter', 'number', 'ordinal', 'source'))).toEqual([
      { exporter: 0, number: 1, ordinal: 1, source: '10.0.0.1' },
      { exporter: 0, number: 1, ordinal: 2, source: '10.0.0.1' },
      { exporter: 1, number: 3, ordinal: 1, source: '10.0.0.7' },
    ])
    expect(
      records.every(({ received }) => Number(received) >= before && Number(received) <= Date.now() * 1000),
    ).toBe(true)
    expect(receiver.exporters.map(({ address, port: from, format }) => [address, from, format])).toEqual([
      ['127.0.0.1', port, 'netflow5'],
      ['127.0.0.1', port, 'ipfix'],
    ])
    expect(receiver.counts()).toMatchObject({
      messages: 3,
      octets: messages.reduce((sum, { length }) => sum + length, 0),
      records: 3,
      dropped: 0,
    })
    expect(receiver.skipped()).toEqual({ 'other export versions': 1 })
    expect(receiver.receiveBuffer).toBeGreaterThan(0)
  })

  test('an exporter of IPv4 at a socket of IPv6 has its own address', async () => {
    const { receiver, until } = await receiving('udp', '::')
    await send(receiver.port, [netflow5([{}])])
    await until(1)
    expect(receiver.exporters.map(({ address }) => address)).toEqual(['127.0.0.1'])
  })

  test('what exporters said outlives a restart', async () => {
    const first = await receiving('udp')
    const port = await send(first.receiver.port, [ipfix([...OPTIONS, TEMPLATE, data('10.0.0.1')])])
    await first.until(1)
    const saved: unknown = JSON.parse(JSON.stringify(first.receiver.save()))
    await first.receiver.close()

    const second = await receiving('udp', '127.0.0.1', saved)
    await send(second.receiver.port, [ipfix([data('10.0.0.2')], { sequence: 5 })], '127.0.0.1', port)
    await second.until(1)
    expect(second.records.map(({ source, exporter }) => [source, exporter])).toEqual([['10.0.0.2', 0]])
    expect(second.receiver.counts()).toMatchObject({ messages: 2, records: 2 })
    expect(second.receiver.exporters[0]).toMatchObject({
      port,
      activeTimeout: 60e6,
      interfaces: new Map([[3, 'eth3']]),
      quality: { messages: 2, records: 2, templates: 2, gaps: 1, lost: 3, unaccounted: 0 },
    })
  })

  test('what was received before the end is handed on', async () => {
    const { receiver, records } = await receiving('udp')
    await send(receiver.port, [netflow5([{}])])
    await receiver.close()
    expect(records.length).toBe(1)
  })

  test('a port that is taken', async () => {
    const { receiver } = await receiving('udp')
    const again = receiveFlows({ transport: 'udp', host: '127.0.0.1', port: receiver.port }, () => undefined)
    await expect(again).rejects.toThrow(/EADDRINUSE/)
  })
})

describe('IPFIX over TCP', () => {
  const MESSAGES = joined([ipfix([TEMPLATE, data('10.0.0.1')]), ipfix([data('10.0.0.2', '10.0.0.3')])])

  async function connected(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    await new Promise((resolve) => {
      socket.once('connect', resolve)
    })
    return socket
  }
  const closed = (socket: Socket): Promise<unknown> =>
    socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve))

  test.each([1, 7, 1000])('in pieces of %i octets', async (size) => {
    const { receiver, records, until } = await receiving('tcp')
    const socket = await connected(receiver.port)
    for (let at = 0; at < MESSAGES.length; at += size) socket.write(MESSAGES.subarray(at, at + size))
    await until(3)
    expect(records.map(({ source, number }) => [source, number])).toEqual([
      ['10.0.0.1', 1],
      ['10.0.0.2', 2],
      ['10.0.0.3', 2],
    ])
    expect(receiver.counts()).toMatchObject({ messages: 2, octets: MESSAGES.length, records: 3 })
    socket.destroy()
  })

  test('templates end with their connection, the exporter does not', async () => {
    const { receiver, records, until } = await receiving('tcp')
    const first = await connected(receiver.port)
    first.end(MESSAGES)
    await until(3)
    await closed(first)
    const second = await connected(receiver.port)
    second.write(ipfix([data('10.0.0.4')]))
    second.write(ipfix([TEMPLATE, data('10.0.0.5')]))
    await until(5)
    expect(records.slice(3).map(({ source, exporter }) => [source, exporter])).toEqual([
      ['10.0.0.4', 0],
      ['10.0.0.5', 0],
    ])
    expect(receiver.exporters.map(({ quality }) => quality.withoutTemplate)).toEqual([1])
    second.destroy()
  })

  test('a connection that sends something else is ended, and the others are not', async () => {
    const { receiver, records, until } = await receiving('tcp')
    const [good, bad] = [await connected(receiver.port), await connected(receiver.port)]
    bad.write('GET / HTTP/1.1\r\nHost: holdfast\r\n\r\n')
    await closed(bad)
    good.write(MESSAGES)
    await until(3)
    expect(records.length).toBe(3)
    good.destroy()
  })
})
