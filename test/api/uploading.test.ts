import { describe, expect, test } from 'vitest'
import type { Uploads } from '../../src/api/ports.ts'
import { Refusal } from '../../src/api/ports.ts'
import { problemOf, rigOf } from './harness.ts'

const put = (octets: string | Uint8Array<ArrayBuffer> | ReadableStream): RequestInit => ({
  method: 'PUT',
  body: octets,
  duplex: 'half',
})

describe('an upload', () => {
  test('reaches the port octet by octet, and is answered as a capture', async () => {
    const rig = rigOf()
    const answer = await rig.ask('/api/v1/captures?name=client%20side.pcap', put(new Uint8Array(100_000)))
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/api/v1/captures/1'])
    expect(await answer.json()).toMatchObject({
      id: 1,
      name: 'client side.pcap',
      sizeBytes: 100_000,
      kept: true,
    })
    expect(rig.received).toEqual([{ name: 'client side.pcap', length: null, octets: 100_000 }])
    const again = await rig.ask('/api/v1/captures?name=b.pcap', put(new Uint8Array(100_000)))
    expect([again.status, ((await again.json()) as { id: number }).id]).toEqual([200, 1])
    expect(await (await rig.ask('/metrics')).text()).toContain('holdfast_upload_bytes_total 200000\n')
  })

  test('of any media type is octets', async () => {
    const rig = rigOf()
    for (const type of ['application/json', 'application/vnd.tcpdump.pcap', 'text/plain'])
      expect(
        (await rig.ask('/api/v1/captures?name=a', { ...put('{}'), headers: { 'content-type': type } }))
          .status,
      ).toBeLessThan(300)
  })

  test('needs a name that is printable text', async () => {
    const rig = rigOf()
    for (const name of [
      '',
      'name=',
      'name=%00',
      'name=a%0Ab',
      'name=%E2%80%AE',
      'name=%E2%80%A8',
      `name=${'x'.repeat(256)}`,
    ])
      expect
        .soft([name, await problemOf(await rig.ask(`/api/v1/captures?${name}`, put('x')))])
        .toMatchObject([name, { status: 400, field: 'name' }])
    expect(rig.received).toEqual([])
    for (const name of ['../../etc/passwd', 'C:\\boot.ini', '<script>', 'Aufnahme früh.pcap'])
      expect(
        (await rig.ask(`/api/v1/captures?name=${encodeURIComponent(name)}`, put('x'))).status,
      ).toBeLessThan(300)
    // a label: it is shown, never opened
    expect(rig.received.map(({ name }) => name)).toContain('../../etc/passwd')
  })

  test('that the port refuses is refused', async () => {
    const uploads: Uploads = {
      receive: () => Promise.reject(new Refusal('too-large', 'A capture may have at most 10 GB.')),
      remove: () => Promise.resolve(),
    }
    const answer = await rigOf({ uploads }).ask('/api/v1/captures?name=a', put('x'))
    expect(await problemOf(answer)).toEqual({ status: 413, detail: 'A capture may have at most 10 GB.' })
  })

  test('waits its turn', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const uploads: Uploads = {
      receive: () => held.then(() => Promise.reject(new Refusal('unusable', 'No capture.'))),
      remove: () => Promise.resolve(),
    }
    const rig = rigOf({ uploads, limits: { uploads: 1 } })
    const first = rig.ask('/api/v1/captures?name=a', put('x'))
    expect((await problemOf(await rig.ask('/api/v1/captures?name=b', put('x')))).status).toBe(503)
    release()
    expect((await first).status).toBe(422)
    expect((await rig.ask('/api/v1/captures?name=c', put('x'))).status).toBe(422)
  })

  test('that brings nothing for a while is broken off, and the port is told', async () => {
    const told: unknown[] = []
    const uploads: Uploads = {
      async receive(body, { signal }) {
        signal.addEventListener('abort', () => body.destroy())
        await body.toArray().catch(() => undefined)
        told.push(signal.aborted)
        throw new Refusal('incomplete', 'The upload was broken off.')
      },
      remove: () => Promise.resolve(),
    }
    const rig = rigOf({ uploads, limits: { uploadWindowSeconds: 0.05 } })
    const silent = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) })
    const answer = await rig.ask('/api/v1/captures?name=a', put(silent))
    expect(await problemOf(answer)).toEqual({ status: 408, detail: 'The upload came too slowly.' })
    expect(told).toEqual([true])
  })

  test('deleted, it is gone', async () => {
    const rig = rigOf()
    await rig.ask('/api/v1/captures?name=a', put('x'))
    expect((await rig.ask('/api/v1/captures/1', { method: 'DELETE' })).status).toBe(204)
    expect((await rig.ask('/api/v1/captures/1', { method: 'DELETE' })).status).toBe(404)
  })
})
