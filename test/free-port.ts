/**
 * A port of this machine that is free now, for UDP and TCP, for programs that must be told one.
 *
 * Not one of those that the system gives away by itself (Linux: from 32768 on): by the time it is used,
 * anybody's connection could have it.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const PORTS = [20_000, 32_768] as const

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS)
    if ((await isFreeForUdp(port)) && (await isFreeForTcp(port))) return port
  }
}

const isFreeForUdp = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => resolve(false))
    socket.bind(port, HOST, () => socket.close(() => resolve(true)))
  })

const isFreeForTcp = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
