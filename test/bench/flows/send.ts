/** Sends export datagrams to a port of this machine at an even rate, and says how many it sent. */
import { createSocket } from 'node:dgram'
import { messages, RECORDS, type Version } from './generate.ts'
import { network } from './network.ts'

const [version, port, rate, seconds] = process.argv.slice(2)
const perSecond = Number(rate) / RECORDS
const total = Math.round(perSecond * Number(seconds))
const source = version === 'network' ? network() : messages(version as Version)
const socket = createSocket('udp4')
const begin = performance.now()
let sent = 0
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * perSecond))
  for (; sent < due; sent++) socket.send(Buffer.from(source.next(Date.now())), Number(port), '127.0.0.1')
  if (sent < total) return
  clearInterval(timer)
  // What was handed to the socket leaves before it is closed.
  socket.send(Buffer.from([0]), Number(port), '127.0.0.1', () => socket.close())
  console.log(sent * RECORDS)
}, 1)
