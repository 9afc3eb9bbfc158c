import { connect, createServer, Socket, type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { liveReader, type LiveSource } from '../../collectors/live-reader.ts'
import { connectSource, inputSource, listenSource } from '../../collectors/live-streams.ts'
import { capture, record, told } from './frames.ts'

function reading(source: LiveSource) {
  const reader = liveReader(source)
  onTestFinished(() => reader.close())
  return reader
}

test('a stream is one capture: with its end, all ends', async () => {
  const stream = new PassThrough()
  const reader = reading(inputSource(stream, 'standard input'))
  stream.write(capture(0, 2))
  expect(await told(reader, 2)).toEqual([
    { frame: 0, number: 1 },
    { frame: 1, number: 2 },
  ])
  stream.end(record(2))
  expect(await told(reader)).toEqual([{ frame: 2, number: 3 }])
  expect(reader.fault).toBeNull()
})

test('senders one after the other; what was missed between them is a gap', async () => {
  const source = await listenSource({ host: '127.0.0.1', port: 0 })
  const reader = reading(source)
  const port = Number(source.name.split(':').at(-1))
  connect(port, '127.0.0.1').end(capture(0, 2))
  expect(await told(reader, 2)).toHaveLength(2)
  connect(port, '127.0.0.1').end('no capture at all, whatever it is')
  connect(port, '127.0.0.1').end(capture(5, 6))
  expect(await told(reader, 1)).toEqual([{ frame: 5, number: 3 }])
  expect(reader.takeGap()).toBe('the sender had ended')
})

test('a sender is fetched from, and again when it comes back', async () => {
  let from = 0
  const server = createServer((socket) => {
    socket.end(capture(from, from + 2))
    from += 10
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const reader = reading(connectSource({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }))
  expect((await told(reader, 4)).map(({ frame }) => frame)).toEqual([0, 1, 10, 11])
  expect(reader.interfaces).toHaveLength(1)
})

test('a sender that takes connections and says nothing is given time', async () => {
  let taken = 0
  const server = createServer((socket) => {
    taken++
    if (taken < 3) socket.end()
    else socket.end(capture(0, 2))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const began = performance.now()
  const reader = reading(connectSource({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }))
  expect((await told(reader, 2)).map(({ frame }) => frame)).toEqual([0, 1])
  // Half a second after the first time, a second after the next.
  expect([taken, performance.now() - began > 1_400]).toEqual([3, true])
})

test('why a stream came to its end is known, if it did not simply end', async () => {
  const stream = new PassThrough()
  const reader = reading(inputSource(stream, 'standard input'))
  stream.end(capture(0, 2).subarray(0, -7))
  expect(await told(reader)).toEqual([{ frame: 0, number: 1 }])
  expect(reader.fault).toMatchObject({ message: expect.any(String) as string })
})

test(
  'asked to end while it tries to reach a host that does not answer, it ends',
  { timeout: 20_000 },
  async () => {
    const source = connectSource({ host: '192.0.2.1', port: 57_012 }, () => new Socket())
    const next = source.next()
    source.close()
    expect(await next).toBeNull()
  },
)
