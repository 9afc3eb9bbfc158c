import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Carve } from '../../src/api/ports.ts'
import { problemOf, rigOf } from './harness.ts'

const path = '/api/v1/incidents/HF-7/packets'

const carveOf = (body: () => Readable, name = 'HF-7.pcapng'): Carve => ({
  incident: async () => ({ name, body: body() }),
  connection: async () => ({ name, body: body() }),
})

describe('carving', () => {
  test('sends a file to save', async () => {
    const answer = await rigOf().ask(path)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/vnd.tcpdump.pcap',
      'content-disposition': 'attachment; filename="HF-7.pcapng"',
      'cache-control': 'no-store',
    })
    expect(await answer.text()).toBe('octets of packets')
  })

  test('a name that would need quoting is not used', async () => {
    const rig = rigOf({ carve: carveOf(() => Readable.from([]), 'a"\r\nSet-Cookie: x=1') })
    const answer = await rig.ask(path)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="carved.pcapng"')
  })

  test('what the port refuses is told', async () => {
    const rig = rigOf()
    expect(await problemOf(await rig.ask('/api/v1/incidents/HF-1001/packets'))).toEqual({
      status: 404,
      detail: 'There is no such incident.',
    })
    expect(await problemOf(await rig.ask('/api/v1/connections/1/packets'))).toEqual({
      status: 409,
      detail: 'The capture is gone.',
    })
  })

  test('a file that breaks off is not taken for a whole one', async () => {
    const broken = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('half of')
          throw new Error('EIO /var/lib/holdfast/captures')
        })(),
      )
    const rig = rigOf({ carve: carveOf(broken) })
    await expect((await rig.ask(path)).text()).rejects.toThrow('broken off')
    expect(rig.lines.filter(({ msg }) => msg === 'carving broke off')).toHaveLength(1)
  })

  test('files wait their turn, and make room however they end', async () => {
    const opened: Readable[] = []
    const endless = () => {
      const body = new Readable({ read: () => undefined })
      opened.push(body)
      return body
    }
    const rig = rigOf({ carve: carveOf(endless), limits: { carves: 1 } })
    const answer = await rig.ask(path)
    expect((await problemOf(await rig.ask(path))).status).toBe(503)
    await answer.body?.cancel()
    const head = async () => (await rig.ask(path, { method: 'HEAD' })).status
    await expect.poll(head).toBe(200)
    await expect.poll(head).toBe(200)
    expect(opened.map((body) => body.destroyed)).toEqual(opened.map(() => true))
    await expect.poll(async () => (await rig.ask(path)).status).toBe(200)
    expect(rig.lines.filter(({ msg }) => msg === 'carving broke off')).toEqual([])
  })
})
